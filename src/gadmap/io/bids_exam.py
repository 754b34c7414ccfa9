"""One dynamic series of a BIDS dataset, and the files that belong to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gadmap.io.bids_name import BidsName, bids_name

_ARTERY = "aif"
_REGIONS = ("dseg", "mask")


@dataclass(frozen=True, kw_only=True)
class BidsExam:
    """One dynamic series of a BIDS dataset with the files that belong to it.

    Attributes
    ----------
    participant
        Label without `sub-`.
    session
        Label without `ses-`; None where the dataset has no sessions.
    name
        Entities of the dynamic series' file, "sub-01_ses-02_run-1".
    dynamic
        The 4-D NIfTI file.
    flip_angles
        Volumes of the suffix VFA; their sidecars hold the angles.
    t1map
        Native T1 [s], or None.
    b1map
        Actual over nominal flip angle (TB1map), or None.
    aif
        The arterial curve, `_aif.tsv` beside the series, or a mask of an artery,
        `desc-AIF_mask.nii.gz`; or None.
    regions
        Masks and segmentations of the session, `_mask` and `_dseg`, also of derivatives.
    problem
        Why its files cannot be told apart; empty where they can.
    """

    participant: str
    session: str | None
    name: str
    dynamic: Path
    flip_angles: tuple[Path, ...] = ()
    t1map: Path | None = None
    b1map: Path | None = None
    aif: Path | None = None
    regions: tuple[Path, ...] = ()
    problem: str = ""

    @property
    def folder(self) -> Path:
        """Where its results belong in a dataset of derivatives: `sub-01/ses-02/perf`.

        A series with further entities has a folder of its own, as `perf_run-1`, so that two series
        of a session never share one.
        """
        place = Path(f"sub-{self.participant}")
        if self.session is not None:
            place /= f"ses-{self.session}"
        further = self.name.split("_")[len(place.parts) :]
        return place / "_".join(("perf", *further))


def bids_exam(dynamic: BidsName, own: Sequence[BidsName], derived: Sequence[BidsName]) -> BidsExam:
    """The examination of a dynamic series among the files of its session, raw and derived."""
    name = "_".join(f"{key}-{label}" for key, label in dynamic.entities.items())
    problems: list[str] = []
    sets = {
        suffix: _belonging(dynamic, (file for file in own if file.suffix == suffix), problems)
        for suffix in ("VFA", "T1map", "TB1map")
    }
    for suffix in ("T1map", "TB1map"):
        if len(sets[suffix]) > 1:
            problems.append(_several(suffix, sets[suffix]))
    regions = [f for f in (*own, *derived) if f.suffix in _REGIONS and not f.contradicts(dynamic)]
    arteries = [file.path for file in regions if _is_artery(file)]
    curve = dynamic.path.with_name(f"{name}_{_ARTERY}.tsv")
    if len(arteries) > 1 and not curve.is_file():
        problems.append(f"{len(arteries)} masks of an artery: {_named(arteries)}; expected one")
    return BidsExam(
        participant=dynamic.entities["sub"],
        session=dynamic.entities.get("ses"),
        name=name,
        dynamic=dynamic.path,
        flip_angles=tuple(sets["VFA"]),
        t1map=next(iter(sets["T1map"]), None),
        b1map=next(iter(sets["TB1map"]), None),
        aif=curve if curve.is_file() else next(iter(arteries), None),
        regions=tuple(file.path for file in regions if not _is_artery(file)),
        problem="; ".join(dict.fromkeys(problems)),
    )


def _belonging(
    dynamic: BidsName, candidates: Iterable[BidsName], problems: list[str]
) -> list[Path]:
    """Files of the one series that belongs to the dynamic: named like it, or the only one."""
    sets: dict[frozenset[tuple[str, str]], list[Path]] = {}
    for file in candidates:
        if not file.contradicts(dynamic):
            sets.setdefault(frozenset(file.series.items()), []).append(file.path)
    like = sets.get(frozenset(dynamic.series.items()))
    if like is not None or len(sets) <= 1:
        return like or next(iter(sets.values()), [])
    files = [path for paths in sets.values() for path in paths]
    problems.append(_several(bids_name(files[0]).suffix, files))
    return []


def _several(suffix: str, files: list[Path]) -> str:
    return (
        f"{len(files)} files of {suffix} may belong to the series: {_named(files)}; expected one "
        "series, or one with the dynamic series' acq and run"
    )


def _named(files: list[Path]) -> str:
    more = " and more" if len(files) > 3 else ""
    return f"{', '.join(file.name for file in files[:3])}{more}"


def _is_artery(file: BidsName) -> bool:
    return file.suffix == "mask" and file.entities.get("desc", "").lower() == _ARTERY
