"""Folders of examinations, with true maps where they are phantoms."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gadmap.data import DceSeries, FlipAngleSeries
from gadmap.io import read_series_and_flip_angles, read_volume
from gadmap.training.recipe import MAPPED

_TRUTH, _FORMATS, _DYNAMIC = "truth", ("dicom", "nifti"), "dce.nii.gz"
_NIFTI = (".nii", ".nii.gz")


@dataclass(frozen=True)
class ExamFolder:
    """One examination of a cohort.

    Attributes
    ----------
    name
        Of its folder.
    source
        DICOM folder or dynamic NIfTI file.
    true_maps
        Folder of the true maps, or None.
    """

    name: str
    source: Path
    true_maps: Path | None

    def read(self) -> tuple[DceSeries, FlipAngleSeries | None]:
        """The dynamic series and the flip-angle volumes beside it."""
        return read_series_and_flip_angles(self.source)

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
        folder = self.source if self.source.is_dir() else self.source.parent
        folders = [folder, self.true_maps] if self.true_maps else [folder]
        files = sorted(file for part in folders for file in part.rglob("*") if file.is_file())
        found = ((file, file.stat()) for file in files)
        return [(file.name, stat.st_size, stat.st_mtime_ns) for file, stat in found]


def exam_folders(folder: Path) -> list[ExamFolder]:
    """The examinations in the folders of a folder: as `gadmap phantom` writes them, or any.

    An examination's folder holds `dicom` or `nifti/dce.nii.gz` with `truth` beside, or is a DICOM
    folder itself, or has one 4-D NIfTI file whose name says neither vfa nor flip.

    Raises
    ------
    ValueError
        If there are none.
    OSError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder; expected one of examinations")
    found = [
        _exam_folder(part)
        for part in sorted(folder.iterdir())
        if part.is_dir() and not part.name.startswith(".")
    ]
    if not found:
        raise ValueError(
            f"{folder}: no folders in it; expected one folder for each examination. Is this a "
            "single examination?"
        )
    return found


def _exam_folder(folder: Path) -> ExamFolder:
    truth = folder / _TRUTH
    known = truth if truth.is_dir() else None
    for name in _FORMATS:
        if (folder / name).is_dir():
            return ExamFolder(folder.name, _source(folder / name), known)
    return ExamFolder(folder.name, _source(folder), known)


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
