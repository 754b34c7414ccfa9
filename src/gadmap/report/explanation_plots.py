"""Line drawings of an explanation: weights, shares of the frames, deletion, sampling."""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gadmap.data import Exam
from gadmap.explanation import Attention, Deletion, FrameGradients, Sampling, SeenRegion
from gadmap.report.picture import INK
from gadmap.report.plots import FILL, FIT, FONT, plain_axes, plain_figure

_SINCE = "time since contrast arrived [s]"
_HEADROOM = 0.18
_STYLES = ((FIT, "-", "o"), (FILL, "--", "s"))


def frame_weights_plot(exam: Exam, seen: SeenRegion, attention: Attention) -> Figure:
    """Weight of each frame, under the arterial curve and the region's signal."""
    assert attention.frames is not None
    known = has_arterial_curve(exam)
    figure, axes = _over_time(exam, seen, rows=3 if known else 2, height=5.6 if known else 4.0)
    times, lower = seen.trained.grid.times, axes[-1]
    if known:
        axes[1].plot(times, seen.curve(), color=INK, linewidth=1.4)
        axes[1].set_ylabel("region's signal")
    for weights in attention.frames:
        lower.plot(times, weights, color=INK, alpha=0.25, linewidth=0.9)
    lower.plot(times, attention.frames.mean(axis=0), "o-", color=FILL, markersize=3, linewidth=1.6)
    lower.set_ylabel("frame weight")
    _finish(figure, axes)
    return figure


def channel_weights_plot(attention: Attention) -> Figure:
    """Weight of each channel: the mean as a bar, each slice as a mark."""
    assert attention.channels is not None
    figure, axes = plain_figure(6.4, 2.6)
    channels = np.arange(attention.channels.shape[1])
    axes.bar(channels, attention.channels.mean(axis=0), color=FILL, width=0.75)
    for weights in attention.channels:
        axes.plot(channels, weights, "_", color=INK, markersize=5, alpha=0.6)
    axes.set_xlim(-0.8, channels[-1] + 0.8)
    axes.set_ylim(0, 1)
    axes.set_xlabel("channel")
    axes.set_ylabel("weight")
    return figure


def gradients_plot(exam: Exam, seen: SeenRegion, gradients: FrameGradients, unit: str) -> Figure:
    """Each frame's share in the change of the estimate, under the arterial curve."""
    figure, (upper, lower) = _over_time(exam, seen, rows=2, height=4.4)
    grid = seen.trained.grid
    shares = gradients.frames
    colours = np.where(shares >= 0, FIT, FILL)
    lower.bar(grid.times, shares, width=0.8 * grid.step, color=colours)
    lower.axhline(0, color=INK, linewidth=0.8)
    lower.set_ylabel(f"share [{unit}]" if unit else "share")
    _finish(figure, (upper, lower))
    return figure


def deletion_plot(deletion: Deletion, frames: int) -> Figure:
    """Change of the estimate as frames are deleted: by explanations, and at random."""
    figure, axes = plain_figure(6.4, 3.4)
    share = 100 * deletion.counts / frames
    spread = 100 * deletion.random
    axes.fill_between(
        share, spread.min(axis=0), spread.max(axis=0), color=INK, alpha=0.12, linewidth=0
    )
    axes.plot(share, spread.mean(axis=0), ":", color=INK, linewidth=1.6, label="random orders")
    for (name, change), (colour, line, mark) in zip(deletion.change.items(), _STYLES, strict=False):
        axes.plot(
            share,
            100 * change,
            line,
            marker=mark,
            color=colour,
            markersize=4,
            linewidth=1.6,
            label=name,
        )
    axes.set_xlim(0, share[-1])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("frames deleted [%]")
    axes.set_ylabel("change of the estimate [%]")
    _legend(axes)
    return figure


def sampling_plot(
    exam: Exam, seen: SeenRegion, sampling: Sampling, weights: Float[np.ndarray, " frames"] | None
) -> Figure:
    """What each frame is worth to the fit and to the network, and what thinner sampling costs."""
    figure, (upper, middle, lower) = _over_time(exam, seen, rows=3, height=6.2)
    middle.plot(
        sampling.since,
        100 * sampling.worth,
        "o-",
        color=FIT,
        markersize=3,
        linewidth=1.4,
        label="exact fit: share of the information on ktrans",
    )
    if weights is not None:
        middle.plot(
            seen.trained.grid.times,
            100 * weights / weights.sum(),
            "s--",
            color=FILL,
            markersize=3,
            linewidth=1.2,
            label="network: share of the frame weights",
        )
    middle.set_ylim(0, 1.5 * middle.get_ylim()[1])
    middle.set_ylabel("share [%]")
    _legend(middle)
    known = np.isfinite(sampling.factor)
    lower.plot(
        sampling.thinned_from[known],
        sampling.factor[known],
        "o-",
        color=FIT,
        markersize=3,
        linewidth=1.4,
    )
    lower.axhline(1, color=INK, linewidth=0.8)
    lower.set_ylabel("error of ktrans, ×")
    _finish(figure, (upper, middle, lower))
    lower.set_xlabel("every second frame left out from this time on, since contrast arrived [s]")
    return figure


def _over_time(
    exam: Exam, seen: SeenRegion, rows: int, height: float
) -> tuple[Figure, tuple[Axes, ...]]:
    """Axes over one time, the arterial curve in the uppermost where it is known."""
    figure = Figure(figsize=(6.4, height), layout="constrained")
    axes = tuple(figure.subplots(rows, 1, sharex=True))
    t, plasma = exam.aif.t - exam.series.t[exam.baseline_frames], exam.aif.plasma
    if has_arterial_curve(exam):
        axes[0].plot(t, plasma, color=FIT, linewidth=1.6)
        axes[0].set_ylabel("plasma [mmol/L]")
    else:
        axes[0].plot(seen.trained.grid.times, seen.curve(), color=FIT, linewidth=1.6)
        axes[0].set_ylabel("region's signal")
    times = seen.trained.grid.times
    axes[0].set_xlim(times[0], max(times[-1], exam.series.t[-1] - exam.series.t[0] + t[0]))
    return figure, axes


def has_arterial_curve(exam: Exam) -> bool:
    """Whether the arterial input is a real one, and not what stands in for none."""
    return not exam.aif.stand_in


def _finish(figure: Figure, axes: tuple[Axes, ...]) -> None:
    """Plain axes, and the arrival of the contrast agent marked in all of them."""
    for one in axes:
        plain_axes(one)
        one.axvline(0, color=INK, linestyle=(0, (4, 3)), linewidth=1)
    low, high = axes[0].get_ylim()
    top = high + _HEADROOM * (high - low)
    axes[0].set_ylim(low, top)
    axes[0].text(0, top, " contrast arrives", va="top", fontsize=FONT - 1, color=INK)
    axes[-1].set_xlabel(_SINCE)
    figure.align_ylabels()


def _legend(axes: Axes) -> None:
    axes.legend(loc="best", frameon=False, fontsize=FONT - 1, labelcolor=INK)
