"""How the body moved over time."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gadmap.data import Exam, Motion
from gadmap.report.picture import INK, Picture, drawing
from gadmap.report.plots import FILL, FIT, FONT, plain_axes

_AXES = (("x", FILL), ("y", FIT), ("z", INK))


def motion_figure(exam: Exam) -> Picture | None:
    """Shifts and rotations of every frame; None where motion was not corrected."""
    return None if exam.motion is None else _drawn(exam, exam.motion)


def _drawn(exam: Exam, motion: Motion) -> Picture:
    t = exam.series.t - exam.series.t[0]
    arrival = float(t[exam.baseline_frames - 1 : exam.baseline_frames + 1].mean())
    if motion.shifts is None or motion.rotations is None:
        figure = Figure(figsize=(6.4, 2.4), layout="constrained")
        axes = [figure.subplots()]
        axes[0].plot(t, motion.displacement, "o-", color=FILL, markersize=3, linewidth=1.2)
        axes[0].set_ylabel("displacement [mm]")
    else:
        figure = Figure(figsize=(6.4, 4.2), layout="constrained")
        axes = list(figure.subplots(2, 1, sharex=True))
        _traces(axes[0], t, motion.shifts, "shift [mm]")
        _traces(axes[1], t, np.degrees(motion.rotations), "rotation [degrees]")
        axes[0].legend(frameon=False, ncols=3, fontsize=FONT, labelcolor=INK)
    for each in axes:
        plain_axes(each)
        each.axvline(arrival, color=INK, alpha=0.5, linestyle=":", linewidth=1.2)
        each.set_xlim(0, t[-1])
    top = axes[0].get_ylim()[1]
    axes[0].text(arrival, top, "  contrast arrives", va="top", fontsize=FONT, color=INK)
    axes[-1].set_xlabel("time since the first frame [s]")
    return drawing(figure, "motion", _words(motion))


def _traces(axes: Axes, t: np.ndarray, values: np.ndarray, unit: str) -> None:
    for (name, colour), trace in zip(_AXES, values.T, strict=True):
        axes.plot(t, trace, "o-", color=colour, markersize=2.5, linewidth=1.2, label=name)
    axes.set_ylabel(unit)


def _words(motion: Motion) -> str:
    """The figure in words: how far, along and about which axis most, and what was moved back."""
    far = motion.displacement
    words = (
        f"Mean displacement of the body: median {np.median(far):.2g} mm, largest {far.max():.2g} mm"
    )
    if motion.shifts is not None and motion.rotations is not None:
        words += (
            f"; shifts up to {np.abs(motion.shifts).max():.2g} mm, rotations up to "
            f"{np.degrees(np.abs(motion.rotations).max()):.2g} degrees"
        )
    count = np.count_nonzero(motion.corrected)
    return (
        f"{words}. {count} of {far.size} frames were moved back; the others moved less than can be "
        "measured and are as they were acquired."
    )
