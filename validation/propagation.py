"""What errors of T1, B1, haematocrit, relaxivity and arterial input make of ktrans, ve and vp.

One tissue and one artery without noise go the whole road, from signal by concentration to the fit,
with one thing assumed wrongly at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from matplotlib.figure import Figure

from gadmap.data import Acquisition, Aif, DceSeries, Exam, FlipAngleSeries
from gadmap.estimators import LeastSquares
from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import EXTENDED_TOFTS
from gadmap.physics.relaxivity import relaxation_rate
from gadmap.physics.spgr import spgr_signal
from gadmap.physics.voxels import exam_concentration
from gadmap.preparation.t10 import flip_angle_t10
from validation.study import FIRST, INK, SECOND, Study, percent, run_alone, table

TISSUE = {"ktrans": 0.1, "ve": 0.3, "vp": 0.05}
T10, BLOOD_T10, S0 = 1.2, 1.5, 1000.0
RELAXIVITY, HCT = 4.5, 0.42
TR, FLIP_ANGLE, T1_ANGLES = 0.005, 20.0, (2.0, 5.0, 10.0, 15.0, 20.0)
STEP, FRAMES, BASELINE = 3.0, 120, 10
NUDGE = 0.01


@dataclass(frozen=True)
class Mistake:
    """How what is assumed, or what truly is, stands to what it should be.

    Attributes
    ----------
    t10, relaxivity, amplitude
        Assumed over true native T1, relaxivity and height of the arterial input.
    b1
        Actual over nominal flip angle, where 1 is assumed.
    t10_from_angles
        Whether T1 is measured by flip angles that are as wrong.
    hct
        Assumed; the true one is 0.42.
    delay
        How much later the bolus truly comes to the tissue [s], where 0 is assumed.
    delay_is_fitted
        Whether the fit finds that delay.
    """

    t10: float = 1.0
    relaxivity: float = 1.0
    amplitude: float = 1.0
    b1: float = 1.0
    t10_from_angles: bool = False
    hct: float = HCT
    delay: float = 0.0
    delay_is_fitted: bool = False


NONE = Mistake()
Row = tuple[str, str, Mistake]


def changes(mistake: Mistake, *, measured: bool) -> dict[str, float]:
    """Relative change of each parameter; `measured` tells whether the input is, in the images."""
    exam = _exam(mistake)
    blood = _plasma() * (1 - HCT)
    if measured:
        blood = exam_concentration(exam)[0][1, 0, 0].astype(np.float64)
    plasma = mistake.amplitude * blood / (1 - mistake.hct)
    exam = replace(exam, aif=replace(exam.aif, plasma=plasma))
    maps = LeastSquares("extended-tofts", fit_delay=mistake.delay_is_fitted).estimate(exam)
    return {name: float(maps[name][0, 0, 0]) / true - 1 for name, true in TISSUE.items()}


def _plasma() -> np.ndarray:
    t = torch.tensor(_times() - STEP * BASELINE)
    return POPULATION_AIFS["parker"].plasma(t, HCT).numpy()


def _times() -> np.ndarray:
    return STEP * np.arange(FRAMES)


def _exam(mistake: Mistake) -> Exam:
    """A voxel of tissue and one of blood, with the signals that truly come and what is assumed."""
    plasma, t = torch.tensor(_plasma()), torch.tensor(_times())
    values = {name: torch.tensor(value, dtype=torch.float64) for name, value in TISSUE.items()}
    delay = torch.tensor(mistake.delay, dtype=torch.float64)
    tissue = tissue_concentration(EXTENDED_TOFTS, values, t, plasma, delay)
    true_t10 = np.array([T10, BLOOD_T10])
    concentration = torch.stack([tissue, (1 - HCT) * plasma])
    rate = relaxation_rate(concentration, torch.tensor(1 / true_t10)[:, None], RELAXIVITY)
    signal = _signal(rate, mistake.b1 * FLIP_ANGLE)
    assumed = mistake.t10 * (_measured_t10(mistake.b1) if mistake.t10_from_angles else true_t10)
    grid = (2, 1, 1)
    return Exam(
        series=DceSeries(
            signal=signal.reshape(*grid, FRAMES),
            t=_times(),
            affine=np.eye(4),
            acquisition=Acquisition(tr=TR, flip_angle=float(np.radians(FLIP_ANGLE))),
            time_source="made",
        ),
        t10=assumed.reshape(grid),
        t10_se=np.zeros(grid),
        t10_source="made",
        b1=np.ones(grid),
        b1_source="made",
        aif=Aif(t=_times(), plasma=_plasma(), source="made", voxels=np.empty((0, 3), int)),
        mask=np.ones(grid, dtype=bool),
        mask_source="made",
        baseline_frames=BASELINE,
        relaxivity=RELAXIVITY * mistake.relaxivity,
        hct=mistake.hct,
    )


def _signal(rate: torch.Tensor, degrees: float) -> np.ndarray:
    angle = torch.deg2rad(torch.tensor(degrees, dtype=torch.float64))
    return spgr_signal(rate, torch.tensor(S0, dtype=torch.float64), angle, TR).numpy()


def _measured_t10(b1: float) -> np.ndarray:
    """T1 of tissue and blood as flip angles tell it that are taken as nominal."""
    rate = torch.tensor([1 / T10, 1 / BLOOD_T10], dtype=torch.float64)
    signal = np.stack([_signal(rate, b1 * degrees) for degrees in T1_ANGLES], axis=1)
    series = FlipAngleSeries(
        signal=signal[:, None, None],
        acquisitions=tuple(
            Acquisition(tr=TR, flip_angle=float(np.radians(one))) for one in T1_ANGLES
        ),
        affine=np.eye(4),
    )
    return flip_angle_t10(series)[0].ravel()


def mistakes() -> list[Row]:
    """What is wrong, by how much, and as a `Mistake`."""
    shifts = (-0.1, -0.05, 0.05, 0.1)
    heights = (-0.5, -0.25, -0.1, 0.1, 0.25, 0.5)
    return [
        *(("T1 assumed", _by(s), Mistake(t10=1 + s)) for s in shifts),
        *(("flip angle, T1 known", _by(s), Mistake(b1=1 + s)) for s in shifts),
        *(
            ("flip angle, T1 by such angles", _by(s), Mistake(b1=1 + s, t10_from_angles=True))
            for s in shifts
        ),
        *(("relaxivity assumed", _by(s), Mistake(relaxivity=1 + s)) for s in (-0.1, 0.1)),
        *(("haematocrit assumed", f"{h:.2f}", Mistake(hct=h)) for h in (0.35, 0.38, 0.45, 0.5)),
        *(("height of the input", _by(s), Mistake(amplitude=1 + s)) for s in heights),
        *(("delay of the tissue", f"{d:g} s", Mistake(delay=d)) for d in (1.0, 2.0, 3.0, 5.0)),
        ("delay of the tissue, fitted", "5 s", Mistake(delay=5.0, delay_is_fitted=True)),
    ]


def _by(share: float) -> str:
    return f"{100 * share:+.0f} %".replace("-", "−")


def slopes(*, measured: bool) -> list[tuple[str, dict[str, float]]]:
    """Percent of each parameter for a percent of what is assumed, by central differences."""
    pairs = {
        "T1 assumed": (Mistake(t10=1 + NUDGE), Mistake(t10=1 - NUDGE)),
        "flip angle, T1 known": (Mistake(b1=1 + NUDGE), Mistake(b1=1 - NUDGE)),
        "flip angle, T1 by such angles": (
            Mistake(b1=1 + NUDGE, t10_from_angles=True),
            Mistake(b1=1 - NUDGE, t10_from_angles=True),
        ),
        "relaxivity assumed": (Mistake(relaxivity=1 + NUDGE), Mistake(relaxivity=1 - NUDGE)),
        "haematocrit assumed": (Mistake(hct=HCT * (1 + NUDGE)), Mistake(hct=HCT * (1 - NUDGE))),
        "height of the input": (Mistake(amplitude=1 + NUDGE), Mistake(amplitude=1 - NUDGE)),
    }
    found = []
    for words, (more, less) in pairs.items():
        high, low = (changes(one, measured=measured) for one in (more, less))
        found.append((words, {name: (high[name] - low[name]) / (2 * NUDGE) for name in TISSUE}))
    return found


def figure_of(rows: Sequence[Row], given: Sequence[dict], measured: Sequence[dict]) -> Figure:
    """Change of ktrans by each mistake, for an input that is given and one that is measured."""
    figure = Figure(figsize=(8, 0.27 * len(rows) + 0.8), layout="constrained")
    axes = figure.subplots()
    place = np.arange(len(rows))
    for offset, found, colour, words in (
        (-0.2, given, FIRST, "input given"),
        (0.2, measured, SECOND, "input measured in the images"),
    ):
        size = [100 * one["ktrans"] for one in found]
        axes.barh(place + offset, size, height=0.38, color=colour, label=words)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(place, [f"{what} {size}" for what, size, _ in rows], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("change of ktrans [%]")
    axes.grid(axis="x", color=INK, alpha=0.12)
    axes.legend(frameon=False, fontsize=9)
    return figure


def study() -> Study:
    """The section."""
    rows = mistakes()
    given, measured = (
        [changes(mistake, measured=inside) for *_, mistake in rows] for inside in (False, True)
    )
    head = ("what", "by", *(f"{name}, input {w}" for w in ("given", "measured") for name in TISSUE))
    cells = [
        (what, size, *(percent(one[name]) for one in (a, b) for name in TISSUE))
        for (what, size, _), a, b in zip(rows, given, measured, strict=True)
    ]
    slope_rows = [
        (words, *(f"{one[name]:+.2f}" for one in (a, b) for name in TISSUE))
        for (words, a), (_, b) in zip(slopes(measured=False), slopes(measured=True), strict=True)
    ]
    none = max(abs(value) for value in changes(NONE, measured=True).values())
    text = f"""
