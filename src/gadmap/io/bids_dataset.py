"""Examinations of a BIDS dataset.

BIDS 1.11 has no suffix for dynamic contrast-enhanced series. Those that are in use are read: `_dce`
(in `perf`) and `_DCE` (in `dce`, `fmap` or `perf`). T1 comes by BIDS' own names: VFA, T1map and
TB1map.
"""

from collections.abc import Sequence
from pathlib import Path

from gadmap.io.bids_exam import BidsExam, bids_exam
from gadmap.io.bids_name import BidsName, bids_name
from gadmap.io.nifti import is_nifti

DATASET = "dataset_description.json"
_DYNAMIC = ("dce", "DCE")
_NO_MAGNITUDE = ("phase", "real", "imag")
_LISTED = 8


def bids_exams(
    root: str | Path,
    participants: Sequence[str] | None = None,
    sessions: Sequence[str] | None = None,
) -> list[BidsExam]:
    """All dynamic series of a BIDS dataset, by participant, session and name; reads no image.

    Participants and sessions without a dynamic series are passed over, unless they are asked for.

    Parameters
    ----------
    root
        Folder with `dataset_description.json`.
    participants, sessions
        Labels to keep, with or without `sub-` and `ses-`; None for all.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or it holds no BIDS dataset.
    ValueError
        If it holds no dynamic series, or none of a participant or session that is asked for.
    """
    root = Path(root)
    if not root.is_dir():
        raise FileNotFoundError(f"{root}: no such folder; expected a BIDS dataset")
    if not (root / DATASET).is_file():
        raise FileNotFoundError(
            f"{root}: no {DATASET}; expected the top folder of a BIDS dataset. Is it one above?"
        )
    exams = [exam for place in _places(root) for exam in _exams_of(root, place)]
    if not exams:
        raise ValueError(
            f"{root}: no dynamic series in {len(_places(root))} folders of participants and "
            "sessions; expected names as perf/sub-01_dce.nii.gz"
        )
    exams = _kept(exams, "participant", "sub", participants, root)
    return _kept(exams, "session", "ses", sessions, root)


def _places(root: Path) -> list[Path]:
    """Folders of the sessions, or of a participant without sessions, below the root."""
    places: list[Path] = []
    for participant in _folders(root, "sub-*"):
        places.extend(_folders(participant, "ses-*") or [participant])
    return [place.relative_to(root) for place in places]


def _folders(folder: Path, pattern: str) -> list[Path]:
    return sorted(found for found in folder.glob(pattern) if found.is_dir())


def _kept(
    exams: list[BidsExam], what: str, key: str, labels: Sequence[str] | None, root: Path
) -> list[BidsExam]:
    """The examinations whose participant or session is among the labels."""
    if labels is None:
        return exams
    wanted = [label.removeprefix(f"{key}-") for label in labels]
    there = sorted({label for exam in exams if (label := getattr(exam, what)) is not None})
    missing = [label for label in wanted if label not in there]
    if missing:
        listed = ", ".join(f"{key}-{label}" for label in there[:_LISTED]) or "none"
        more = f" and {len(there) - _LISTED} more" if len(there) > _LISTED else ""
        raise ValueError(
            f"{root}: no dynamic series of {what} {', '.join(missing)}; there are {listed}{more}"
        )
    return [exam for exam in exams if getattr(exam, what) in wanted]


def _exams_of(root: Path, place: Path) -> list[BidsExam]:
    """The examinations of one session's folder."""
    own = _files(root, place)
    dynamics = [name for name in own if name.suffix in _DYNAMIC]
    if not dynamics:
        return []
    derived = [f for one in _folders(root / "derivatives", "*") for f in _files(one, place)]
    return [bids_exam(dynamic, own, derived) for dynamic in dynamics]


def _files(top: Path, place: Path) -> list[BidsName]:
    """Magnitude images below a session's folder whose name starts with that folder's labels."""
    start = "_".join(place.parts)
    paths = (file for file in (top / place).rglob(f"{start}_*") if is_nifti(file))
    names = (bids_name(file) for file in sorted(paths))
    return [name for name in names if name.entities.get("part") not in _NO_MAGNITUDE]
