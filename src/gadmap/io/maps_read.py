"""Maps that `write_maps` wrote, read back."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from gadmap.data import ParameterMaps, Reason
from gadmap.io.nifti import affine_of, open_nifti, stored_samples


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
    record = read_maps_record(folder)
    try:
        values = _volumes(folder, record["maps"])
        errors = _volumes(folder, record["standard_errors"])
        reason_file = folder / Path(record["reason_file"]).name
        estimator, model, settings = record["estimator"], record["model"], record["settings"]
    except (KeyError, TypeError) as error:
        raise ValueError(f"{folder / 'maps.json'}: damaged ({error!r})") from error
    reason = stored_samples(open_nifti(reason_file), reason_file)
    for name, volume in (*values.items(), *errors.items()):
        if volume.shape != reason.shape:
            raise ValueError(
                f"{folder}: {name} has shape {volume.shape}, the reasons {reason.shape}; expected "
                "maps of one examination. Were two results mixed?"
            )
    return ParameterMaps(
        values=values,
        standard_error=errors,
        valid=(reason == Reason.ESTIMATED) | (reason >= Reason.NO_ENHANCEMENT),
        reason=reason,
        affine=affine_of(open_nifti(reason_file), reason_file),
        estimator=estimator,
        model=model,
        settings=settings,
    )


def read_maps_record(folder: Path) -> dict[str, Any]:
    """What `maps.json` of a results folder holds."""
    path = folder / "maps.json"
    if not path.is_file():
        raise FileNotFoundError(f"{folder}: no maps.json; expected a folder that gadmap map wrote")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: not readable as JSON ({error})") from error
    if not isinstance(record, dict):
        raise ValueError(f"{path}: damaged; expected an object with maps and their files")
    return record


def _volumes(folder: Path, files: dict[str, Any]) -> dict[str, np.ndarray]:
    """Map of each quantity, as it is stored."""
    paths = {name: folder / Path(entry["file"]).name for name, entry in files.items()}
    return {name: stored_samples(open_nifti(path), path) for name, path in paths.items()}
