"""A tree of folders that hold one DICOM series each, told from one header a folder."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset

from gadmap.io.dicom_header import Ignored, read_tags
from gadmap.io.dicom_identity import description_of
from gadmap.io.dicom_scan import lenient, numbered
from gadmap.io.dicom_slice import words

_DATES = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate")
_KEYWORDS = (
    "PatientID",
    "PatientName",
    "StudyInstanceUID",
    "SeriesDescription",
    "ScanningSequence",
    *_DATES,
)


@dataclass(frozen=True, kw_only=True)
class SeriesFolder:
    """A folder of MR images.

    Attributes
    ----------
    patient_id, study_uid
        Of its images; empty where no header can be read.
    date
        Day of the study, YYYYMMDD, or of the first other date that is filled in.
    description
        What the scanner calls the series.
    sequence
        ScanningSequence: GR, EP, SE.
    problem
        Why it cannot be used; empty where it can.
    """

    path: Path
    patient_id: str = ""
    study_uid: str = ""
    date: str = ""
    description: str = ""
    sequence: tuple[str, ...] = ()
    problem: str = ""


def series_folders(root: Path) -> Iterator[SeriesFolder]:
    """Folders at or below `root` that hold MR images themselves, by name.

    Only the first and the last readable header of a folder are read: an archive that delivers one
    folder a series is listed without opening all its images.

    Raises
    ------
    FileNotFoundError
        If `root` is no folder.
    """
    if not root.is_dir():
        raise FileNotFoundError("DICOM input: no such folder")
    for folder, below, names in os.walk(root):
        below.sort()
        found = _series_folder(Path(folder), sorted(names))
        if found is not None:
            yield found


def _series_folder(folder: Path, names: Sequence[str]) -> SeriesFolder | None:
    first, fault = _first_header(folder, names)
    if first is None:
        return SeriesFolder(path=folder, problem=fault) if fault else None
    last, _ = _first_header(folder, names[::-1])
    assert last is not None
    return SeriesFolder(
        path=folder,
        patient_id=_text(first, "PatientID"),
        study_uid=_text(first, "StudyInstanceUID"),
        date=_date(first),
        description=description_of(first),
        sequence=words(first, "ScanningSequence"),
        problem=_problem(first, last),
    )


def _problem(first: Dataset, last: Dataset) -> str:
    if not _text(first, "PatientID"):
        return "images without PatientID (0010,0020), which tells the patients apart"
    if _key(first) != _key(last):
        return (
            "images of more than one patient or date in one folder; expected a folder for each "
            "series, as the archive delivers them"
        )
    return ""


def _first_header(folder: Path, names: Sequence[str]) -> tuple[Dataset | None, str]:
    """Header of the first MR image that can be read, else what is wrong with those that cannot."""
    fault = ""
    with lenient():
        for name in names:
            label = numbered(sorted(names).index(name) + 1, len(names))
            try:
                header = read_tags(folder / name, label, _KEYWORDS)
            except (OSError, ValueError) as error:  # told, unless another image can be read
                fault = fault or str(error)
            else:
                if not isinstance(header, Ignored):
                    return header, ""
    return None, fault


def _key(header: Dataset) -> tuple[str, str]:
    return _text(header, "PatientID"), _date(header)


def _date(header: Dataset) -> str:
    return next(filter(None, (_text(header, keyword) for keyword in _DATES)), "")


def _text(header: Dataset, keyword: str) -> str:
    return str(header.get(keyword) or "").strip()
