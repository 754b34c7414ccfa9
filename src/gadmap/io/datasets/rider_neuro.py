"""RIDER NEURO MRI: brain tumours examined twice, as The Cancer Imaging Archive delivers them.

A folder holds one series; what lies above it has carried names of patient, date and study, or
UIDs. So the headers count: PatientID tells the patient, since PatientName is shared by several;
the date tells the visit, since the dynamic series and the flip-angle volumes of one visit may lie
in different studies. StudyTime, PatientWeight and SpacingBetweenSlices are blank and not needed:
times, angles, TR and TE come from each image.

References
----------
Barboriak, Data from RIDER NEURO MRI, The Cancer Imaging Archive 2015,
doi:10.7937/K9/TCIA.2015.VOSN3HN1.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from gadmap.io.datasets.dataset import Dataset
from gadmap.io.datasets.examination import Examination, SeriesPath
from gadmap.io.datasets.series_folders import SeriesFolder, series_folders
from gadmap.io.dicom_series import NO_SPOILED_ECHO

EDGE_SLICES = 1
"""Slices at each end of the slab that are left out; see docs/decisions/0024-rider-neuro.md."""

_PATIENT_ID = "rider neuro mri"
_STUDY_UID = "1.3.6.1.4.1.9328.50.16."


def is_rider_neuro(root: Path) -> bool:
    """True where the first series in a folder is of the collection; reads one or two headers."""
    if not root.is_dir():
        return False
    return next((_belongs(one) for one in series_folders(root) if not one.problem), False)


def examinations(root: str | Path) -> tuple[Examination, ...]:
    """All examinations at or below a folder, by patient and visit; two headers a series are read.

    An examination that cannot be read is listed too: its `problem`, or that of its inspection,
    tells why.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If it holds nothing of the collection.
    """
    root = Path(root)
    visits: dict[str, dict[str, list[SeriesFolder]]] = defaultdict(lambda: defaultdict(list))
    for one in series_folders(root):
        if _belongs(one) or not one.patient_id:
            visits[one.patient_id][one.date].append(one)
    labels = _labels(visits)
    if not labels:
        raise ValueError(
            "no image of the RIDER NEURO MRI collection there; expected PatientID to "
            'start with "RIDER Neuro MRI". Is it the folder that the archive delivered?'
        )
    return tuple(
        _examination(label, number, visits[patient][date])
        for patient, label in labels.items()
        for number, date in enumerate(sorted(visits[patient]), start=1)
    )


RIDER_NEURO = Dataset(
    name="rider-neuro",
    title="RIDER NEURO MRI",
    holds=is_rider_neuro,
    examinations=examinations,
)


def _belongs(folder: SeriesFolder) -> bool:
    named = folder.patient_id.lower().startswith(_PATIENT_ID)
    return named or folder.study_uid.startswith(_STUDY_UID)


def _labels(patients: Iterable[str]) -> dict[str, str]:
    """Running label of each PatientID, and one for folders that no header tells the patient of."""
    known = sorted(filter(None, patients))
    labels = {patient: f"rider-{k:02d}" for k, patient in enumerate(known, start=1)}
    return labels | ({"": "rider-unknown"} if known and "" in patients else {})


def _examination(patient: str, visit: int, folders: Sequence[SeriesFolder]) -> Examination:
    """The gradient echoes of a date, or what their headers tell against them."""
    wanted = [one for one in folders if not NO_SPOILED_ECHO.keys() & set(one.sequence)]
    return Examination(
        patient=patient,
        visit=visit,
        series=tuple(SeriesPath(path=one.path, description=one.description) for one in wanted),
        problem=_problem(wanted, len(folders)),
        edge_slices=EDGE_SLICES,
    )


def _problem(wanted: Sequence[SeriesFolder], count: int) -> str:
    if not wanted:
        return (
            f"no gradient echo among its {count} series; expected a dynamic series. Is the "
            "download complete?"
        )
    return next((f'"{one.description}": {one.problem}' for one in wanted if one.problem), "")
