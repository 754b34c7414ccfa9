"""Drawings of the page on the paper: ours beside the paper's, truth, differences, training."""

from collections.abc import Sequence
from math import isfinite

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gadmap.evaluation import FIT, METRICS, Interval, interval, seed_sd
from gadmap.evaluation.published import LABELS, PUBLISHED
from gadmap.report.paper_results import PaperResults, TrainingCurve
from gadmap.report.picture import INK, Picture, drawing
from gadmap.report.plots import FILL, FONT, plain_axes
from gadmap.report.plots import FIT as OTHER

_ROW = 0.34
_OFFSET = 0.17
_SHOWN = ("ssim", "psnr", "rmse")
_COLUMNS = 5


def likeness_plot(results: PaperResults) -> Picture:
    """SSIM, PSNR and RMSE to the fit: ours with its interval over patients, the paper's beside."""
    rows = results.rows("fit")
    names = [name for name in results.networks if name in rows]
    figure = Figure(figsize=(11, 1.0 + _ROW * len(names)), layout="constrained")
    panels = np.atleast_1d(figure.subplots(1, len(_SHOWN), sharey=True))
    for axes, shown in zip(panels, _SHOWN, strict=True):
        metric = METRICS[shown]
        for y, name in enumerate(names):
            _whisker(axes, y - _OFFSET, interval(rows[name], metric), seed_sd(rows[name], metric))
            if name in PUBLISHED:
                mean, spread = getattr(PUBLISHED[name], shown)
                axes.errorbar(mean, y + _OFFSET, xerr=spread, color=OTHER, **_PAPER)
        better = "more is better" if metric.better > 0 else "less is better"
        axes.set_xlabel(f"{metric.label}{' [dB]' if shown == 'psnr' else ''}, {better}")
        plain_axes(axes)
    _name_rows(panels[0], names)
    alt = "SSIM, PSNR and RMSE to the fit of every network, ours and the paper's; the table tells."
    return drawing(figure, "likeness", alt)


_PAPER = {"fmt": "o", "markersize": 4.5, "markerfacecolor": "none", "linewidth": 1.2}


def _whisker(axes: Axes, y: float, found: Interval, spread: float) -> None:
    """A dot with a thin line over patients and a thick one over trainings."""
    if isfinite(found.low):
        axes.hlines(y, found.low, found.high, color=FILL, linewidth=1.2)
    if isfinite(spread):
        axes.hlines(y, found.value - spread, found.value + spread, color=FILL, linewidth=4)
    axes.plot(found.value, y, "o", color=FILL, markersize=5.5)


def truth_plot(results: PaperResults) -> Picture | None:
    """RMSE to the fit and to the truth of every row; the exact fit's own is a line across."""
    to_fit, to_truth = results.rows("fit"), results.rows("truth")
    if not to_truth:
        return None
    names = [name for name in results.networks if name in to_truth]
    figure = Figure(figsize=(11, 0.9 + 0.8 * _ROW * len(names)), layout="constrained")
    axes = figure.subplots()
    metric = METRICS["rmse"]
    for y, name in enumerate(names):
        a, b = (interval(rows[name], metric).value for rows in (to_fit, to_truth))
        axes.hlines(y, min(a, b), max(a, b), color=INK, alpha=0.25, linewidth=1.5)
        axes.plot(a, y, "o", color=FILL, markersize=6)
        axes.plot(b, y, "D", color=OTHER, markersize=5.5)
    if FIT in to_truth:
        own = interval(to_truth[FIT], metric).value
        axes.axvline(own, color=OTHER, linestyle="--", linewidth=1.4)
    axes.set_xlim(left=0)
    axes.set_xlabel("RMSE on the scale 0..1, less is better")
    plain_axes(axes)
    _name_rows(axes, names)
    return drawing(figure, "truth", "RMSE of every network to the fit and to the truth.")


def curves_plot(curves: Sequence[TrainingCurve], networks: Sequence[str]) -> Picture | None:
    """Training loss of every network, a line a seed, on common logarithmic axes."""
    names = [name for name in networks if any(curve.network == name for curve in curves)]
    if not names:
        return None
    lines = -(-len(names) // _COLUMNS)
    figure = Figure(figsize=(11, 0.4 + 1.9 * lines), layout="constrained")
    panels = figure.subplots(lines, _COLUMNS, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, name in zip(panels, names, strict=False):
        for curve in (curve for curve in curves if curve.network == name):
            axes.plot(curve.steps, curve.loss, color=FILL, linewidth=0.9, alpha=0.75)
        axes.set_yscale("log")
        axes.set_title(LABELS.get(name, name), fontsize=FONT, color=INK, loc="left")
        plain_axes(axes)
    for axes in panels[len(names) :]:
        axes.set_visible(False)
    figure.supxlabel("step", fontsize=FONT, color=INK)
    figure.supylabel("mean square error, scale 0..1", fontsize=FONT, color=INK)
    return drawing(figure, "training", f"Training loss over the steps of {len(names)} networks.")


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Rows from the top down, each with its label."""
    axes.set_yticks(range(len(names)), [LABELS.get(name, name) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.6)
    axes.grid(visible=False, axis="y")
