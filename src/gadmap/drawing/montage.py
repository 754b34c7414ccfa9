"""Maps in rows, slices in columns, each row with its colour bar."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from gadmap.drawing.figure import ShownFigure
from gadmap.drawing.scale import ENDS, rounded_up
from gadmap.drawing.view import View, view_of

_TILE = 2.2  # inch
_COLORMAP = "viridis"
_MARGIN = 2


@dataclass(frozen=True, eq=False, kw_only=True)
class Panel:
    """One map of a montage.

    Attributes
    ----------
    name
        The quantity, which has its scale by it.
    label
        Symbol and unit, for the colour bar.
    values
        The map; NaN is not drawn.
    """

    name: str
    label: str
    values: Float[np.ndarray, "x y z"]


def montage(
    panels: Sequence[Panel],
    slices: Sequence[int],
    affine: Float[np.ndarray, "4 4"],
    anatomy: Float[np.ndarray, "x y z"] | None = None,
) -> Figure:
    """A figure of the maps, hung as radiologists do, over the anatomy where there is one.

    Colours run from 0 to the end that a quantity has in every examination, or else to the 99th
    percentile of what is drawn.
    """
    view = view_of(affine)
    drawn = np.any([np.isfinite(panel.values) for panel in panels], axis=0)
    window = _window(drawn)
    height, width = view.picture(drawn[(*window, 0)]).shape
    tall = height * view.pixel[0] / (width * view.pixel[1])
    figure = ShownFigure(
        figsize=(_TILE * len(slices) + 0.9, _TILE * tall * len(panels) + 0.3), layout="constrained"
    )
    axes = figure.subplots(len(panels), len(slices), squeeze=False)
    for row, panel in zip(axes, panels, strict=True):
        end = scale_end(panel.name, panel.values)
        for one, k in zip(row, slices, strict=True):
            if anatomy is not None:
                show_slice(one, view, anatomy[(*window, k)], 1.0, "gray")
            show_slice(one, view, panel.values[(*window, k)], end, _COLORMAP)
            one.set_title(f"slice {k}", fontsize=8, pad=2)
        colours = ScalarMappable(Normalize(min(0, end), max(0, end)), _COLORMAP)
        beyond = "max" if end > 0 else "min"
        bar = figure.colorbar(colours, ax=list(row), fraction=0.05, pad=0.01, extend=beyond)
        bar.set_label(panel.label)
    return figure


def scale_end(name: str, values: Float[np.ndarray, "x y z"]) -> float:
    """Where the colours of a quantity end, from 0; below 0 where all but few of its values are."""
    if name in ENDS:
        return ENDS[name]
    shown = values[np.isfinite(values)]
    if shown.size and np.percentile(shown, 99) <= 0 > shown.min():
        return -rounded_up(-float(np.percentile(shown, 1)))
    reached = float(np.percentile(shown, 99)) if shown.size else 0.0
    return rounded_up(reached) if reached > 0 else 1.0


def show_slice(
    axes: Axes,
    view: View,
    plane: Float[np.ndarray, "x y"],
    end: float,
    colormap: str,
) -> None:
    """One slice in colours between 0 and `end`; what is not a number is clear."""
    axes.set_facecolor("black")
    picture = view.picture(plane)
    axes.imshow(
        np.ma.masked_invalid(picture),
        cmap=colormaps[colormap],
        vmin=min(0, end),
        vmax=max(0, end),
        aspect=view.pixel[0] / view.pixel[1],
        interpolation="nearest",
    )
    axes.set_xticks([])
    axes.set_yticks([])
    axes.text(
        0.02, 0.5, view.left, color="white", fontsize=7, transform=axes.transAxes, va="center"
    )


def _window(drawn: Bool[np.ndarray, "x y z"]) -> tuple[slice, slice]:
    """The part of the slices that holds what is drawn, with a margin."""
    spans = []
    for axis in (0, 1):
        where = np.flatnonzero(drawn.any(axis=(1 - axis, 2)))
        size = drawn.shape[axis]
        spans.append(
            slice(max(0, int(where[0]) - _MARGIN), min(size, int(where[-1]) + 1 + _MARGIN))
            if where.size
            else slice(0, size)
        )
    return spans[0], spans[1]
