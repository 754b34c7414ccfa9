"""An examination as files, so that it can be looked at again beside its maps."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64, Shaped

from gadmap.data import Acquisition, Aif, DceSeries, Exam, ReferenceRegion
from gadmap.data.scratch import let_go
from gadmap.data.walk import frames_of
from gadmap.io.exam_motion import motion_of, motion_record
from gadmap.io.nifti import open_nifti, stored_samples
from gadmap.io.nifti_write import save_frames, save_nifti
from gadmap.io.records import ExamRecord, Voxel, checked
from gadmap.io.strict_json import write_json
from gadmap.untrusted import json_file, shown

EXAM_FOLDER = "exam"
_RECORD = "exam.json"
_SERIES = "series.nii"
_FORMAT = 1
_VOLUMES = {
    "t10": "native T1 [s]",
    "t10_se": "standard error of native T1 [s]",
    "b1": "actual over nominal flip angle",
    "mask": "voxels to estimate",
}


def write_exam(folder: Path, exam: Exam) -> None:
    """Files of an examination in a new folder: what `read_exam` makes the same examination of.

    The series is not compressed: it is read frame by frame, and would take longer to compress than
    to fit. Names of files that were skipped are left out, as they may name the patient.
    """
    folder.mkdir()
    affine = exam.series.affine
    signal = exam.series.signal
    save_frames(folder / _SERIES, signal, affine, "signal [a.u.], gadmap", _least_type(signal))
    for name, words in _VOLUMES.items():
        data = getattr(exam, name)
        stored = data.astype(np.uint8) if data.dtype == np.bool_ else data
        save_nifti(folder / f"{name}.nii.gz", stored, affine, f"{words}, gadmap")
        let_go(data)
    write_json(folder / _RECORD, _record(exam))


def read_exam(folder: Path) -> Exam:
    """The examination that `write_exam` wrote there.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If its files are damaged or of another version.
    """
    record = _read_record(folder / _RECORD)
    volumes = {name: _samples(folder / f"{name}.nii.gz") for name in _VOLUMES}
    series = _samples(folder / _SERIES)
    signal = series if series.dtype.kind == "f" else series.astype(np.float32)
    try:
        return _exam(record, signal, volumes)
    except ValueError as error:
        raise ValueError(f"{folder.name}: its files do not fit together: {error}") from error


def _least_type(signal: Shaped[np.ndarray, "x y z time"]) -> np.dtype:
    """Type that holds the same samples, in half the room where they are whole, as scanners' are."""
    limits = np.iinfo(np.int16)
    for frame in frames_of(signal):
        low, high = frame.min(), frame.max()
        if not (limits.min <= low and high <= limits.max):  # NaN is not either
            return signal.dtype
        if not np.array_equal(frame.astype(np.int16), frame):
            return signal.dtype
    return np.dtype(np.int16)


def _record(exam: Exam) -> dict[str, Any]:
    series, acquisition, aif = exam.series, exam.series.acquisition, exam.aif
    return {
        "format": _FORMAT,
        "affine": series.affine,
        "t_s": series.t,
        "time_source": series.time_source,
        "description": series.description,
        "series_relaxivity_per_s_per_mmol_per_l": series.relaxivity,
        "series_hct": series.hct,
        "injection_frame": series.injection_frame,
        "notes": series.notes,
        "acquisition": {
            "tr_s": acquisition.tr,
            "flip_angle_rad": acquisition.flip_angle,
            "te_s": acquisition.te,
            "field_strength_t": acquisition.field_strength,
        },
        "t10_source": exam.t10_source,
        "b1_source": exam.b1_source,
        "b1_error": exam.b1_error,
        "mask_source": exam.mask_source,
        "aif": {
            "t_s": aif.t,
            "plasma_mmol_per_l": aif.plasma,
            "source": aif.source,
            "voxels": aif.voxels,
            "rationale": aif.rationale,
            "relative_error": aif.error,
        },
        "baseline_frames": exam.baseline_frames,
        "arrival_s": exam.arrival,
        "relaxivity_per_s_per_mmol_per_l": exam.relaxivity,
        "hct": exam.hct,
        "assumptions": exam.assumptions,
        "reference": reference_record(exam),
        **motion_record(exam.motion),
    }


def reference_record(exam: Exam) -> dict[str, Any] | None:
    """Place and source of the reference region; None where there is none."""
    one = exam.reference
    return None if one is None else {"voxels": one.voxels, "source": one.source}


def _read_record(path: Path) -> ExamRecord:
    if not path.is_file():
        raise FileNotFoundError(
            f"{path.parent.name}: no examination there; expected the folder that gadmap map keeps "
            "beside its maps. Was it left out by --no-exam?"
        )
    record = json_file(path)
    version = record.get("format") if isinstance(record, dict) else None
    if version != _FORMAT:
        raise ValueError(
            f"{path.name}: format {shown(version)}; expected {_FORMAT}. Was it written by another "
            "gadmap?"
        )
    return checked(ExamRecord, record, path.name)


def _samples(path: Path) -> Shaped[np.ndarray, "..."]:
    return stored_samples(open_nifti(path), path)


def _exam(
    record: ExamRecord,
    signal: Shaped[np.ndarray, "x y z time"],
    volumes: dict[str, np.ndarray],
) -> Exam:
    acquisition, aif = record.acquisition, record.aif
    series = DceSeries(
        signal=signal,
        t=np.array(record.t_s, dtype=np.float64),
        affine=np.array(record.affine, dtype=np.float64),
        acquisition=Acquisition(
            tr=acquisition.tr_s,
            flip_angle=acquisition.flip_angle_rad,
            te=acquisition.te_s,
            field_strength=acquisition.field_strength_t,
        ),
        time_source=record.time_source,
        description=record.description,
        relaxivity=record.series_relaxivity_per_s_per_mmol_per_l,
        hct=record.series_hct,
        injection_frame=record.injection_frame,
        notes=tuple(record.notes),
    )
    return Exam(
        series=series,
        t10=volumes["t10"],
        t10_se=volumes["t10_se"],
        t10_source=record.t10_source,
        b1=volumes["b1"],
        b1_source=record.b1_source,
        b1_error=record.b1_error,
        aif=Aif(
            t=np.array(aif.t_s, dtype=np.float64),
            plasma=np.array(aif.plasma_mmol_per_l, dtype=np.float64),
            source=aif.source,
            voxels=_inside(aif.voxels, "arterial", series),
            rationale=tuple(aif.rationale),
            error=aif.relative_error,
        ),
        mask=volumes["mask"].astype(bool),
        mask_source=record.mask_source,
        baseline_frames=record.baseline_frames,
        relaxivity=record.relaxivity_per_s_per_mmol_per_l,
        hct=record.hct,
        assumptions=tuple(record.assumptions),
        motion=motion_of(record),
        arrival=record.arrival_s,
        reference=_reference_of(record, series),
    )


def _reference_of(record: ExamRecord, series: DceSeries) -> ReferenceRegion | None:
    if record.reference is None:
        return None
    voxels = _inside(record.reference.voxels, "reference", series)
    return ReferenceRegion(voxels=voxels, source=record.reference.source)


def _inside(listed: list[Voxel], what: str, series: DceSeries) -> Int64[np.ndarray, "voxel 3"]:
    voxels = np.array(listed, dtype=np.int64).reshape(-1, 3)
    if (voxels >= series.grid).any():
        raise ValueError(f"{what} voxels outside of a grid of {series.grid}")
    return voxels
