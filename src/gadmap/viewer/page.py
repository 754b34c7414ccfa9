"""What the page knows before any click: grid, times, arterial input, and which maps there are."""

import re
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib import colormaps
from skimage.filters import threshold_otsu
from skimage.measure import label

from gadmap import __version__
from gadmap.evaluation.curves import enhancing
from gadmap.quantities import QUANTITIES
from gadmap.report.anatomy import leading, slices_that_matter, telling
from gadmap.report.scales import ERRORS, VALUES, Scales
from gadmap.report.words import estimator_remarks, quantity_of, unit_text
from gadmap.viewer.results import Results, Shown
from gadmap.viewer.volumes import brightness
from gadmap.viewer.voxel import curve_input

_CAP = 99.0
_ELEMENTS = {"": "i", "^": "sup", "_": "sub"}


def page_record(results: Results) -> dict[str, Any]:
    """The record that the page starts from, in types that JSON has but for numpy's arrays."""
    exam, aif = results.exam, results.aif
    return {
        "version": __version__,
        "title": "" if exam is None else exam.series.description,
        "grid": results.grid,
        "affine": results.affine,
        "t": None if exam is None else exam.series.t,
        "baseline_frames": 0 if exam is None else exam.baseline_frames,
        "brightness": brightness(results),
        "aif": None if aif is None else {"t": aif.t, "plasma": aif.plasma, "source": aif.source},
        "estimates": [_estimate(results, one) for one in results.shown],
        "colours": {name: _colours(name) for name in (VALUES, ERRORS)},
        "start": start_voxel(results),
        "notes": () if exam is None else exam.assumptions,
    }


def _estimate(results: Results, one: Shown) -> dict[str, Any]:
    maps = one.maps
    return {
        "name": one.name,
        "model": maps.model,
        "note": "" if results.exam is None else curve_input(results, one)[1],
        "remarks": estimator_remarks(maps),
        "maps": {name: _map(one, name) for name in maps.values},
    }


def _map(one: Shown, name: str) -> dict[str, Any]:
    quantity, values = quantity_of(name), one.maps[name]
    scale = Scales(asked={}).of(name, values, enhancing(one.maps))
    return {
        "symbol": _symbol(quantity.symbol),
        "unit": quantity.unit,
        "unit_text": unit_text(quantity),
        "description": quantity.description,
        "low": scale.low,
        "high": scale.high,
        "error": name in one.maps.standard_error,
    }


def _symbol(symbol: str) -> list[tuple[str, str]]:
    """Element and text of each part: $K^{trans}$ is K in italics and trans raised."""
    if not symbol.startswith("$"):
        return [("span", symbol)]
    return [
        (_ELEMENTS[sign], text)
        for sign, text in re.findall(r"([_^]?)\{?([^_^{}$]+)\}?", symbol.strip("$"))
    ]


def _colours(name: str) -> list[list[int]]:
    """Red, green and blue, 0 to 255, of 256 steps."""
    return (255 * colormaps[name](np.arange(256))[:, :3]).round().astype(int).tolist()


def start_voxel(results: Results) -> tuple[int, int, int]:
    """Where the page opens: in the slice that enhances most, the middle of what is highest there.

    The middle of the grid where no voxel enhances.
    """
    maps = results.shown[0].maps
    name = leading(maps)
    z = slices_that_matter(maps, 1)[0]
    drawn = telling(maps, name)[..., z] if name in QUANTITIES else maps.valid[..., z]
    values = np.where(drawn, np.nan_to_num(maps[name][..., z]), 0)
    if not (values > 0).any():
        x, y, z = (n // 2 for n in results.grid)
        return x, y, z
    place = _middle_of_highest(np.minimum(values, np.percentile(values[drawn], _CAP)))
    return *place, z


def _middle_of_highest(values: Float[np.ndarray, "x y"]) -> tuple[int, int]:
    """The middle of the largest connected group of high values; vessels are small groups."""
    inside = values[values > 0]
    limit = threshold_otsu(inside) if np.ptp(inside) > 0 else 0.0
    groups = np.asarray(label(values > limit, connectivity=1))
    voxels = np.argwhere(groups == 1 + np.bincount(groups.reshape(-1))[1:].argmax())
    x, y = voxels[np.linalg.norm(voxels - voxels.mean(axis=0), axis=1).argmin()]
    return int(x), int(y)
