"""`gadmap phantom --cohort N --format bids`: patients with known truth as a BIDS dataset."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gadmap.io import describe_dataset, results_folder, write_bids_series, write_participants
from gadmap.io.nifti_write import save_nifti
from gadmap.io.strict_json import write_json
from gadmap.phantoms import PRIORS, Phantom, patient_case, phantom_of
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.stages import Stages, Watch, unwatched

TRUTH = Path("derivatives") / "truth"
_README = (
    "Digital brain tumours of known truth, written by `gadmap phantom`. BIDS has no suffix yet\n"
    "for dynamic contrast-enhanced series: they are the files `*_dce`, named in `.bidsignore`.\n"
    "The true maps and the tissues lie in `derivatives/truth`."
)
_TRUE = (
    "What the series were made from, voxel by voxel: the tissue that fills most of it (`_dseg`,\n"
    "named in the table of the same name) and the parameters of the Tofts model (`_ktransmap` and\n"
    "so on, in the units of gadmap)."
)
_MAPPED = ("ktrans", "ve", "kep")
_SEGMENTED = {"Description": "tissue that fills most of a voxel", "SpatialReference": "orig"}


@dataclass(frozen=True, kw_only=True)
class BidsCohort:
    """A written dataset.

    Attributes
    ----------
    root
        Its top folder.
    participants, sessions
        Labels.
    """

    root: Path
    participants: tuple[str, ...]
    sessions: tuple[str, ...]


def write_bids_cohort(
    out: PathLike,
    count: int,
    seed: int = 0,
    *,
    sessions: int = 1,
    priors: str = "rider",
    matrix: int = 256,
    slices: int = 16,
    frames: int = 65,
    motion: bool = True,
    overwrite: bool = False,
    watch: Watch = unwatched,
) -> BidsCohort:
    """Write `count` patients with known truth as one BIDS dataset, all of it or nothing.

    Parameters
    ----------
    sessions
        Visits of each patient, between which only motion and noise differ: a test and its retest.
        One visit has no folder of a session.

    Raises
    ------
    ValueError
        If there are no patients, visits or priors of that name, or the size makes no phantom.
    OSError
        If the output cannot be written.
    """
    if count < 1 or sessions < 1:
        raise ValueError(f"{count} patients with {sessions} sessions; expected at least 1 of each")
    if priors not in PRIORS:
        raise ValueError(f"no priors {priors!r}; there are {', '.join(PRIORS)}")
    digits = len(str(count))
    participants = tuple(f"{index + 1:0{max(digits, 2)}d}" for index in range(count))
    visits = tuple(f"{visit + 1:02d}" for visit in range(sessions)) if sessions > 1 else ()
    stages, out = Stages(watch), Path(out)
    with results_folder(out, overwrite) as folder, stages.stage("cohort") as progress:
        _describe(folder, participants)
        for index, participant in enumerate(participants):
            case = patient_case(
                seed,
                index,
                priors=PRIORS[priors],
                matrix=matrix,
                slices=slices,
                frames=frames,
                motion=motion,
            )
            for visit in range(sessions):
                place = (f"sub-{participant}", *(f"ses-{label}" for label in visits[visit:][:1]))
                _write_visit(folder, place, phantom_of(replace(case, visit=visit)))
            if progress:
                progress(index + 1, count)
    return BidsCohort(root=out, participants=participants, sessions=visits)


def _describe(root: Path, participants: Sequence[str]) -> None:
    ignored = ("*_dce.nii.gz", "*_dce.json")
    describe_dataset(root, "gadmap phantoms", "raw", _README, ignored)
    write_participants(root, participants)
    truth = root / TRUTH
    truth.mkdir(parents=True)
    described = {"DatasetLinks": {"raw": "../.."}}
    describe_dataset(truth, "True maps", "derivative", _TRUE, ("*map.nii.gz",), **described)


def _write_visit(root: Path, place: Sequence[str], phantom: Phantom) -> None:
    """One session: the series as measured, and what it was made from."""
    name, session = "_".join(place), Path(*place)
    write_bids_series(root / session, name, phantom.exam.series, phantom.vfa)
    folder = root / TRUTH / session / "anat"
    folder.mkdir(parents=True)
    affine = phantom.truth.affine
    save_nifti(folder / f"{name}_dseg.nii.gz", phantom.labels, affine, "tissue, gadmap phantom")
    write_json(folder / f"{name}_dseg.json", _SEGMENTED)
    rows = ("index\tname", *(f"{i}\t{tissue}" for i, tissue in enumerate(phantom.tissues)))
    (folder / f"{name}_dseg.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    for quantity in _MAPPED:
        values = phantom.truth[quantity].astype(np.float32)
        save_nifti(folder / f"{name}_desc-truth_{quantity}map.nii.gz", values, affine, quantity)
