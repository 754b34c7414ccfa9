"""What the page knows before any click: grid, times, arterial input, and which maps there are."""

import re
from typing import Any

import numpy as np
from matplotlib import colormaps

from gadmap import __version__
from gadmap.evaluation.curves import enhancing
from gadmap.explanation import threshold_region
from gadmap.quantities import QUANTITIES
from gadmap.report.anatomy import leading, slices_that_matter, telling
from gadmap.report.scales import ERRORS, VALUES, Scales
from gadmap.report.words import estimator_remarks, quantity_of, unit_text
from gadmap.viewer.results import Results, Shown
from gadmap.viewer.volumes import brightness
from gadmap.viewer.voxel import curve_input

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
    there = np.zeros(results.grid, dtype=bool)
    there[..., z] = telling(maps, name)[..., z] if name in QUANTITIES else maps.valid[..., z]
    if not (np.nan_to_num(maps[name][there]) > 0).any():
        x, y, z = (n // 2 for n in results.grid)
        return x, y, z
    high = threshold_region(np.where(there, maps[name], np.nan), name, "").mask
    voxels = np.argwhere(high)
    nearest = voxels[np.linalg.norm(voxels - voxels.mean(axis=0), axis=1).argmin()]
    return int(nearest[0]), int(nearest[1]), int(nearest[2])
