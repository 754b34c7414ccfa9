"""Slices side by side: a map over the anatomy, or voxels marked on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image, ImageDraw, ImageFont
from PIL.Image import Resampling

from gadmap.drawing.scale import Scale
from gadmap.report.anatomy import Anatomy
from gadmap.report.picture import Picture, photograph

_TILE_WIDTH = 300
_MOST_HEIGHT = 1200
_MOST_COLUMNS = 4
_MOST_MARKED_COLUMNS = 6
_GAP = 3
_FRAME = 8
_WHITE, DIM = 235, 90  # gray of the brightest anatomy
_INK = (255, 255, 255)
_MARK = (255, 176, 0)

Tile = Image.Image


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A voxel to point at, with a letter or without."""

    x: int
    y: int
    z: int
    letter: str = ""


def map_mosaic(
    anatomy: Anatomy,
    slices: Sequence[int],
    values: Float[np.ndarray, "x y z"],
    drawn: Bool[np.ndarray, "x y z"],
    scale: Scale,
    alt: str,
) -> Picture:
    """A map in colour where `drawn`, the anatomy in gray elsewhere. Colours are not blended."""
    return _mosaic(
        [
            _tile(
                anatomy,
                k,
                scale.colours(anatomy.cut(values, k)),
                anatomy.cut(drawn, k),
            )
            for k in slices
        ],
        alt,
    )


def class_mosaic(
    anatomy: Anatomy,
    slices: Sequence[int],
    classes: UInt8[np.ndarray, "x y z"],
    colours: dict[int, tuple[int, int, int]],
    alt: str,
) -> Picture:
    """Classes in their colour, the anatomy in a gray darker than these where a class has none."""
    table = np.zeros((256, 3), dtype=np.uint8)
    for value, colour in colours.items():
        table[value] = colour
    drawn = np.isin(classes, list(colours))
    return _mosaic(
        [
            _tile(anatomy, k, table[anatomy.cut(classes, k)], anatomy.cut(drawn, k), DIM)
            for k in slices
        ],
        alt,
    )


def marked_mosaic(
    anatomy: Anatomy,
    slices: Sequence[int],
    marks: Sequence[Mark],
    alt: str,
) -> Picture:
    """The anatomy with a ring, and a letter where it has one, at each voxel of `marks`."""
    tiles = []
    for k in slices:
        tile = _tile(anatomy, k)
        across, down = _zoom(anatomy, k, tile)
        for mark in marks:
            if mark.z == k:
                row, column = anatomy.place(mark.x, mark.y)
                _ring(tile, ((column + 0.5) * across, (row + 0.5) * down), mark.letter)
        tiles.append(tile)
    return _mosaic(tiles, alt, columns=min(len(tiles), _MOST_MARKED_COLUMNS))


def framed_mosaic(
    anatomy: Anatomy, slices: Sequence[int], where: Bool[np.ndarray, "x y z"], alt: str
) -> Picture:
    """The anatomy with the voxels of `where` filled, in a frame that shows where to look."""
    tiles = []
    for k in slices:
        drawn = anatomy.cut(where, k)
        colours = np.empty((*drawn.shape, 3), dtype=np.uint8)
        colours[:] = _MARK
        tile = _tile(anatomy, k, colours, drawn)
        across, down = _zoom(anatomy, k, tile)
        rows, columns = np.nonzero(drawn)
        corners = (
            columns.min() * across - _FRAME,
            rows.min() * down - _FRAME,
            (columns.max() + 1) * across + _FRAME,
            (rows.max() + 1) * down + _FRAME,
        )
        ImageDraw.Draw(tile).rectangle(corners, outline=_MARK, width=2)
        tiles.append(tile)
    return _mosaic(tiles, alt, columns=min(len(tiles), _MOST_MARKED_COLUMNS))


def _zoom(anatomy: Anatomy, k: int, tile: Tile) -> tuple[float, float]:
    """Pixels of a tile for each voxel, across and down."""
    height, width = anatomy.cut(anatomy.gray, k).shape
    return tile.width / width, tile.height / height


def _tile(
    anatomy: Anatomy,
    k: int,
    colours: UInt8[np.ndarray, "row column 3"] | None = None,
    drawn: Bool[np.ndarray, "row column"] | None = None,
    white: int = _WHITE,
) -> Tile:
    """One slice: smooth anatomy, map voxels with sharp edges, the slice's number."""
    gray = anatomy.cut(anatomy.gray, k)
    height, width = _tile_size(gray.shape, anatomy.view.pixel)
    base = Image.fromarray((gray * white).astype(np.uint8)).resize(
        (width, height), Resampling.BICUBIC
    )
    tile = base.convert("RGB")
    if colours is not None and drawn is not None:
        over = Image.fromarray(np.ascontiguousarray(colours)).resize(tile.size, Resampling.NEAREST)
        where = Image.fromarray((drawn * 255).astype(np.uint8)).resize(
            tile.size, Resampling.NEAREST
        )
        tile.paste(over, mask=where)
    _write(tile, (6.0, 4.0), str(k))
    return tile


def _tile_size(shape: tuple[int, ...], pixel: tuple[float, float]) -> tuple[int, int]:
    """Height and width of a tile, in whole multiples of a voxel unless there are too many."""
    wide = shape[1] > 4 / 3 * _TILE_WIDTH
    zoom = _TILE_WIDTH / shape[1] if wide else max(1, round(_TILE_WIDTH / shape[1]))
    tall = shape[0] * pixel[0] / pixel[1]
    zoom = min(zoom, _MOST_HEIGHT / tall)
    return max(1, round(tall * zoom)), max(1, round(shape[1] * zoom))


def _mosaic(tiles: Sequence[Tile], alt: str, columns: int | None = None) -> Picture:
    columns = columns or columns_of(len(tiles))
    width, height = tiles[0].width + _GAP, tiles[0].height + _GAP
    sheet = Image.new("RGB", (columns * width - _GAP, ceil(len(tiles) / columns) * height - _GAP))
    for i, tile in enumerate(tiles):
        sheet.paste(tile, (i % columns * width, i // columns * height))
    return photograph(np.asarray(sheet), alt)


def columns_of(tiles: int) -> int:
    """Columns that leave the fewest gaps in the last row, three or four where there are many."""
    if tiles <= _MOST_COLUMNS:
        return tiles
    return min((4, 3), key=lambda columns: (-tiles % columns, -columns))


def _write(tile: Tile, at: tuple[float, float], text: str, size: int = 18) -> None:
    font = ImageFont.load_default(size)
    ImageDraw.Draw(tile).text(at, text, fill=_INK, font=font, stroke_width=3, stroke_fill=0)


def _ring(tile: Tile, centre: tuple[float, float], letter: str) -> None:
    draw = ImageDraw.Draw(tile)
    x, y = centre
    for radius, colour, width in ((11, (0, 0, 0), 5), (10, _MARK, 3)):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=colour, width=width)
    if letter:
        beside = x + 15 if x + 32 < tile.width else x - 32
        _write(tile, (beside, y - 14), letter, size=24)
