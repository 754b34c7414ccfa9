"""JSON sidecars of NIfTI files, with BIDS' inheritance, read into the package's units."""

from collections.abc import Mapping
from math import radians
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from gadmap.data import Acquisition
from gadmap.untrusted import finite, json_file, shown

_EXCITATION_LIMIT = 0.1  # s; a longer RepetitionTime is that of the frames, as in BIDS


def nifti_stem(path: Path) -> str:
    """File name without .nii or .nii.gz."""
    name = path.name
    for ending in (".nii.gz", ".nii"):
        if name.endswith(ending):
            return name.removesuffix(ending)
    return path.stem


def read_sidecar(path: Path) -> dict[str, Any]:
    """All keys that apply to a NIfTI file; those of nearer and more specific files win.

    References
    ----------
    BIDS specification 1.9, "The inheritance principle".
    """
    keys: dict[str, Any] = {}
    for sidecar in sidecars_of(path):
        keys |= _load(sidecar)
    return keys


def sidecars_of(path: Path) -> list[Path]:
    """JSON files that apply to a NIfTI file, from the dataset's root down."""
    own = path.parent / f"{nifti_stem(path)}.json"
    root = bids_root(path)
    if root is None:
        return [own] if own.is_file() else []
    folders = [folder for folder in (path.parent, *path.parents) if folder.is_relative_to(root)]
    found = []
    for folder in sorted(set(folders), key=lambda folder: len(folder.parts)):
        fitting = [file for file in folder.glob("*.json") if _applies(file, path)]
        found.extend(sorted(fitting, key=lambda file: len(_entities(file.stem))))
    return found


def bids_root(path: Path) -> Path | None:
    """The BIDS dataset that a file lies in, or None."""
    return next((p for p in path.parents if (p / "dataset_description.json").is_file()), None)


def _entities(stem: str) -> set[str]:
    return set(stem.split("_")[:-1])


def _applies(sidecar: Path, path: Path) -> bool:
    stem = nifti_stem(path)
    same_suffix = sidecar.stem.rsplit("_", 1)[-1] == stem.rsplit("_", 1)[-1]
    return same_suffix and _entities(sidecar.stem) <= _entities(stem)


def _load(sidecar: Path) -> dict[str, Any]:
    keys = json_file(sidecar)
    if not isinstance(keys, dict):
        raise ValueError(f"{sidecar.name}: expected an object with keys such as FlipAngle")
    return keys


def acquisition_from(keys: Mapping[str, Any], path: Path) -> Acquisition:
    """Acquisition from a sidecar's RepetitionTimeExcitation or RepetitionTime, and FlipAngle."""
    flip_degrees = required_number(keys, "FlipAngle", path, "degrees")
    if not 1 <= flip_degrees <= 90:
        raise ValueError(
            f"{path.name}: FlipAngle is {flip_degrees:g} in the sidecar; expected 1 to 90 degrees. "
            "Is it in radians?"
        )
    try:
        return Acquisition(
            tr=_excitation_tr(keys, path),
            flip_angle=radians(flip_degrees),
            te=optional_number(keys, "EchoTime", path),
            field_strength=optional_number(keys, "MagneticFieldStrength", path),
        )
    except ValueError as error:
        raise ValueError(
            str(error) if path.name in str(error) else f"{path.name}: {error}"
        ) from error


def _excitation_tr(keys: Mapping[str, Any], path: Path) -> float:
    tr = optional_number(keys, "RepetitionTimeExcitation", path)
    if tr is not None:
        return tr
    if "RepetitionTime" not in keys:
        raise ValueError(
            f"{path.name}: no RepetitionTimeExcitation in its JSON sidecar; expected the TR of the "
            "excitation in s"
        )
    tr = required_number(keys, "RepetitionTime", path, "s")
    if tr >= _EXCITATION_LIMIT:
        raise ValueError(
            f"{path.name}: RepetitionTime is {tr:g} in the sidecar, the time between frames or in "
            "ms; expected RepetitionTimeExcitation, the TR of the excitation in s"
        )
    return tr


def frame_times(keys: Mapping[str, Any], path: Path) -> tuple[Float[np.ndarray, " time"], str]:
    """Frame times [s] from FrameTimesStart or VolumeTiming, and which of them it was."""
    for key in ("FrameTimesStart", "VolumeTiming"):
        if key in keys:
            try:
                t = np.array(keys[key], dtype=np.float64)
            except (TypeError, ValueError, OverflowError) as error:
                raise ValueError(f"{path.name}: {key} holds values that are no numbers") from error
            if t.ndim != 1:
                raise ValueError(
                    f"{path.name}: {key} is no list; expected one time in s for each frame"
                )
            return t, key
    raise ValueError(
        f"{path.name}: no frame times: neither FrameTimesStart nor VolumeTiming in its JSON "
        "sidecar. Give the time between frames with --frame-step SECONDS"
    )


def required_number(keys: Mapping[str, Any], key: str, path: Path, unit: str) -> float:
    """A number that must be there."""
    if key not in keys:
        raise ValueError(f"{path.name}: no {key} in its JSON sidecar; expected it in {unit}")
    value = optional_number(keys, key, path)
    if value is None:
        raise ValueError(f"{path.name}: {key} is null in its JSON sidecar; expected it in {unit}")
    return value


def optional_number(keys: Mapping[str, Any], key: str, path: Path) -> float | None:
    """A number, or None where the key is absent or null."""
    value = keys.get(key)
    if value is None:
        return None
    number = finite(value)
    if number is None:
        raise ValueError(
            f"{path.name}: {key} is {shown(value)} in its JSON sidecar; expected a number"
        )
    return number
