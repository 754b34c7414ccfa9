"""Whatever a user brings, DICOM, NIfTI or BIDS, to containers."""

from collections.abc import Sequence
from dataclasses import replace
from math import degrees
from pathlib import Path

from gadmap.data import DceSeries, FlipAngleSeries
from gadmap.data.scratch import in_memory
from gadmap.io.dicom import dynamic_series, flip_angle_series, flip_volumes
from gadmap.io.dicom_folder import DicomFolder, open_dicom
from gadmap.io.dicom_scan import files_below
from gadmap.io.flip_angles import FlipVolume, flip_series, require_one_each
from gadmap.io.nifti import (
    flip_angle_files,
    is_nifti,
    passed_over,
    read_nifti,
    read_nifti_flip,
)
from gadmap.io.room import Room


def read_series(
    path: str | Path,
    *,
    series: str | None = None,
    frame_step: float | None = None,
    room: Room = in_memory,
) -> DceSeries:
    """The dynamic series of a DICOM folder or file, or of a 4-D NIfTI file with JSON sidecar.

    Parameters
    ----------
    path
        A folder is searched with all folders in it. Sidecars follow BIDS' inheritance.
    series
        Which of several dynamic DICOM series: its number, the end of its SeriesInstanceUID, or
        its description.
    frame_step
        Time between frames [s], for files that do not tell their frame times.
    room
        Gives the array that the signal is read into, frame by frame.

    Returns
    -------
    DceSeries
        `time_source` says which tag the times come from, `notes` what was skipped.

    Raises
    ------
    ValueError
        If the files do not make one complete dynamic series; the message says what is wrong.
    """
    path = Path(path)
    if is_nifti(path):
        return _read_nifti(path, series, frame_step, room)
    return dynamic_series(open_folder(path), series=series, frame_step=frame_step, room=room)


def read_series_and_flip_angles(
    path: str | Path,
    *,
    series: str | None = None,
    frame_step: float | None = None,
    room: Room = in_memory,
) -> tuple[DceSeries, FlipAngleSeries | None]:
    """`read_series` and `find_flip_angles` in one pass over the files.

    Parameters
    ----------
    path, series, frame_step
        As in `gadmap.read`; `frame_step` in seconds.
    room
        Gives the array (x, y, z, time) that the signal is read into.
    """
    path = Path(path)
    if is_nifti(path):
        dynamic = _read_nifti(path, series, frame_step, room)
        dynamic = replace(dynamic, skipped=(*dynamic.skipped, *passed_over(path)))
        return dynamic, _nifti_flip_angles(path, dynamic)
    folder = open_folder(path)
    dynamic = dynamic_series(folder, series=series, frame_step=frame_step, room=room)
    return dynamic, flip_angle_series(folder, dynamic)


def find_flip_angles(path: str | Path, dynamic: DceSeries) -> FlipAngleSeries | None:
    """Flip-angle volumes in the dynamic series' DICOM folder or beside its NIfTI file, or None.

    Beside a NIfTI file they have `vfa` or `flip` in their name and FlipAngle in their sidecar.

    Raises
    ------
    ValueError
        If volumes of several flip angles are there but on another grid, or in more than one set.
    """
    path = Path(path)
    if is_nifti(path):
        return _nifti_flip_angles(path, dynamic)
    return flip_angle_series(open_folder(path), dynamic)


def read_flip_angles(paths: Sequence[str | Path], dynamic: DceSeries) -> FlipAngleSeries:
    """Flip-angle volumes from NIfTI files with sidecars or from DICOM folders.

    Raises
    ------
    ValueError
        If one lies on another grid than the dynamic series, or two hold the same samples.
    """
    volumes: list[FlipVolume] = []
    for number, path in enumerate(map(Path, paths), start=1):
        if is_nifti(path):
            volumes.append(read_nifti_flip(path, dynamic))
        else:
            volumes.extend(flip_volumes(open_folder(path, f"flip-angle input {number}"), dynamic))
    return flip_series(volumes, dynamic)


def open_folder(path: Path, name: str = "DICOM input") -> DicomFolder:
    """The DICOM headers at or below `path`, which messages call `name`; NIfTI files there are
    pointed out.
    """  # noqa: D205
    try:
        return open_dicom(path, name=name)
    except ValueError as error:
        nifti = [file for file in files_below(path) if is_nifti(file)]
        if not nifti or "no DICOM MR image" not in str(error):
            raise
        listed = ", ".join(file.name for file in nifti[:6])
        raise ValueError(
            f"{name}: no DICOM MR image there but NIfTI files: {listed}; name the 4-D file itself"
        ) from error


def _read_nifti(path: Path, series: str | None, frame_step: float | None, room: Room) -> DceSeries:
    if series is not None:
        raise ValueError(f"{path.name}: --series is for DICOM folders; a NIfTI file is one")
    return read_nifti(path, frame_step=frame_step, room=room)


def _nifti_flip_angles(path: Path, dynamic: DceSeries) -> FlipAngleSeries | None:
    files = flip_angle_files(path)
    if len(files) < 2:
        return None
    volumes = [read_nifti_flip(file, dynamic) for file in files]
    angles = [round(degrees(acquisition.flip_angle), 3) for _, acquisition in volumes]
    require_one_each(list(zip([f.name for f in files], angles, strict=True)), path.name)
    return flip_series(volumes, dynamic)
