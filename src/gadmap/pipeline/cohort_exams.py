"""One examination of each patient of a cohort: a public dataset, phantoms, or any folders."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from gadmap.data import DceSeries, FlipAngleSeries
from gadmap.io import read_series_and_flip_angles, read_volume
from gadmap.io.datasets import Examination, dataset_of
from gadmap.training.recipe import MAPPED

_TRUTH, _FORMATS, _DYNAMIC = "truth", ("dicom", "nifti"), "dce.nii.gz"
_NIFTI = (".nii", ".nii.gz")


Scan = tuple[DceSeries, FlipAngleSeries | None]
"""The dynamic series and the flip-angle volumes beside it."""


@dataclass(frozen=True)
class CohortExam:
    """One patient's examination.

    Attributes
    ----------
    name
        A label, or the name of its folder.
    folders
        All its files lie in these.
    read
        Reads it.
    true_maps
        Folder of the true maps, or None.
    """

    name: str
    folders: tuple[Path, ...]
    read: Callable[[], Scan]
    true_maps: Path | None = None

    def truth(self, series: DceSeries) -> Mapping[str, np.ndarray] | None:
        """True maps on the series' grid by quantity, NaN outside tissue, or None."""
        if self.true_maps is None:
            return None
        return {
            quantity: read_volume(self.true_maps / f"{quantity}.nii.gz", series, f"true {quantity}")
            for quantity in MAPPED
        }

    def fingerprint(self) -> list[tuple[str, int, int]]:
        """Names, sizes and times of all files, which change when any of them does."""
        files = sorted(file for part in self.folders for file in part.rglob("*") if file.is_file())
        found = ((file, file.stat()) for file in files)
        return [(file.name, stat.st_size, stat.st_mtime_ns) for file, stat in found]


def cohort_exams(folder: Path) -> list[CohortExam]:
    """One examination of each patient in a folder.

    Of a public dataset, the first visit of each patient that can be read: a patient's two visits
    may not lie on two sides of a split. Of any other folder, its folders, a patient each: as
    `gadmap phantom` writes them, with `dicom` or `nifti/dce.nii.gz` and `truth` beside; or a DICOM
    folder; or with one 4-D NIfTI file beside which names of flip-angle volumes say vfa or flip.

    Raises
    ------
    ValueError
        If there are none.
    OSError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder; expected one of examinations")
    dataset = dataset_of(folder)
    if dataset is not None:
        return _first_visits(dataset.examinations(folder))
    found = [
        _cohort_exam(part)
        for part in sorted(folder.iterdir())
        if part.is_dir() and not part.name.startswith(".")
    ]
    if not found:
        raise ValueError(
            f"{folder}: no folders in it; expected one folder for each examination. Is this a "
            "single examination?"
        )
    return found


def _first_visits(examinations: Sequence[Examination]) -> list[CohortExam]:
    """Of each patient the first examination without a problem, else the first, to tell it."""
    patients: dict[str, list[Examination]] = {}
    for one in examinations:
        patients.setdefault(one.patient, []).append(one)
    chosen = (min(visits, key=lambda one: bool(one.problem)) for visits in patients.values())
    return [
        CohortExam(one.patient, tuple(series.path for series in one.series), one.read)
        for one in chosen
    ]


def _cohort_exam(folder: Path) -> CohortExam:
    truth = folder / _TRUTH
    known = truth if truth.is_dir() else None
    images = next((folder / name for name in _FORMATS if (folder / name).is_dir()), folder)
    source = _source(images)
    folders = (images, truth) if known and images != folder else (images,)
    return CohortExam(folder.name, folders, partial(read_series_and_flip_angles, source), known)


def _source(folder: Path) -> Path:
    """The dynamic NIfTI file in a folder, else the folder, for DICOM."""
    files = [file for file in sorted(folder.iterdir()) if file.name.lower().endswith(_NIFTI)]
    named = [file for file in files if file.name == _DYNAMIC]
    dynamic = named or [f for f in files if not {"vfa", "flip"} & set(_words(f.name))]
    if len(dynamic) > 1:
        names = ", ".join(file.name for file in dynamic[:4])
        raise ValueError(
            f"{folder}: {len(dynamic)} NIfTI files may be the dynamic series: {names}; expected "
            f"one, or one named {_DYNAMIC}"
        )
    return dynamic[0] if dynamic else folder


def _words(name: str) -> list[str]:
    return [word for word in ("vfa", "flip") if word in name.lower()]
