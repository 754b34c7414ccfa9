"""NIfTI files to a dynamic series, flip-angle volumes, and volumes on the series' grid."""

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from gadmap.data import DceSeries
from gadmap.data.frozen import require_rising
from gadmap.data.scratch import in_memory
from gadmap.data.walk import frames_of
from gadmap.io.flip_angles import FlipVolume
from gadmap.io.grid import Placed, onto_grid, require_same_grid
from gadmap.io.nifti_guard import (
    filled,
    guarded_image,
    opened,
    require_little_after,
    streamed,
)
from gadmap.io.room import Room
from gadmap.io.sidecar import (
    acquisition_from,
    bids_root,
    frame_times,
    nifti_stem,
    optional_number,
    read_sidecar,
)
from gadmap.io.times import even_times, require_plausible_step
from gadmap.untrusted import by_name

_FARTHEST = 1e6  # mm
_MM = {"meter": 1000.0, "micron": 0.001}
_FLIP_NAME = re.compile(r"vfa|flip", re.IGNORECASE)


def is_nifti(path: Path) -> bool:
    """True for .nii and .nii.gz."""
    return path.name.endswith((".nii", ".nii.gz"))


def read_nifti(path: Path, *, frame_step: float | None = None, room: Room = in_memory) -> DceSeries:
    """The dynamic series of a 4-D NIfTI file and its JSON sidecar.

    Parameters
    ----------
    frame_step
        Time between frames [s] that the user gives; it replaces the times of the sidecar.
    room
        Gives the array that the signal is read into, frame by frame.
    """
    image = open_nifti(path)
    if len(image.shape) != 4:
        raise ValueError(
            f"{path.name}: {len(image.shape)} dimensions; expected 4, x y z time. "
            "Is it a single volume rather than the dynamic series?"
        )
    keys = require_sidecar(path, "FrameTimesStart (s)")
    acquisition = acquisition_from(keys, path)
    frames = image.shape[3]
    t, source = times_of(keys, path, frames, frame_step)
    return DceSeries(
        signal=_signal(image, path, room),
        t=t,
        affine=affine_of(image, path),
        acquisition=acquisition,
        time_source=source,
        description=nifti_stem(path),
        relaxivity=optional_number(keys, "Relaxivity", path),
        hct=optional_number(keys, "Hematocrit", path),
        injection_frame=_injection_frame(keys, path, frames),
    )


def times_of(
    keys: Mapping[str, Any], path: Path, frames: int, frame_step: float | None
) -> tuple[Float[np.ndarray, " time"], str]:
    """Time of each frame [s] and its source: the user's step, else the sidecar's times.

    Raises
    ------
    ValueError
        If there are none, not one for each frame, or they do not rise, or not by seconds.
    """
    if frame_step is None:
        t, source = frame_times(keys, path)
    else:
        t, source = even_times(frame_step, frames)
    if t.size != frames:
        raise ValueError(
            f"{path.name}: {frames} frames but {t.size} times by {source}; is the series cut short?"
        )
    require_rising(t, f"{path.name}: {source}")
    require_plausible_step(t, source, path.name)
    return t, source


def flip_angle_files(path: Path) -> list[Path]:
    """Volumes beside a dynamic NIfTI whose name and sidecar call them flip-angle volumes."""
    return [file for file in _named_flip(path) if not _no_flip_volume(file)]


def passed_over(path: Path) -> tuple[str, ...]:
    """Files beside a dynamic NIfTI that are named as flip-angle volumes but are none, and why."""
    reasons = {file.name: _no_flip_volume(file) for file in _named_flip(path)}
    return tuple(f"{name} ({reason})" for name, reason in reasons.items() if reason)


def _named_flip(path: Path) -> list[Path]:
    folders = [path.parent]
    if bids_root(path) and (path.parent.parent / "anat").is_dir():
        folders.append(path.parent.parent / "anat")
    files = [file for folder in folders for file in sorted(folder.iterdir()) if is_nifti(file)]
    return [f for f in files if f.name != path.name and _FLIP_NAME.search(nifti_stem(f))]


def _no_flip_volume(file: Path) -> str:
    """Why a file is no flip-angle volume; empty where it is one."""
    if not isinstance(read_sidecar(file).get("FlipAngle"), int | float):
        return "no number as FlipAngle in its sidecar"
    dimensions = len(open_nifti(file).shape)
    return "" if dimensions == 3 else f"{dimensions} dimensions, expected 3"


