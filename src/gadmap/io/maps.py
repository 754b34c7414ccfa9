"""Parameter maps to NIfTI, with a record of how they came about."""

import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from gadmap.data import Exam, ParameterMaps, Reason
from gadmap.data.scratch import let_go
from gadmap.io.aif_table import aif_remarks, write_aif
from gadmap.io.exam_folder import EXAM_FOLDER, reference_record, write_exam
from gadmap.io.exam_motion import motion_record
from gadmap.io.grid import plane, voxel_size
from gadmap.io.map_names import BidsOrigin, aif_stem, image_stem
from gadmap.io.map_sidecar import aif_sidecar, map_sidecar
from gadmap.io.nifti_write import save_nifti
from gadmap.io.results_folder import results_folder
from gadmap.io.strict_json import write_json
from gadmap.quantities import BEST_MODEL, QUANTITIES, T10


def write_maps(
    out: str | Path,
    maps: ParameterMaps,
    exam: Exam | None,
    record: Mapping[str, Any],
    *,
    keep_exam: bool = True,
    origin: BidsOrigin | None = None,
    overwrite: bool = False,
) -> list[Path]:
    """Files of the maps, in a folder that is there completely or not at all.

    One float32 NIfTI for each quantity (`ktrans.nii.gz`) and standard error (`ktrans_se.nii.gz`),
    NaN where not valid; `reason.nii.gz` with the code of each voxel; `t10.nii.gz` where T10 was
    measured; `aif.tsv`; a JSON sidecar for each of these; `maps.json` with units, lexicon codes,
    sources and settings.

    Parameters
    ----------
    exam
        What the maps were estimated from; without it there is no `t10.nii.gz` and no `aif.tsv`, and
        `maps.json` holds what the maps know.
    keep_exam
        Keep the examination itself in the folder `exam`, for `gadmap.read_results`.
    record
        What else `maps.json` should hold; its `versions` join gadmap's, Python's and numpy's.
        Absolute paths in it are cut to file names.
    origin
        Of which examination of a BIDS dataset they are: files are named as BIDS' derivatives are,
        `sub-01_desc-tofts_ktransmap.nii.gz`.
    overwrite
        Replace results that gadmap wrote there before.

    Raises
    ------
    FileExistsError
        If `out` holds results and `overwrite` is false, or holds anything else.
    """
    out = Path(out)
    with results_folder(out, overwrite) as folder:
        for name, values, description in _images(maps, exam):
            stem = image_stem(name, maps, origin)
            save_nifti(folder / f"{stem}.nii.gz", values, maps.affine, description)
            write_json(folder / f"{stem}.json", map_sidecar(name, maps, exam, origin))
            let_go(values)
        if exam is not None:
            remarks = () if origin else aif_remarks(exam.aif)  # BIDS' tables hold no comments
            write_aif(folder / f"{aif_stem(origin)}.tsv", exam.aif, remarks)
            write_json(folder / f"{aif_stem(origin)}.json", aif_sidecar(exam, origin))
            if keep_exam:
                write_exam(folder / EXAM_FOLDER, exam)
        write_json(folder / "maps.json", _record(maps, exam, record, origin))
        names = sorted(file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    return [out / name for name in names]


def _images(maps: ParameterMaps, exam: Exam | None) -> Iterator[tuple[str, np.ndarray, str]]:
    """File stem, samples and description of each map."""
    for name, values in maps.values.items():
        if name == BEST_MODEL.name:
            yield name, labels_of(values), f"{_described(name)}, see its JSON"
        else:
            yield name, values.astype(np.float32, copy=False), _described(name)
    for name, values in maps.standard_error.items():
        described = f"standard error of {_described(name)}"
        yield f"{name}_se", values.astype(np.float32, copy=False), described
    if exam is not None and _t10_varies(exam) and "t10" not in maps.values:
        yield "t10", exam.t10.astype(np.float32, copy=False), _described("t10")
    reason = maps.reason.astype(np.uint8, copy=False)
    yield "reason", reason, "reason code, see maps.json; gadmap"


def labels_of(places: np.ndarray) -> np.ndarray:
    """Whole numbers as programs for regions take them: 0 for none, where maps are NaN."""
    return np.nan_to_num(places, nan=0).astype(np.uint8)


def _described(name: str) -> str:
    unit = QUANTITIES[name].unit
    return f"{name} [{unit}], gadmap" if unit else f"{name}, gadmap"


def _t10_varies(exam: Exam) -> bool:
    known = exam.t10[np.isfinite(exam.t10)]
    return known.size > 0 and float(np.ptp(known)) > 0


def _record(
    maps: ParameterMaps, exam: Exam | None, record: Mapping[str, Any], origin: BidsOrigin | None
) -> dict[str, Any]:
    own = _maps_record(maps, origin)
    if exam is not None:
        t10_file = f"{image_stem('t10', maps, origin)}.nii.gz" if _t10_varies(exam) else None
        own |= _exam_record(exam, t10_file, f"{aif_stem(origin)}.tsv")
    rest = {key: value for key, value in record.items() if key != "versions"}
    clash = sorted(own.keys() & rest.keys())
    if clash:
        raise ValueError(f"record has keys that maps.json fills itself: {', '.join(clash)}")
    return own | rest | {"versions": _versions() | dict(record.get("versions", {}))}


def _maps_record(maps: ParameterMaps, origin: BidsOrigin | None) -> dict[str, Any]:
    def entry(name: str) -> dict[str, Any]:
        return _quantity(name.removesuffix("_se"), f"{image_stem(name, maps, origin)}.nii.gz")

    return {
        "estimator": maps.estimator,
        "model": maps.model,
        "settings": maps.settings,
        "maps": {name: entry(name) for name in maps.values},
        "standard_errors": {name: entry(f"{name}_se") for name in maps.standard_error},
        "reasons": _reasons(maps),
        "reason_file": f"{image_stem('reason', maps, origin)}.nii.gz",
        "grid": {
            "matrix": maps.valid.shape,
            "voxel_size_mm": voxel_size(maps.affine),
            "plane": plane(maps.affine),
        },
    }


def _exam_record(exam: Exam, t10_file: str | None, aif_file: str) -> dict[str, Any]:
    series = exam.series
    return {
        "t10": {
            "source": exam.t10_source,
            "unit": T10.unit,
            "file": t10_file,
            "median": _median(exam.t10, exam.mask),
        },
        "b1": {"source": exam.b1_source, "relative_error": exam.b1_error},
        "mask": {"source": exam.mask_source, "voxels": int(exam.mask.sum())},
        "aif": {
            "source": exam.aif.source,
            "file": aif_file,
            "unit": "mmol/L plasma",
            "peak_mmol_per_l": None if exam.aif.stand_in else float(exam.aif.plasma.max()),
            "relative_error": exam.aif.error,
            "voxels": exam.aif.voxels,
            "rationale": exam.aif.rationale,
        },
        "reference": reference_record(exam),
        "relaxivity_per_s_per_mmol_per_l": exam.relaxivity,
        "hct": exam.hct,
        "acquisition": {
            "tr_s": series.acquisition.tr,
            "flip_angle_rad": series.acquisition.flip_angle,
            "te_s": series.acquisition.te,
            "field_strength_t": series.acquisition.field_strength,
        },
        "frames": {
            "t_s": series.t,
            "source": series.time_source,
            "baseline_frames": exam.baseline_frames,
            **motion_record(exam.motion),
        },
        "series": {"description": series.description, "notes": series.notes},
        "assumptions": exam.assumptions,
    }


def _quantity(name: str, file: str) -> dict[str, Any]:
    quantity = QUANTITIES[name]
    return {
        "file": file,
        "unit": quantity.unit,
        "lexicon_code": quantity.code,
        "description": quantity.description,
    }


def _reasons(maps: ParameterMaps) -> list[dict[str, Any]]:
    """Legend of the reason codes, with the number and share of voxels of each."""
    counts = np.bincount(maps.reason.ravel(), minlength=max(Reason) + 1)
    return [
        {
            "code": int(reason),
            "meaning": reason.sentence,
            "voxels": int(counts[reason]),
            "share": float(counts[reason] / maps.reason.size),
        }
        for reason in Reason
    ]


def _median(values: np.ndarray, mask: np.ndarray) -> float | None:
    known = values[mask & np.isfinite(values)]
    return float(np.median(known)) if known.size else None


def _versions() -> dict[str, str]:
    return {
        "gadmap": version("gadmap"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "nibabel": nib.__version__,
    }
