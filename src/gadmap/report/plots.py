"""Line and bar drawings of the page."""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator, StrMethodFormatter

from gadmap.data import Exam
from gadmap.report.curves import VoxelCurve
from gadmap.report.picture import INK, Picture, drawing

FIT = "#d55e00"
FILL = "#4c86b8"
FONT = 10


def aif_plot(exam: Exam) -> Picture:
    """The arterial plasma curve over time, with the frames before contrast shaded."""
    return _input_plot(exam, exam.aif.t, exam.aif.plasma, "arterial plasma")


def reference_plot(exam: Exam, curve: Float[np.ndarray, " time"]) -> Picture:
    """The reference region's mean curve, likewise."""
    return _input_plot(exam, exam.series.t, curve, "reference region's")


def _input_plot(
    exam: Exam, t: Float[np.ndarray, " time"], curve: Float[np.ndarray, " time"], whose: str
) -> Picture:
    figure, axes = plain_figure(6.4, 3.2)
    start, frames = exam.series.t[0], exam.baseline_frames
    t = t - start
    last = exam.series.t[-1] - start
    arrival = 0.5 * (exam.series.t[frames - 1] + exam.series.t[frames]) - start
    axes.axvspan(min(0, t[0]), arrival, color=INK, alpha=0.1, linewidth=0)
    axes.plot(t, curve, color=FIT, linewidth=1.8)
    if t.size <= 200:
        axes.plot(t, curve, "o", color=FIT, markersize=3)
    axes.set_xlim(0, last)
    axes.set_ylim(min(0.0, float(curve.min())), float(curve.max()) * 1.08)
    top = 0.98 * axes.get_ylim()[1]
    axes.text(arrival, top, "  contrast arrives", va="top", fontsize=FONT, color=INK)
    axes.set_xlabel("time since the first frame [s]")
    axes.set_ylabel("concentration [mmol/L]")
    peak = int(np.argmax(curve))
    return drawing(
        figure,
        f"input-{whose.split()[0]}",
        f"{whose.capitalize()} concentration over time. It rises at {arrival:.0f} s to a peak of "
        f"{curve[peak]:.3g} mmol/L at {t[peak]:.0f} s and is {curve[-1]:.3g} mmol/L at the end.",
    )


def curve_plot(curve: VoxelCurve, letter: str) -> Picture:
    """Measured points and fitted line above, residuals on the same scale below.

    The points alone, joined, where nothing was fitted.
    """
    if curve.fitted is None:
        return _points_plot(curve, letter)
    figure = Figure(figsize=(4.2, 3.4), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1.2))
    upper.plot(curve.t, curve.measured, "o", color=INK, alpha=0.55, markersize=2.6, linewidth=0)
    upper.plot(curve.t, curve.fitted, color=FIT, linewidth=1.8)
    residual = curve.measured - curve.fitted
    lower.axhline(0, color=FIT, linewidth=1.2)
    lower.vlines(curve.t, 0, residual, color=INK, alpha=0.4, linewidth=0.8)
    lower.plot(curve.t, residual, "o", color=INK, alpha=0.55, markersize=2.2, linewidth=0)
    reach = 1.15 * float(np.abs(residual).max()) or 1.0
    lower.set_ylim(-reach, reach)
    upper.set_ylabel("mmol/L")
    lower.set_ylabel("residual")
    lower.set_xlabel("time since the first frame [s]")
    for axes in (upper, lower):
        plain_axes(axes)
    figure.align_ylabels()
    x, y, z = curve.voxel
    return drawing(
        figure,
        f"curve-{letter}",
        f"{curve.what} over time in voxel {letter} ({x}, {y}, {z}): {curve.t.size} measured "
        f"samples up to {curve.measured.max():.3g} mmol/L, the fitted curve up to "
        f"{curve.fitted.max():.3g} mmol/L, residuals with a root mean square of "
        f"{float(np.sqrt(np.mean(residual**2))):.2g} mmol/L.",
    )


def _points_plot(curve: VoxelCurve, letter: str) -> Picture:
    figure, axes = plain_figure(4.2, 2.6)
    axes.plot(curve.t, curve.measured, "o-", color=FILL, markersize=2.6, linewidth=1)
    axes.set_ylabel("mmol/L")
    axes.set_xlabel("time since the first frame [s]")
    x, y, z = curve.voxel
    return drawing(
        figure,
        f"curve-{letter}",
        f"{curve.what} over time in voxel {letter} ({x}, {y}, {z}): {curve.t.size} measured "
        f"samples up to {curve.measured.max():.3g} mmol/L.",
    )


def histogram(
    values: Float[np.ndarray, " voxel"], high: float, name: str, unit: str, low: float = 0.0
) -> Picture:
    """How many voxels have which value; the last bar holds what lies above."""
    figure, axes = plain_figure(4.2, 2.4)
    counts, edges = np.histogram(np.clip(values, low, high), bins=48, range=(low, high))
    axes.stairs(counts, edges, fill=True, color=FILL)
    quartiles = np.percentile(values, (25, 50, 75))
    for value, style in zip(quartiles, (":", "-", ":"), strict=True):
        axes.axvline(min(value, high), color=INK, linestyle=style, linewidth=1.2)
    axes.set_xlim(low, high)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylim(bottom=0.8)
    axes.set_xlabel(unit)
    axes.set_ylabel("voxels")
    return drawing(
        figure,
        f"histogram-{name}",
        f"Histogram of {name} over {values.size} voxels; median {quartiles[1]:.3g}, quartiles "
        f"{quartiles[0]:.3g} and {quartiles[2]:.3g} {unit}.",
    )


def plain_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of that size [inch] with one pair of axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    plain_axes(axes)
    return figure, axes


def plain_axes(axes: Axes) -> None:
    """Two thin axes and no box, all in the page's ink."""
    axes.spines[["top", "right"]].set_visible(False)
    for spine in axes.spines.values():
        spine.set_color(INK)
        spine.set_alpha(0.5)
    axes.tick_params(colors=INK, labelsize=FONT, length=3)
    axes.xaxis.label.set(color=INK, size=FONT)
    axes.yaxis.label.set(color=INK, size=FONT)
    axes.grid(color=INK, alpha=0.1, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(6))
