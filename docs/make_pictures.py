"""The pictures of the README, from the results of `make demo`: run `make pictures`."""

import json
import sys
from io import BytesIO
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import nibabel as nib
import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from PIL import Image

import gadmap
from gadmap.data import DceSeries, FlipAngleSeries, Reason
from gadmap.drawing.view import view_of
from gadmap.io import read_series_and_flip_angles
from gadmap.quantities import QUANTITIES, Quantity

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "demo"
IMAGES = ROOT / "docs" / "images"
TUMOUR = ("tumour rim", "necrotic core")
SCALES = {"ktrans": (0.3, "inferno"), "ve": (0.6, "viridis"), "kep": (1.2, "inferno")}
INK = "#e8e8e8"
PAPER = "#16181c"
FOUND = "#ffb000"
STEPS = {"gray": 96, "inferno": 94, "viridis": 64}
MORE_STEPS = {"gray": 80, "inferno": 94, "RdBu_r": 80}
LARGEST_DIFFERENCE = 0.1  # 1/min
SURE = 3  # standard errors of ktrans above which ve and kep are drawn


class Slice:
    """The slice through the middle of the tumour, cut to the head and hung for the screen."""

    def __init__(self, series: DceSeries) -> None:
        labels, tissues = volume("phantom/truth/labels"), tissue_names()
        tumour = np.isin(labels, [tissues.index(name) for name in TUMOUR])
        self.k = int(tumour.sum(axis=(0, 1)).argmax())
        head = labels[..., self.k] > 0
        self.window = np.ix_(np.flatnonzero(head.any(axis=1)), np.flatnonzero(head.any(axis=0)))
        self.view = view_of(series.affine)

    def of(self, whole: np.ndarray) -> np.ndarray:
        """Rows and columns of the slice of a volume (x, y, z)."""
        return self.view.picture(whole[..., self.k][self.window])


def main() -> None:
    """Write the pictures."""
    if not (DEMO / "maps" / "maps.json").is_file():
        sys.exit("no results in demo/; run `make demo` first")
    series, flips = read_series_and_flip_angles(DEMO / "phantom" / "dicom")
    cut = Slice(series)
    notebook()
    plt.rcParams.update({"text.color": INK, "font.size": 10, "axes.titlesize": 10.5})
    demonstration(series, cut)
    estimators(series, flips, cut)


def notebook() -> None:
    """What a notebook draws."""
    exam, maps = gadmap.read_results(DEMO / "maps")
    maps.plot(["ktrans", "ve"], slices=[6, 8, 10], exam=exam).savefig(
        IMAGES / "notebook.png", dpi=72
    )


def demonstration(series: DceSeries, cut: Slice) -> None:
    """Signal, maps, truth, error and arterial input."""
    reason, ktrans, error = (volume(f"maps/{name}") for name in ("reason", "ktrans", "ktrans_se"))
    enhancing = ~np.isin(reason, [Reason.OUTSIDE_MASK, Reason.NO_ENHANCEMENT])
    sure = (reason == Reason.ESTIMATED) & (ktrans >= SURE * error)
    before, after = series.signal[..., :6].mean(axis=-1), series.signal[..., -6:].mean(axis=-1)

    figure, axes = plt.subplots(2, 4, figsize=(12, 6.9), layout="constrained", facecolor=PAPER)
    top = float(np.percentile(after[after > 0], 99.7))
    for panel, image, title in (
        (axes[0, 0], before, "signal before contrast"),
        (axes[1, 0], after, "signal at five minutes"),
    ):
        panel.imshow(cut.of(image), cmap="gray", vmin=0, vmax=top)
        panel.set_title(title)
    gray = cut.of(np.clip(before / top, 0, 1))
    draw_map(figure, axes[0, 1], cut, gray, "ktrans", "maps/ktrans", "gadmap", enhancing)
    truly = volume("phantom/truth/ktrans") > 0
    draw_map(figure, axes[1, 1], cut, gray, "ktrans", "phantom/truth/ktrans", "truth", truly)
    draw_map(figure, axes[0, 2], cut, gray, "ve", "maps/ve", "gadmap", sure)
    draw_map(figure, axes[0, 3], cut, gray, "kep", "maps/kep", "gadmap", sure)
    title = "its standard error"
    draw_map(figure, axes[1, 2], cut, gray, "ktrans", "maps/ktrans_se", title, enhancing, 0.05)
    draw_input(axes[1, 3])
    for panel in axes.flat:
        if panel is not axes[1, 3]:
            panel.set_axis_off()
    save(figure, IMAGES / "demo.png", STEPS)


