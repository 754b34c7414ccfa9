"""Who is learned from: a folder of examinations, or phantoms made on the spot."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from gadmap.phantoms import PRIORS, patient_case, phantom_of
from gadmap.pipeline.cohort_exams import CohortExam, Scan, cohort_exams
from gadmap.pipeline.inputs import PathLike
from gadmap.training.recipe import MAPPED, CohortRecipe, Recipe

PHANTOM = "phantom"
"""What `data` is called where the patients are phantoms that are never written as images."""

Truth = Mapping[str, np.ndarray]
"""True maps by quantity."""


@dataclass(frozen=True)
class Source:
    """A patient that can be read.

    Attributes
    ----------
    name
        A label; no person's.
    settings
        All that makes the patient, in terms of JSON.
    read
        Reads or makes its examination, and what tells the truth of it, where there is one.
    """

    name: str
    settings: Mapping[str, Any]
    read: Callable[[], tuple[Scan, Callable[[], Truth | None]]]


def patient_sources(data: PathLike, recipe: Recipe) -> Iterator[Source]:
    """The patients of a folder, or the recipe's phantoms if `data` is "phantom".

    Raises
    ------
    ValueError, OSError
        If there is no such folder, or it holds no examinations.
    """
    return _phantoms(recipe.cohort) if str(data) == PHANTOM else _examinations(Path(data))


def _phantoms(cohort: CohortRecipe) -> Iterator[Source]:
    for index in range(cohort.count):
        yield Source(
            name=f"patient-{index + 1:03d}",
            settings={"phantom": cohort.model_dump(exclude={"count"}) | {"index": index}},
            read=partial(_phantom, cohort, index),
        )


def _phantom(cohort: CohortRecipe, index: int) -> tuple[Scan, Callable[[], Truth]]:
    case = patient_case(
        cohort.seed,
        index,
        priors=PRIORS[cohort.priors],
        matrix=cohort.matrix,
        slices=cohort.slices,
    )
    phantom = phantom_of(case)
    truth = {quantity: phantom.truth[quantity] for quantity in MAPPED}
    return (phantom.exam.series, phantom.vfa), lambda: truth


def _examinations(folder: Path) -> Iterator[Source]:
    for exam in cohort_exams(folder):
        yield Source(exam.name, {"files": exam.fingerprint()}, partial(_examination, exam))


def _examination(exam: CohortExam) -> tuple[Scan, Callable[[], Truth | None]]:
    scan = exam.read()
    return scan, partial(exam.truth, scan[0])
