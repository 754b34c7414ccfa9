"""What a cohort run is to do: examinations, each with its choices and the place of its results."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gadmap.io import BidsExam, BidsOrigin, bids_exams, bids_origin
from gadmap.pipeline import MapSettings


@dataclass(frozen=True, kw_only=True)
class PlannedExam:
    """An examination to map.

    Attributes
    ----------
    name
        Of its row and its record: "sub-01_ses-02".
    folder
        Of its results, below the output folder.
    source
        File or folder of the dynamic series.
    settings
        How it is mapped.
    participant, session
        Labels; two sessions of a participant are a test and a retest. `session` may be empty.
    regions
        Masks and label images whose statistics are wanted.
    problem
        Why it cannot be mapped, where that is known beforehand.
    bids
        As BIDS knows it, or None.
    """

    name: str
    folder: Path
    source: Path
    settings: MapSettings
    participant: str
    session: str = ""
    regions: tuple[Path, ...] = ()
    problem: str = ""
    bids: BidsExam | None = None

    @property
    def origin(self) -> BidsOrigin | None:
        """What names its maps, and the files that they are estimated from; None outside BIDS."""
        if self.bids is None:
            return None
        given = (*self.settings.vfa, self.settings.t10, self.settings.b1, self.settings.aif)
        return bids_origin(self.bids, [file for file in given if isinstance(file, Path)])


def exams_of_bids(
    root: Path,
    settings: MapSettings,
    participants: Sequence[str] | None = None,
    sessions: Sequence[str] | None = None,
) -> list[PlannedExam]:
    """The examinations of a BIDS dataset, each mapped with the T1, B1 and artery that lie with it.

    Raises
    ------
    ValueError, OSError
        As `bids_exams` does.
    """
    return [
        PlannedExam(
            name=exam.name,
            folder=exam.folder,
            source=exam.dynamic,
            settings=_with_files(settings, exam),
            participant=exam.participant,
            session=exam.session or "",
            regions=exam.regions,
            problem=exam.problem,
            bids=exam,
        )
        for exam in bids_exams(root, participants, sessions)
    ]


def _with_files(settings: MapSettings, exam: BidsExam) -> MapSettings:
    """The settings with an examination's own files; what the user chose for all goes first."""
    own = replace(settings, b1=exam.b1map)
    if settings.aif is None and exam.aif is not None:
        own = replace(own, aif=exam.aif)
    if settings.t10 is not None:
        return own
    if exam.t1map is not None:
        return replace(own, t10=exam.t1map)
    return replace(own, vfa=exam.flip_angles)
