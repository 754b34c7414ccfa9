"""Examinations without labels, ready to be learned from."""

from collections.abc import Mapping
from dataclasses import dataclass

from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.patients import patient_digest
from gadmap.pipeline.sources import patient_sources
from gadmap.pipeline.stages import Progress
from gadmap.preparation import prepare
from gadmap.training.real_exam import RealExam, real_exam
from gadmap.training.recipe import Recipe


@dataclass(frozen=True, eq=False, kw_only=True)
class RealExams:
    """Examinations, and those that could not be used.

    Attributes
    ----------
    exams
        Name to regions.
    refused
        Name to the reason.
    digests
        Name to the digest of all that made it, as in `PreparedPatients`.
    """

    exams: Mapping[str, RealExam]
    refused: Mapping[str, str]
    digests: Mapping[str, str]


def real_exams(data: PathLike, recipe: Recipe, progress: Progress | None = None) -> RealExams:
    """Every examination of a folder, prepared as `gadmap map` prepares it; labels are not read.

    Raises
    ------
    ValueError
        If none can be used, with the first reason.
    """
    exams: dict[str, RealExam] = {}
    refused: dict[str, str] = {}
    digests: dict[str, str] = {}
    sources = list(patient_sources(data, recipe))
    for done, source in enumerate(sources, 1):
        try:
            (series, vfa), _ = source.read()
            exam = prepare(series, vfa=vfa, aif="auto", motion=recipe.motion)
            exams[source.name] = real_exam(source.name, exam, recipe)
            digests[source.name] = patient_digest(source, recipe)
        except (ValueError, OSError) as error:  # one that is no use must not stop the others
            refused[source.name] = " ".join(str(error).split())
        if progress:
            progress(done, len(sources))
    if not exams:
        name, reason = next(iter(refused.items()))
        raise ValueError(f"{data}: no examination can be learned from; {name}: {reason}")
    return RealExams(exams=exams, refused=refused, digests=digests)