def read_nifti_flip(path: Path, dynamic: DceSeries) -> FlipVolume:
    """Signal (x, y, z) and settings of one flip-angle volume."""
    signal = read_volume(path, dynamic, "flip-angle volume")
    return signal, acquisition_from(require_sidecar(path), path)


def read_volume(path: str | Path, dynamic: Placed, what: str) -> Float[np.ndarray, "x y z"]:
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
        raise ValueError(f"{what} {path.name}: shape {shape}; expected one volume, 3-D")
    data = samples_of(image, path).reshape(shape[:3], order="F")
    data, affine = onto_grid(data, affine_of(image, path), dynamic.affine)
    require_same_grid(f"{what} {path.name}", data.shape, affine, dynamic)
    return np.asfortranarray(data)


def open_nifti(path: Path) -> Any:
    """Header of a NIfTI file; its samples stay in the file.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    ValueError
        If it is no NIfTI file of magnitude images, or declares more than it can hold.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path.name}: no such file")
    try:
        with by_name(path):
            image = guarded_image(path)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{path.name}: not readable as NIfTI ({_line(error)})") from error
    if image.get_data_dtype().kind not in "iufb":
        raise ValueError(f"{path.name}: samples are colours or complex; expected magnitude images")
    return image


def samples_of(image: Any, path: Path) -> np.ndarray:
    """Samples with the header's scaling, float32; a compressed file is checked by its checksum."""
    with _undamaged(image, path) as whole:
        return filled(whole)


def _signal(image: Any, path: Path, room: Room) -> Float[np.ndarray, "x y z time"]:
    """The same of a dynamic series, frame by frame into the array that `room` gives."""
    signal = room(image.shape)
    with _undamaged(image, path) as whole:
        for k, frame in enumerate(frames_of(signal)):
            frame[:] = whole.dataobj[..., k]
    return signal


def stored_samples(image: Any, path: Path) -> np.ndarray:
    """Samples in the type that the file holds them in; not scaled, as gadmap's own files are."""
    with _undamaged(image, path) as whole:
        return np.asanyarray(whole.dataobj)


@contextmanager
def _undamaged(image: Any, path: Path) -> Iterator[Any]:
    """The image to take samples from, as a stream where it is compressed."""
    try:
        with by_name(path):
            if not path.name.endswith(".nii.gz"):
                yield image
                return
            with opened(path) as stream:
                yield streamed(image, stream)
                require_little_after(stream)
    except (EOFError, zlib.error, OSError, ValueError) as error:
        raise ValueError(f"{path.name}: damaged or cut short ({_line(error)})") from error


def affine_of(image: Any, path: Path) -> Float[np.ndarray, "4 4"]:
    """Voxel index to patient millimetres, RAS+."""
    scale = _MM.get(image.header.get_xyzt_units()[0], 1.0)
    affine = np.diag([scale, scale, scale, 1.0]) @ image.affine.astype(np.float64)
    if not (
        np.isfinite(affine).all()
        and np.abs(affine).max() < _FARTHEST
        and abs(np.linalg.det(affine[:3, :3])) > 0
    ):
        raise ValueError(
            f"{path.name}: its affine gives voxels no volume, or one that no scanner has; is the "
            "header damaged?"
        )
    return affine


def require_sidecar(path: Path, *more: str) -> dict[str, Any]:
    """All keys that apply to a NIfTI file; `more` is what beside TR and flip angle they tell."""
    keys = read_sidecar(path)
    if not keys:
        expected = ", ".join(("RepetitionTimeExcitation (s)", "FlipAngle (degrees)", *more))
        raise FileNotFoundError(
            f"{path.name}: no JSON sidecar; expected {nifti_stem(path)}.json beside it with "
            f"{expected}"
        )
    return keys


def _injection_frame(keys: dict[str, Any], path: Path, frames: int) -> int | None:
    value = optional_number(keys, "InjectionFrame", path)
    if value is None:
        return None
    if value != int(value) or not 0 < value < frames:
        raise ValueError(
            f"{path.name}: InjectionFrame is {value:g}; expected a whole number from 1 to "
            f"{frames - 1}, counted from 0"
        )
    return int(value)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
