"""The regions of an examination, from masks and label images."""

import csv
from pathlib import Path

import numpy as np

from gadmap.data import ParameterMaps
from gadmap.io import read_volume

ESTIMATED = "all estimated"
_KEYS = ("desc", "label")
_SEGMENTATION = "dseg"


def exam_regions(files: tuple[Path, ...], maps: ParameterMaps) -> dict[str, np.ndarray]:
    """Name to voxels (x, y, z): every region of every file, and all that was estimated.

    A mask is named by its BIDS label, `desc-` or `label-`, else by its file; a label image
    (`_dseg`) by the `name` of each `index` in the TSV file beside it, else by the number.

    Raises
    ------
    ValueError, OSError
        If a file cannot be read or lies on another grid.
    """
    regions = {ESTIMATED: maps.valid}
    for file in files:
        volume = read_volume(file, maps, "region")
        stem = file.name.split(".")[0]
        if stem.endswith(f"_{_SEGMENTATION}"):
            names = _names(file.with_name(f"{stem}.tsv"))
            for number in (int(n) for n in np.unique(volume[np.isfinite(volume)]) if n != 0):
                _add(regions, names.get(number, f"label {number}"), volume == number, file)
        else:
            _add(regions, _label(stem), np.isfinite(volume) & (volume != 0), file)
    return regions


def _add(regions: dict[str, np.ndarray], name: str, where: np.ndarray, file: Path) -> None:
    if name in regions:
        raise ValueError(f"region {name!r} of {file.name} is there already, from another file")
    regions[name] = where


def _label(stem: str) -> str:
    entities = dict(part.split("-", 1) for part in stem.split("_") if "-" in part)
    return next((entities[key] for key in _KEYS if key in entities), stem)


def _names(table: Path) -> dict[int, str]:
    """Names of the numbers of a label image, as BIDS' table of them has it."""
    if not table.is_file():
        return {}
    with table.open(encoding="utf-8", newline="") as stream:
        try:
            rows = list(csv.DictReader(stream, delimiter="\t"))
            return {int(row["index"]): row["name"] for row in rows}
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{table}: expected columns index and name ({error!r})") from error
