"""Pictures of an explanation: weights and Grad-CAM over the anatomy, the region outlined."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from gadmap.explanation import Explanation, GradCam, Pictured, SeenRegion
from gadmap.report.anatomy import Anatomy

_BLACK, _WHITE = "#000000", "#ffffff"
_DRAWN_FROM = 0.15
_TILE = 2.3  # inch
_OUTLINE = 0.9
_MARGIN = 0.08  # inch


class Colouring(NamedTuple):
    """From values to colours."""

    norm: Normalize
    cmap: str


class Tile(NamedTuple):
    """One slice of a picture, each plane (x, y)."""

    z: int
    values: Float[np.ndarray, "x y"]
    drawn: Bool[np.ndarray, "x y"]
    region: Bool[np.ndarray, "x y"]


def spatial_weights_plate(anatomy: Anatomy, explanation: Explanation) -> Figure:
    """Weight of each voxel of the body."""
    assert explanation.attention is not None
    assert explanation.attention.space is not None
    seen, space = explanation.seen, explanation.attention.space
    body, region = seen.body.numpy(), seen.region.numpy()
    low, high = np.percentile(space[body], (1, 99))
    tiles = [Tile(z, space[i], body[i], region[i]) for i, z in enumerate(seen.slices)]
    return _plate(anatomy, [tiles], [""], (float(low), float(high)), "cividis", "weight")


def grad_cam_plate(anatomy: Anatomy, pictured: Sequence[Pictured]) -> Figure:
    """Grad-CAM of the last layer: a row a network, a column a slice."""
    rows = [_cam_tiles(one.seen, one.cams[-1]) for one in pictured]
    return _cam_plate(anatomy, rows, [one.name for one in pictured])


def layers_plate(anatomy: Anatomy, pictured: Sequence[Pictured]) -> Figure:
    """Grad-CAM of every layer in the slice that holds most of the region; a row a network."""
    rows = []
    for one in pictured:
        largest = int(one.seen.region.sum(dim=(1, 2)).argmax())
        rows.append([_cam_tiles(one.seen, cam)[largest] for cam in one.cams])
    titles = [[cam.layer for cam in one.cams] for one in pictured]
    return _cam_plate(anatomy, rows, [one.name for one in pictured], titles)


def _cam_tiles(seen: SeenRegion, cam: GradCam) -> list[Tile]:
    region = seen.region.numpy()
    return [
        Tile(z, cam.values[i], cam.values[i] >= _DRAWN_FROM, region[i])
        for i, z in enumerate(seen.slices)
    ]


def _cam_plate(
    anatomy: Anatomy,
    rows: Sequence[Sequence[Tile]],
    names: Sequence[str],
    titles: Sequence[Sequence[str]] | None = None,
) -> Figure:
    return _plate(anatomy, rows, names, (0.0, 1.0), "plasma", "Grad-CAM over its maximum", titles)


def _plate(
    anatomy: Anatomy,
    rows: Sequence[Sequence[Tile]],
    names: Sequence[str],
    limits: tuple[float, float],
    colours: str,
    words: str,
    titles: Sequence[Sequence[str]] | None = None,
) -> Figure:
    """Tiles in rows on black, with a colour bar."""
    across = max(len(row) for row in rows)
    height, width = _shape(anatomy, rows[0][0].z)
    tall = _TILE * height / width
    figure = Figure(
        figsize=(_TILE * across + 1.0, (tall + 0.25) * len(rows)),
        layout="constrained",
        facecolor=_BLACK,
    )
    figure.get_layout_engine().set(w_pad=_MARGIN, h_pad=_MARGIN)  # type: ignore[union-attr]
    grid: Any = figure.subplots(len(rows), across, squeeze=False)
    colouring = Colouring(Normalize(*limits), colours)
    for index, (row, name) in enumerate(zip(rows, names, strict=True)):
        for axes in grid[index]:
            axes.set_axis_off()
        for place, (axes, tile) in enumerate(zip(grid[index], row, strict=False)):
            title = titles[index][place] if titles else f"slice {tile.z}"
            _draw(
                axes, anatomy, tile, colouring, f"{name}, {title}" if name and not place else title
            )
    bar = figure.colorbar(ScalarMappable(*colouring), ax=grid, shrink=0.8, pad=0.02, aspect=25)
    bar.set_label(words, color=_WHITE)
    bar.ax.tick_params(colors=_WHITE)
    bar.outline.set_visible(False)
    return figure


def _shape(anatomy: Anatomy, z: int) -> tuple[float, float]:
    """Height and width of a slice as it is shown [mm]."""
    rows, columns = anatomy.cut(anatomy.gray, z).shape
    return rows * anatomy.view.pixel[0], columns * anatomy.view.pixel[1]


def _draw(axes: Axes, anatomy: Anatomy, tile: Tile, colouring: Colouring, title: str) -> None:
    """Anatomy in gray, values in colour where they are drawn, the region's outline."""

    def shown(plane: np.ndarray) -> np.ndarray:
        return anatomy.view.picture(plane[anatomy.window])

    height, width = anatomy.view.pixel
    gray = anatomy.cut(anatomy.gray, tile.z)
    axes.imshow(gray, cmap="gray", vmin=0, vmax=1, aspect=height / width)
    over = np.ma.masked_where(~shown(tile.drawn), shown(tile.values))
    axes.imshow(over, **colouring._asdict(), interpolation="nearest", aspect=height / width)
    region = shown(tile.region)
    if region.any() and not region.all():
        axes.contour(region.astype(float), levels=[0.5], colors=_BLACK, linewidths=2 * _OUTLINE)
        axes.contour(region.astype(float), levels=[0.5], colors=_WHITE, linewidths=_OUTLINE)
    axes.set_title(title, color=_WHITE, fontsize=9, loc="left")