def estimators(series: DceSeries, flips: FlipAngleSeries | None, cut: Slice) -> None:
    """Ktrans of the exact fit, of both networks that come with the package, and the truth."""
    exam = gadmap.prepare(series, vfa=flips)
    truth = volume("phantom/truth/ktrans")
    known = np.isfinite(truth) & (volume("phantom/truth/labels") > 0)
    found = {"exact fit": volume("maps/ktrans")}
    for name in ("fcsa-net", "fcsa-net-guided"):
        found[name] = gadmap.estimate(exam, name)["ktrans"]
    before = series.signal[..., :6].mean(axis=-1)
    gray = cut.of(np.clip(before / np.percentile(before[before > 0], 99.7), 0, 1))
    figure, axes = plt.subplots(2, 4, figsize=(12, 6.9), layout="constrained", facecolor=PAPER)
    high, colours = SCALES["ktrans"]
    for column, (name, values) in enumerate([*found.items(), ("truth", truth)]):
        panel = axes[0, column]
        panel.imshow(gray, cmap="gray", vmin=0, vmax=1)
        drawn = np.where(known & np.isfinite(values), values, np.nan)
        shown = panel.imshow(cut.of(drawn), cmap=colours, vmin=0, vmax=high)
        panel.set_title(f"Ktrans, {name}")
    put_bar(figure, shown, axes[0, 3])
    for panel, (name, values) in zip(axes[1], found.items(), strict=False):
        away = np.where(known, values - truth, np.nan)
        limits = {"vmin": -LARGEST_DIFFERENCE, "vmax": LARGEST_DIFFERENCE}
        shown = panel.imshow(cut.of(away), cmap="RdBu_r", **limits)
        panel.set_title(f"{name} minus truth")
    put_bar(figure, shown, axes[1, 2])
    for panel in axes.flat:
        panel.set_axis_off()
    save(figure, IMAGES / "estimators.png", MORE_STEPS)


def save(figure: Figure, file: Path, scales: dict[str, int]) -> None:
    """The figure as a small PNG: its colours are those of the scales, in 256 steps altogether."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with BytesIO() as buffer:
        figure.savefig(buffer, dpi=90)
        picture = Image.open(buffer).convert("RGB")
    palette = Image.new("P", (1, 1))
    palette.putpalette(
        np.concatenate(
            [*(steps(*scale) for scale in scales.items()), to_bytes(FOUND), to_bytes(PAPER)]
        )
    )
    few = picture.quantize(palette=palette, dither=Image.Dither.NONE)
    few.save(file, optimize=True)
    sys.stdout.write(f"{file.relative_to(ROOT)}: {file.stat().st_size / 1e3:.0f} kB\n")


def steps(colours: str, count: int) -> np.ndarray:
    """Bytes of the steps of a colour scale."""
    scale = colormaps[colours](np.linspace(0, 1, count), bytes=True)
    return scale[:, :3].ravel()


def to_bytes(colour: str) -> np.ndarray:
    """Bytes of one colour."""
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.uint8)


def volume(name: str) -> np.ndarray:
    """Samples of a NIfTI file of the demonstration."""
    return np.asanyarray(nib.load(DEMO / f"{name}.nii.gz").dataobj)


def tissue_names() -> list[str]:
    """Names of the phantom's tissues, in the order of their labels."""
    return json.loads((DEMO / "phantom/truth/maps.json").read_text(encoding="utf-8"))["tissues"]


def draw_map(
    figure: Figure,
    panel: Axes,
    cut: Slice,
    gray: np.ndarray,
    name: str,
    file: str,
    whose: str,
    drawn: np.ndarray,
    share: float = 1.0,
) -> None:
    """A map in colour where `drawn`, over the anatomy, with its bar; `share` of the usual scale."""
    quantity: Quantity = QUANTITIES[name]
    high, colours = SCALES[name]
    values = np.where(drawn, volume(file), np.nan)
    panel.imshow(gray, cmap="gray", vmin=0, vmax=1)
    shown = panel.imshow(cut.of(values), cmap=colours, vmin=0, vmax=high * share)
    panel.set_title(f"{quantity.label}, {whose}")
    put_bar(figure, shown, panel)


def put_bar(figure: Figure, shown: AxesImage, panel: Axes) -> None:
    """A bar of colours beside a panel."""
    bar = figure.colorbar(shown, ax=panel, shrink=0.75, pad=0.02)
    bar.ax.tick_params(colors=INK, labelsize=8)
    bar.outline.set_visible(False)


def draw_input(panel: Axes) -> None:
    """The arterial input that was found, and the true one."""
    for file, label, style in (
        ("phantom/truth/aif.tsv", "truth", {"color": "#9aa0a8", "lw": 4, "alpha": 0.6}),
        ("maps/aif.tsv", "found in the images", {"color": FOUND, "lw": 1.5}),
    ):
        t, plasma = np.loadtxt(DEMO / file, delimiter="\t", skiprows=1, unpack=True)
        panel.plot(t, plasma, label=label, **style)
    panel.set(title="arterial plasma [mmol/L]", xlabel="t [s]", facecolor=PAPER)
    panel.xaxis.label.set_color(INK)
    panel.tick_params(colors=INK, labelsize=8)
    panel.spines[["top", "right"]].set_visible(False)
    panel.spines[["left", "bottom"]].set_color(INK)
    panel.legend(frameon=False, fontsize=9)


if __name__ == "__main__":
    main()
