"""Every set of OSIPI's code collection that gadmap has an answer to: error beside tolerance."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from gadmap import fit_curves
from gadmap.data import Acquisition, FlipAngleSeries
from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.relaxivity import concentration_of_rate
from gadmap.physics.spgr import spgr_r1, spgr_s0
from gadmap.preparation.t10 import flip_angle_t10
from validation.reference_data import (
    CURVE_SETS,
    POPULATIONS,
    CurveSet,
    allowed,
    curve_groups,
    numbers,
    population_curve,
    reference_folder,
    signal_cases,
    t1_cases,
)
from validation.study import FIRST, INK, Study, run_alone, short, table

Shares = Mapping[str, np.ndarray]
"""Quantity to the error of each case, over what OSIPI allows."""
HCT = 0.45


def curve_shares(folder: Path, chosen: CurveSet) -> Shares:
    """The fits of a set of curves, each case from its own curve and plasma curve."""
    found: dict[str, list[np.ndarray]] = {name: [] for name in chosen.truth}
    for group in curve_groups(folder, chosen):
        fit = fit_curves(group.curves, group.t, group.plasma, chosen.model)
        for name, true in group.truth.items():
            found[name].append(np.abs(fit[name] - true) / allowed(name, true))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def signal_shares(folder: Path) -> Shares:
    """Concentration of spoiled gradient-echo signals; the first frame is no baseline."""
    worst = []
    for case in signal_cases(folder):
        signal, expected = (torch.tensor(numbers(case[column])) for column in ("s", "conc"))
        angle = torch.deg2rad(torch.tensor(float(case["FA"]), dtype=torch.float64))
        r10, tr = 1 / torch.tensor(float(case["T1base"]), dtype=torch.float64), float(case["TR"])
        s0 = spgr_s0(signal[1 : int(case["numbaselinepts"])].mean(), r10, angle, tr)
        rate = spgr_r1(signal, s0, angle, tr)
        found = concentration_of_rate(rate, r10, float(case["r1"])).numpy()
        reference = expected.numpy()
        worst.append((np.abs(found - reference) / allowed("concentration", reference)).max())
    return {"concentration": np.array(worst)}


def t1_shares(folder: Path) -> Shares:
    """R1 of brain from signals at several flip angles."""
    shares = []
    for degrees, tr, signal, r1 in t1_cases(folder):
        series = FlipAngleSeries(
            signal=signal[None, None, None],
            acquisitions=tuple(
                Acquisition(tr=float(one_tr), flip_angle=float(np.radians(one)))
                for one, one_tr in zip(degrees, tr, strict=True)
            ),
            affine=np.eye(4),
        )
        t10, _ = flip_angle_t10(series)
        shares.append(np.abs(1 / t10.item() - r1) / allowed("r1", np.array(r1)))
    return {"r1": np.array(shares)}


def blood_shares(folder: Path, name: str) -> Shares:
    """A population's arterial curve at all of OSIPI's times."""
    minutes, expected = population_curve(folder, name)
    plasma = POPULATION_AIFS[name].plasma(torch.tensor(60 * minutes), HCT).numpy()
    found = (1 - HCT) * plasma
    return {"blood": np.abs(found - expected) / allowed("blood", expected)}


def all_shares(folder: Path) -> dict[str, Shares]:
    """Every set by its title."""
    curves = {chosen.title: curve_shares(folder, chosen) for chosen in CURVE_SETS}
    populations = {f"{name} arterial curve": blood_shares(folder, name) for name in POPULATIONS}
    others = {"signal to concentration": signal_shares(folder), "T1 of brain": t1_shares(folder)}
    return curves | others | populations


def figure_of(sets: Mapping[str, Shares]) -> Figure:
    """Each case's error over the tolerance, on a logarithmic axis."""
    rows = [(f"{title}: {name}", s) for title, named in sets.items() for name, s in named.items()]
    figure = Figure(figsize=(8, 0.34 * len(rows) + 1.0), layout="constrained")
    axes = figure.subplots()
    rng = np.random.default_rng(0)
    for row, (_, shares) in enumerate(rows):
        height = row + 0.22 * rng.uniform(-1, 1, shares.size)
        axes.semilogx(np.maximum(shares, 1e-7), height, ".", color=FIRST, ms=4, alpha=0.5)
    axes.axvline(1, color=INK, linewidth=1)
    axes.text(0.85, -0.75, "OSIPI's tolerance", color=INK, ha="right", va="center")
    axes.set_yticks(range(len(rows)), [label for label, _ in rows])
    axes.set_ylim(len(rows) - 0.4, -1.2)
    axes.set_xlim(5e-8, 20)
    axes.set_xlabel("error over what OSIPI's tests allow")
    return figure


def study() -> Study:
    """The section."""
    sets = all_shares(reference_folder())
    rows = [
        (title, name, shares.size, short(np.median(shares)), short(shares.max()))
        for title, named in sets.items()
        for name, shares in named.items()
    ]
    head = ("set", "quantity", "cases", "median error / tolerance", "worst error / tolerance")
    worst = max(rows, key=lambda row: float(row[-1]))
    tofts = [row for row in rows if "Tofts" in row[0]]
    text = f"""
The sets of the [OSIPI code collection][osipi]: each case is fitted from its own curve with its own
plasma curve, at default bounds. The tolerance is the one of OSIPI's own tests, an absolute and a
relative part together; a ratio of 1 would just pass. The highest ratio is {worst[-1]}, of
{worst[1]} in the set {worst[0]}; in the Tofts and extended Tofts sets it is
{max(tofts, key=lambda row: float(row[-1]))[-1]}.

[osipi]: https://github.com/OSIPI/DCE-DSC-MRI_CodeCollection

{table(head, rows)}

{{figure}}
"""
    words = "Error of every case over OSIPI's tolerance, all to the left of 1"
    return Study(
        name="osipi",
        title="OSIPI's reference sets",
        text=text,
        figures={words: figure_of(sets)},
    )


if __name__ == "__main__":
    run_alone(study)
