"""Maps that `write_maps` wrote, read back."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gadmap.data import ParameterMaps, Reason
from gadmap.io.nifti import affine_of, open_nifti, stored_samples
from gadmap.io.records import MapFile, MapsRecord, checked_maps
from gadmap.quantities import BEST_MODEL
from gadmap.untrusted import json_file

MAPS = "maps.json"


def read_maps(folder: str | Path) -> ParameterMaps:
    """The maps of a results folder.

    Raises
    ------
    FileNotFoundError
        If the folder holds no maps.
    ValueError
        If a file is damaged, or the files do not fit together.
    """
    folder = Path(folder)
    record = checked_maps(read_maps_record(folder), _told(folder))
    values, errors = _volumes(folder, record.maps), _volumes(folder, record.standard_errors)
    if BEST_MODEL.name in values:
        values[BEST_MODEL.name] = _places(values[BEST_MODEL.name], record, _told(folder))
    reason_file = folder / Path(record.reason_file).name
    reason = stored_samples(open_nifti(reason_file), reason_file)
    for name, volume in (*values.items(), *errors.items()):
        if volume.shape != reason.shape:
            raise ValueError(
                f"{folder.name}: {name} has shape {volume.shape}, the reasons {reason.shape}; "
                "expected maps of one examination. Were two results mixed?"
            )
    return ParameterMaps(
        values=values,
        standard_error=errors,
        valid=(reason == Reason.ESTIMATED) | (reason >= Reason.NO_ENHANCEMENT),
        reason=reason,
        affine=affine_of(open_nifti(reason_file), reason_file),
        estimator=record.estimator,
        model=record.model,
        settings=record.settings,
    )


def read_maps_record(folder: Path) -> dict[str, Any]:
    """What `maps.json` of a results folder holds; its keys in `MapsRecord` are checked.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If it is damaged.
    """
    path = folder / MAPS
    if not path.is_file():
        raise FileNotFoundError(
            f"{folder.name}: no maps.json; expected a folder that gadmap map wrote"
        )
    record = json_file(path)
    checked_maps(record, _told(folder))
    return record


def _told(folder: Path) -> str:
    return f"{folder.name}/{MAPS}"


def _places(labels: np.ndarray, record: MapsRecord, told: str) -> np.ndarray:
    """Place of each voxel's model, NaN where it has none."""
    models = record.settings.get("models", [])
    highest = labels.max(initial=0)
    if not highest <= len(models):
        raise ValueError(
            f"{told}: damaged: {BEST_MODEL.name} holds {highest:g}, of {len(models)} models"
        )
    return np.where(labels > 0, labels, np.nan).astype(np.float32)


def _volumes(folder: Path, files: Mapping[str, MapFile]) -> dict[str, np.ndarray]:
    """Map of each quantity, as it is stored."""
    paths = {name: folder / Path(entry.file).name for name, entry in files.items()}
    return {name: stored_samples(open_nifti(path), path) for name, path in paths.items()}
