"""Patients for training and evaluation: prepared by the road of any examination, kept on disk."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from gadmap import __version__
from gadmap.estimators import LeastSquares
from gadmap.networks.frame_grid import RIDER_GRID
from gadmap.physics.side_by_side import one_thread
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.sources import Source, patient_sources
from gadmap.pipeline.stages import Progress
from gadmap.preparation import prepare
from gadmap.training.patient import Patient, largest_slices, only_slices, patient_of
from gadmap.training.patient_file import Patients, write_patient
from gadmap.training.recipe import Recipe

_PREPARATION = 1  # raise it when the same settings make other patients
_MOST_JOBS = 2


@dataclass(frozen=True, eq=False, kw_only=True)
class PreparedPatients:
    """Patients on disk, and those that could not be used.

    Attributes
    ----------
    patients
        By name, each read when it is asked for.
    refused
        Name to the reason.
    digests
        Name to the digest of all that made the patient.
    """

    patients: Patients
    refused: Mapping[str, str]
    digests: Mapping[str, str]


def prepared_patients(
    data: PathLike,
    recipe: Recipe,
    cache: PathLike,
    *,
    skip: Collection[str] = (),
    jobs: int = 1,
    progress: Progress | None = None,
) -> PreparedPatients:
    """Patients of a cohort, prepared as `gadmap map` prepares them and fitted by least squares.

    What was prepared before with the same settings is not done again. Each patient is let go
    before the next, so memory does not grow with their number.

    Parameters
    ----------
    data
        "phantom" for the recipe's own phantoms, or a folder of examinations.
    recipe
        Its cohort, slices and motion correction count.
    cache
        Folder for the prepared patients.
    skip
        Digests of patients to leave alone, as those that weights were trained on.
    jobs
        Processes, two at most: each holds a whole examination.
    progress
        Called with the number of patients done and of all.

    Raises
    ------
    ValueError, OSError
        If the folder holds no examinations, or the cache cannot be written.
    """
    cache = Path(cache)
    cache.mkdir(parents=True, exist_ok=True)
    tasks = [task for task in _tasks(data, recipe) if task.digest not in skip]
    refused: dict[str, str] = {}
    for done, (task, reason) in enumerate(_done(tasks, cache, min(jobs, _MOST_JOBS)), 1):
        if reason:
            refused[task.name] = reason
        if progress:
            progress(done, len(tasks))
    usable = [task for task in tasks if task.name not in refused]
    return PreparedPatients(
        patients=Patients({task.name: task.file(cache) for task in usable}),
        refused=refused,
        digests={task.name: task.digest for task in usable},
    )


@dataclass(frozen=True)
class _Task:
    """A patient to be prepared.

    Attributes
    ----------
    digest
        Of all that makes the patient.
    make
        Makes it.
    """

    name: str
    digest: str
    make: Callable[[], Patient]

    def file(self, cache: Path) -> Path:
        """Where the patient is kept."""
        return cache / f"{self.name}-{self.digest}.safetensors"


def _done(tasks: list[_Task], cache: Path, jobs: int) -> Iterator[tuple[_Task, str]]:
    """Each task when it is done, with the reason if the patient cannot be used."""
    if jobs < 2:
        yield from ((task, _prepare_once(task, cache)) for task in tasks)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        found = pool.map(partial(_prepare_once_alone, cache=cache), tasks)
        yield from zip(tasks, found, strict=True)


def _prepare_once_alone(task: _Task, cache: Path) -> str:
    with one_thread():
        return _prepare_once(task, cache)


def _prepare_once(task: _Task, cache: Path) -> str:
    """Prepare a patient unless that was done; the reason if it cannot be used, else nothing."""
    file = task.file(cache)
    refusal = file.with_suffix(".refused.txt")
    if refusal.exists():
        return refusal.read_text(encoding="utf-8")
    if file.exists():
        return ""
    try:
        patient = task.make()
    except ValueError as error:  # one examination that is no use must not stop a cohort
        reason = " ".join(str(error).split())
        refusal.write_text(reason, encoding="utf-8")
        return reason
    write_patient(file, patient)
    return ""


def _tasks(data: PathLike, recipe: Recipe) -> Iterator[_Task]:
    for source in patient_sources(data, recipe):
        yield _Task(
            name=source.name,
            digest=patient_digest(source, recipe),
            make=partial(_prepared, source, recipe),
        )


def _prepared(source: Source, recipe: Recipe) -> Patient:
    """T1, arterial input, mask and fit as in any examination; the fit only where it is kept."""
    (series, vfa), truth = source.read()
    exam = prepare(series, vfa=vfa, aif="auto", motion=recipe.motion)
    slices = largest_slices(exam.mask, recipe.slices)
    fit = LeastSquares("tofts").estimate(replace(exam, mask=only_slices(exam.mask, slices)))
    return patient_of(source.name, exam, fit, truth(), RIDER_GRID, slices)


def patient_digest(source: Source, recipe: Recipe) -> str:
    """Of all that makes a patient what it is: what weights remember of whom they have seen."""
    settings = {
        "gadmap": __version__,
        "preparation": _PREPARATION,
        "slices": recipe.slices,
        "motion": recipe.motion,
        "grid": asdict(RIDER_GRID),
        **source.settings,
    }
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
