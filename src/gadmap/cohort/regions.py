"""The regions of an examination, from masks and label images."""

from pathlib import Path

import numpy as np

from gadmap.data import ParameterMaps
from gadmap.io import read_volume
from gadmap.io.regions import labelled, mask_name

ESTIMATED = "all estimated"
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
            for name, where in labelled(volume, file).items():
                _add(regions, name, where, file)
        else:
            _add(regions, mask_name(file), np.isfinite(volume) & (volume != 0), file)
    return regions


def _add(regions: dict[str, np.ndarray], name: str, where: np.ndarray, file: Path) -> None:
    if name in regions:
        raise ValueError(f"region {name!r} of {file.name} is there already, from another file")
    regions[name] = where
