"""A fitted curve, and an examination at a glance."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gadmap.drawing.figure import ShownFigure
from gadmap.drawing.montage import show_slice
from gadmap.drawing.view import view_of

MEASURED, FITTED, PLASMA = "#333333", "#d55e00", "#b2182b"


def curve_figure(
    t: Float[np.ndarray, " time"],
    measured: Float[np.ndarray, " time"],
    fitted: Float[np.ndarray, " time"],
    title: str,
    words: Sequence[str],
) -> Figure:
    """Samples and fitted curve above, residuals below; `words` stand beside the curve."""
    figure = ShownFigure(figsize=(6.4, 4.4), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    upper.plot(t, measured, "o", color=MEASURED, markersize=3, label="measured")
    upper.plot(t, fitted, color=FITTED, linewidth=1.8, label="fitted")
    upper.plot([], [], " ", label="\n".join(words))
    upper.set_ylabel("concentration [mmol/L]")
    upper.set_title(title, fontsize=10)
    upper.legend(fontsize=8, frameon=False)
    lower.axhline(0, color=FITTED, linewidth=1)
    lower.plot(t, measured - fitted, "o", color=MEASURED, markersize=2.5)
    lower.set_ylabel("residual")
    lower.set_xlabel("time [s]")
    figure.align_ylabels()
    _plain(upper, lower)
    return figure


def exam_figure(
    *,
    anatomy: Float[np.ndarray, "x y z"],
    affine: Float[np.ndarray, "4 4"],
    mask: Bool[np.ndarray, "x y z"],
    voxels: Int[np.ndarray, "voxel 3"],
    t: Float[np.ndarray, " time"],
    enhancement: Float[np.ndarray, " time"],
    arrival: float,
    plasma: tuple[Float[np.ndarray, " sample"], Float[np.ndarray, " sample"]] | None,
    t10: Float[np.ndarray, " inside"],
    words: tuple[str, str],
) -> Figure:
    """An examination at a glance.

    Parameters
    ----------
    anatomy
        Brightness, 0 to 1.
    mask, voxels
        What is estimated, outlined; where the arterial input was measured, marked.
    t, enhancement
        Mean signal of the mask over its baseline.
    arrival
        When contrast arrives [s].
    plasma
        Times and concentration of the arterial input; None where there is none.
    t10
        Native T1 of the mask [s].
    words
        Sources of the arterial input and of T1.
    """
    figure = ShownFigure(figsize=(9.6, 6.4), layout="constrained")
    (place, input_axes), (curve, t1) = figure.subplots(2, 2)
    _place(place, anatomy, affine, mask, voxels)
    input_axes.set_title(f"arterial input: {words[0]}", fontsize=9)
    if plasma is None:
        input_axes.text(0.5, 0.5, "none was asked for", ha="center", transform=input_axes.transAxes)
    else:
        input_axes.plot(*plasma, color=PLASMA, linewidth=1.6)
        input_axes.axvline(arrival, color=MEASURED, linestyle=":", linewidth=1)
    input_axes.set_ylabel("plasma [mmol/L]")
    curve.plot(t, enhancement, "o-", color=MEASURED, markersize=2.5, linewidth=1)
    curve.axvline(arrival, color=MEASURED, linestyle=":", linewidth=1, label="contrast arrives")
    curve.set_title("mean signal of the mask", fontsize=9)
    curve.set_ylabel("over the baseline")
    curve.legend(fontsize=8, frameon=False)
    t1.hist(
        t10, bins=60, range=(0, float(np.percentile(t10, 99)) if t10.size else 1), color="#4c86b8"
    )
    t1.set_title(f"native T1: {words[1]}", fontsize=9)
    t1.set_xlabel("T1 [s]")
    t1.set_ylabel("voxels")
    for axes in (input_axes, curve):
        axes.set_xlabel("time [s]")
    _plain(input_axes, curve, t1)
    return figure


def _place(
    axes: Axes,
    anatomy: Float[np.ndarray, "x y z"],
    affine: Float[np.ndarray, "4 4"],
    mask: Bool[np.ndarray, "x y z"],
    voxels: Int[np.ndarray, "voxel 3"],
) -> None:
    """The slice with most arterial voxels, or most of the mask."""
    view = view_of(affine)
    there = np.bincount(voxels[:, 2], minlength=mask.shape[2]) if len(voxels) else mask.sum((0, 1))
    k = int(np.argmax(there))
    show_slice(axes, view, anatomy[..., k], 1.0, "gray")
    inside = view.picture(mask[..., k]).astype(float)
    if 0 < inside.mean() < 1:
        axes.contour(inside, levels=[0.5], colors="#56b4e9", linewidths=0.8)
    for x, y, _ in voxels[voxels[:, 2] == k]:
        row, column = view.position(int(x), int(y), mask.shape[:2])
        axes.plot(column, row, "s", color="#ffb000", markersize=2.5)
    axes.set_title(f"slice {k}: mask, arterial voxels", fontsize=9)


def _plain(*several: Axes) -> None:
    for axes in several:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.15)
        axes.set_axisbelow(True)
