"""The mean curve of a region with its fit, and profiles of the likelihood beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gadmap.drawing.curves import FITTED, MEASURED
from gadmap.drawing.figure import ShownFigure

_COLUMNS = 2
_ROOM = 1.6  # above the highest quantile, times it


@dataclass(frozen=True, eq=False, kw_only=True)
class ProfilePanel:
    """One quantity's profile.

    Attributes
    ----------
    label
        Symbol and unit.
    held, rise
        Values, and the rise of the sum of squares over the residuals' variance.
    value, error
        At the optimum, and the standard error; NaN draws no parabola.
    ends
        Ends of the widest interval; NaN for an open one.
    """

    label: str
    held: Float[np.ndarray, " point"]
    rise: Float[np.ndarray, " point"]
    value: float
    error: float
    ends: tuple[float, float]


def region_figure(
    *,
    t: Float[np.ndarray, " time"],
    measured: Float[np.ndarray, " time"],
    spread: Float[np.ndarray, " time"],
    fitted: Float[np.ndarray, " time"],
    panels: Sequence[ProfilePanel],
    quantiles: Mapping[float, float],
    title: str,
    ink: str = MEASURED,
) -> Figure:
    """Curve, fit and residuals to the left, a profile of each quantity to the right.

    Parameters
    ----------
    t, measured, spread, fitted
        Time [s], mean concentration, its standard deviation over the voxels, the model's curve.
    panels
        Of each quantity.
    quantiles
        Level of confidence to the rise that bounds its interval.
    title
        Above the curve.
    ink
        Colour of what was measured and of axes and letters.
    """
    rows = ceil(len(panels) / _COLUMNS)
    figure = ShownFigure(figsize=(10.5, max(4.2, 2.1 * rows)), layout="constrained")
    grid = figure.add_gridspec(1, 2, width_ratios=(1, 1.1))
    left, right = (figure.add_subfigure(cell) for cell in (grid[0], grid[1]))
    upper, lower = left.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    _curve(upper, t, measured, spread, fitted, ink)
    upper.set_title(title, fontsize=10, color=ink)
    lower.axhline(0, color=FITTED, linewidth=1)
    lower.plot(t, measured - fitted, "o", color=ink, markersize=2.5)
    lower.set_ylabel("residual")
    lower.set_xlabel("time [s]")
    left.align_ylabels()
    several = right.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axes, panel in zip(several, panels, strict=False):
        _profile(axes, panel, quantiles, ink)
    for axes in several[len(panels) :]:
        axes.remove()
    for axes in (upper, lower, *several[: len(panels)]):
        _plain(axes, ink)
    return figure


def _curve(
    axes: Axes,
    t: np.ndarray,
    measured: np.ndarray,
    spread: np.ndarray,
    fitted: np.ndarray,
    ink: str,
) -> None:
    if spread.any():
        axes.fill_between(
            t,
            measured - spread,
            measured + spread,
            color=ink,
            alpha=0.12,
            linewidth=0,
            label="voxels, ± standard deviation",
        )
    axes.plot(t, measured, "o", color=ink, markersize=3, label="mean of the voxels")
    axes.plot(t, fitted, color=FITTED, linewidth=1.8, label="fitted")
    axes.set_ylabel("concentration [mmol/L]")
    axes.legend(fontsize=8, frameon=False, labelcolor=ink)


def _profile(axes: Axes, panel: ProfilePanel, quantiles: Mapping[float, float], ink: str) -> None:
    top = _ROOM * max(quantiles.values())
    parabola = np.square((panel.held - panel.value) / panel.error)
    axes.plot(panel.held, parabola, color=ink, linestyle=":", linewidth=1.2)
    axes.plot(panel.held, panel.rise, color=FITTED, linewidth=1.8)
    for level, quantile in quantiles.items():
        axes.axhline(quantile, color=ink, linewidth=0.8, alpha=0.6)
        axes.text(
            0.52,
            quantile,
            f"{level:.0%}".replace("%", " %"),
            fontsize=8,
            va="bottom",
            color=ink,
            transform=axes.get_yaxis_transform(),
        )
    for end in panel.ends:
        axes.axvline(end, color=FITTED, linestyle="--", linewidth=0.9)
    axes.axvline(panel.value, color=ink, linewidth=0.8, alpha=0.6)
    axes.set_ylim(0, top)
    axes.set_xlim(panel.held[0], panel.held[-1])
    axes.set_xlabel(panel.label)
    axes.set_ylabel("rise / variance")
    axes.xaxis.set_major_locator(MaxNLocator(4))


def _plain(axes: Axes, ink: str) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    for spine in axes.spines.values():
        spine.set_color(ink)
    axes.tick_params(colors=ink, labelsize=8)
    axes.xaxis.label.set(color=ink, size=9)
    axes.yaxis.label.set(color=ink, size=9)
    axes.grid(color=ink, alpha=0.12)
    axes.set_axisbelow(True)
