"""NIfTI files to a dynamic series, flip-angle volumes, and volumes on the series' grid."""

import re
import zlib
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from jaxtyping import Float
from nibabel.filebasedimages import ImageFileError

from gadmap.data import DceSeries
from gadmap.io.flip_angles import FlipVolume
from gadmap.io.grid import onto_grid, require_same_grid
from gadmap.io.sidecar import (
    acquisition_from,
    bids_root,
    frame_times,
    nifti_stem,
    optional_number,
    read_sidecar,
)
from gadmap.io.times import even_times, require_plausible_step

_MM = {"meter": 1000.0, "micron": 0.001}
_FLIP_NAME = re.compile(r"vfa|flip", re.IGNORECASE)


def is_nifti(path: Path) -> bool:
    """True for .nii and .nii.gz."""
    return path.name.endswith((".nii", ".nii.gz"))


def read_nifti(path: Path, *, frame_step: float | None = None) -> DceSeries:
    """The dynamic series of a 4-D NIfTI file and its JSON sidecar.

    Parameters
    ----------
    frame_step
        Time between frames [s] that the user gives; it replaces the times of the sidecar.
    """
    image = open_nifti(path)
    if len(image.shape) != 4:
        raise ValueError(
            f"{path}: {len(image.shape)} dimensions; expected 4, x y z time. "
            "Is it a single volume rather than the dynamic series?"
        )
    keys = _sidecar(path)
    acquisition = acquisition_from(keys, path)
    frames = image.shape[3]
    if frame_step is None:
        t, source = frame_times(keys, path)
    else:
        t, source = even_times(frame_step, frames)
    if t.size != frames:
        raise ValueError(f"{path}: {frames} frames but {t.size} times; is the series cut short?")
    require_plausible_step(t, source, str(path))
    return DceSeries(
        signal=samples_of(image, path),
        t=t,
        affine=affine_of(image),
        acquisition=acquisition,
        time_source=source,
        description=nifti_stem(path),
        relaxivity=optional_number(keys, "Relaxivity", path),
        hct=optional_number(keys, "Hematocrit", path),
        injection_frame=_injection_frame(keys, path, frames),
    )


def flip_angle_files(path: Path) -> list[Path]:
    """Volumes beside a dynamic NIfTI whose name and sidecar call them flip-angle volumes."""
    folders = [path.parent]
    if bids_root(path) and (path.parent.parent / "anat").is_dir():
        folders.append(path.parent.parent / "anat")
    files = [file for folder in folders for file in sorted(folder.iterdir()) if is_nifti(file)]
    return [
        file
        for file in files
        if file.name != path.name
        and _FLIP_NAME.search(nifti_stem(file))
        and isinstance(read_sidecar(file).get("FlipAngle"), int | float)
        and len(open_nifti(file).shape) == 3
    ]


def read_nifti_flip(path: Path, dynamic: DceSeries) -> FlipVolume:
    """Signal (x, y, z) and settings of one flip-angle volume."""
    acquisition = acquisition_from(_sidecar(path), path)
    return read_volume(path, dynamic, f"flip-angle volume {path.name}"), acquisition


def read_volume(path: str | Path, dynamic: DceSeries, what: str) -> Float[np.ndarray, "x y z"]:
    """A NIfTI volume on the dynamic series' grid, its axes running like the series'.

    Parameters
    ----------
    what
        What the volume is, for messages: "mask", "T10 map".

    Raises
    ------
    ValueError
        If it is no 3-D volume or lies on another grid.
    """
    path = Path(path)
    image = open_nifti(path)
    shape = image.shape
    if len(shape) < 3 or any(n != 1 for n in shape[3:]):
        raise ValueError(f"{what} {path}: shape {shape}; expected one volume, 3-D")
    data = samples_of(image, path).reshape(shape[:3], order="F")
    data, affine = onto_grid(data, affine_of(image), dynamic.affine)
    require_same_grid(f"{what} {path}", data.shape, affine, dynamic)
    return np.asfortranarray(data)


def open_nifti(path: Path) -> Any:
    """Header of a NIfTI file; its samples stay in the file."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    try:
        image = nib.load(path)
    except (ImageFileError, EOFError, zlib.error, OSError) as error:
        raise ValueError(f"{path}: not readable as NIfTI ({_line(error)})") from error
    if image.get_data_dtype().kind not in "iufb":  # type: ignore[attr-defined]
        raise ValueError(f"{path}: samples are colours or complex; expected magnitude images")
    return image


def samples_of(image: Any, path: Path) -> np.ndarray:
    """Samples with the header's scaling, float32."""
    try:
        return image.get_fdata(dtype=np.float32, caching="unchanged")
    except (EOFError, zlib.error, OSError, ValueError) as error:
        raise ValueError(f"{path}: damaged or cut short ({_line(error)})") from error


def affine_of(image: Any) -> Float[np.ndarray, "4 4"]:
    """Voxel index to patient millimetres, RAS+."""
    scale = _MM.get(image.header.get_xyzt_units()[0], 1.0)
    return np.diag([scale, scale, scale, 1.0]) @ image.affine.astype(np.float64)


def _sidecar(path: Path) -> dict[str, Any]:
    keys = read_sidecar(path)
    if not keys:
        raise FileNotFoundError(
            f"{path}: no JSON sidecar; expected {nifti_stem(path)}.json beside it with "
            "RepetitionTimeExcitation (s), FlipAngle (degrees) and FrameTimesStart (s)"
        )
    return keys


def _injection_frame(keys: dict[str, Any], path: Path, frames: int) -> int | None:
    value = optional_number(keys, "InjectionFrame", path)
    if value is None:
        return None
    if value != int(value) or not 0 < value < frames:
        raise ValueError(
            f"{path}: InjectionFrame is {value:g}; expected a whole number from 1 to {frames - 1}, "
            "counted from 0"
        )
    return int(value)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
