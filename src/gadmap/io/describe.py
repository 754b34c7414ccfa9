"""What is in a folder or file, without reading its samples."""

from dataclasses import dataclass
from math import radians
from pathlib import Path

import numpy as np

from gadmap.io.dicom_acquisition import acquisition_of
from gadmap.io.dicom_folder import DicomFolder
from gadmap.io.dicom_frames import frames_of
from gadmap.io.dicom_plan import flip_angle_sets
from gadmap.io.dicom_scan import listed
from gadmap.io.dicom_series import DicomSeries
from gadmap.io.dicom_stack import stack
from gadmap.io.grid import plane, times, voxel_size
from gadmap.io.nifti import (
    affine_of,
    flip_angle_files,
    is_nifti,
    open_nifti,
    passed_over,
    require_sidecar,
    times_of,
)
from gadmap.io.read import open_folder
from gadmap.io.sidecar import acquisition_from

NO_FLIPS = "no flip-angle volumes: T1 is assumed unless --vfa or --t10 is given"


@dataclass(frozen=True, kw_only=True)
class SeriesSummary:
    """One series of a folder; None and empty where the files do not tell.

    Attributes
    ----------
    number
        Series number; 0 for NIfTI.
    kind
        "dynamic", "flip angle" or "other".
    t
        Frame times [s].
    tr, te
        [s].
    flip_angle
        [rad].
    field_strength
        [T].
    voxel_size
        [mm].
    problem
        Why it cannot be read, or why it is neither dynamic nor a flip-angle volume.
    """

    number: int
    description: str
    kind: str
    frames: int
    t: tuple[float, ...] = ()
    time_source: str = ""
    tr: float | None = None
    te: float | None = None
    flip_angle: float | None = None
    field_strength: float | None = None
    matrix: tuple[int, ...] = ()
    voxel_size: tuple[float, ...] = ()
    plane: str = ""
    vendor: str = ""
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Description:
    """What is in a folder or file.

    Attributes
    ----------
    name
        The file's name; of DICOM only what it is, as its paths may name a patient.
    format
        "DICOM" or "NIfTI".
    notes
        What was skipped.
    missing
        What a map would lack, one sentence each; empty where nothing is.
    """

    name: str
    format: str
    series: tuple[SeriesSummary, ...]
    notes: tuple[str, ...]
    missing: tuple[str, ...]


def describe(path: str | Path, *, frame_step: float | None = None) -> Description:
    """The series of a DICOM folder or NIfTI file and what is missing for a map."""
    path = Path(path)
    if is_nifti(path):
        files = [path, *flip_angle_files(path)]
        series = tuple(_nifti_summary(file, frame_step) for file in files)
        return _description(path, "NIfTI", series, (), passed_over(path))
    folder = open_folder(path)
    series = _dicom_summaries(folder, frame_step)
    return _description(path, "DICOM", series, folder.notes, folder.skipped)


def _description(
    path: Path,
    kind: str,
    series: tuple[SeriesSummary, ...],
    notes: tuple[str, ...],
    skipped: tuple[str, ...],
) -> Description:
    dynamic = [one for one in series if one.kind == "dynamic"]
    missing = [one.problem for one in series if one.kind != "other" and one.problem]
    if len(dynamic) == 1 and not missing:
        missing += _elsewhere(dynamic[0], series)
    if not dynamic:
        missing.append("no dynamic series: expected a spoiled gradient echo with 4 or more frames")
    if len(dynamic) > 1:
        numbers = ", ".join(str(one.number) for one in dynamic)
        missing.append(f"{len(dynamic)} dynamic series, {numbers}: choose one with --series")
    if len({one.flip_angle for one in series if one.kind == "flip angle"}) < 2:
        missing.append(NO_FLIPS)
    if skipped:
        notes = (*notes, f"not read: {listed(skipped)}")
    return Description(
        name=_name(path, kind), format=kind, series=series, notes=notes, missing=tuple(missing)
    )


def _name(path: Path, kind: str) -> str:
    if kind == "NIfTI":
        return path.name
    return "folder" if path.is_dir() else "file"


def _elsewhere(dynamic: SeriesSummary, series: tuple[SeriesSummary, ...]) -> list[str]:
    """A sentence for each flip-angle volume on another matrix than the dynamic series."""
    return [
        f"{one.description}: {times(one.matrix)} voxels; expected {times(dynamic.matrix)}, the "
        "dynamic series' grid. Resample it to that grid"
        for one in series
        if one.kind == "flip angle" and one.matrix != dynamic.matrix
    ]


def _dicom_summaries(folder: DicomFolder, frame_step: float | None) -> tuple[SeriesSummary, ...]:
    flips = {id(series) for one in flip_angle_sets(folder.series) for series in one}
    return tuple(
        _dicom_summary(series, id(series) in flips, frame_step) for series in folder.series
    )


def _dicom_summary(series: DicomSeries, flip: bool, frame_step: float | None) -> SeriesSummary:
    first = series.slices[0]
    facts = {
        "number": first.series_number,
        "description": first.description,
        "kind": "dynamic" if series.dynamic else "flip angle" if flip else "other",
        "frames": series.frames,
        "tr": None if first.tr_ms is None else first.tr_ms / 1000,
        "te": None if first.te_ms is None else first.te_ms / 1000,
        "flip_angle": None if first.flip_degrees is None else radians(first.flip_degrees),
        "field_strength": first.field_strength,
        "vendor": first.vendor,
        "problem": series.obstacle,
    }
    if series.obstacle:
        return SeriesSummary(**facts)
    try:
        whole = stack(series.slices, series.name)
        facts |= _grid_facts(whole.grid, whole.affine)
        acquisition_of(series.slices, series.name)
        if series.dynamic:
            frames = frames_of(whole, frame_step, series.name)
            facts |= {"t": tuple(frames.t.tolist()), "time_source": frames.source}
    except ValueError as error:  # the fault is what `info` is asked for
        facts["problem"] = str(error)
    return SeriesSummary(**facts)


def _grid_facts(grid: tuple[int, ...], affine: np.ndarray) -> dict:
    edges = tuple(round(float(edge), 4) for edge in voxel_size(affine))
    return {"matrix": tuple(grid), "voxel_size": edges, "plane": plane(affine)}


def _nifti_summary(path: Path, frame_step: float | None) -> SeriesSummary:
    image = open_nifti(path)
    frames = image.shape[3] if len(image.shape) > 3 else 1
    facts = {
        "number": 0,
        "description": path.name,
        "kind": "dynamic" if frames > 1 else "flip angle",
        "frames": frames,
        **_grid_facts(image.shape[:3], affine_of(image, path)),
    }
    try:
        keys = require_sidecar(path)
        acquisition = acquisition_from(keys, path)
        facts |= {
            "tr": acquisition.tr,
            "te": acquisition.te,
            "flip_angle": acquisition.flip_angle,
            "field_strength": acquisition.field_strength,
        }
        if frames > 1:
            t, source = times_of(keys, path, frames, frame_step)
            facts |= {"t": tuple(t.tolist()), "time_source": source}
    except (ValueError, FileNotFoundError) as error:  # the fault is what `info` is asked for
        facts["problem"] = str(error)
    return SeriesSummary(**facts)