A voxel of tissue (ktrans {TISSUE["ktrans"]:g} 1/min, ve {TISSUE["ve"]:g}, vp {TISSUE["vp"]:g},
T1 {T10:g} s) and one of blood (T1 {BLOOD_T10:g} s) under Parker's curve, {FRAMES} frames every
{STEP:g} s, TR {1e3 * TR:g} ms, flip angle {FLIP_ANGLE:g}°, no noise: signal, concentration,
extended Tofts fit. One thing is wrong at a time; with nothing wrong the error is {none:.0e}. The
arterial input is *given* as a curve in blood, or *measured* in the voxel of blood, where the same
mistake enters it too. T1 and flip angle are wrong in tissue and blood alike; the flip angle is
truly so much larger than what it is taken for.

Change of each parameter:

{table(head, cells)}

{{figure}}

Percent of each parameter for one percent of what is wrong, from ±{NUDGE:.0%}:

{table(("what", *head[2:]), slope_rows)}
"""
    words = "Change of ktrans by each mistake, for an input given and one measured in the images"
    return Study(
        name="propagation",
        title="Errors of T1, flip angle, haematocrit, relaxivity and arterial input",
        text=text,
        figures={words: figure_of(rows, given, measured)},
    )


if __name__ == "__main__":
    run_alone(study)
