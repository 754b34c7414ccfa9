"""Who a network is trained on: patients with labels, examinations without, or both."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gadmap.io.strict_json import plain
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.patients import PreparedPatients, prepared_patients
from gadmap.pipeline.real_exams import RealExams, real_exams
from gadmap.pipeline.sources import PHANTOM
from gadmap.pipeline.stages import Stages
from gadmap.pipeline.training_origin import versions
from gadmap.training.curve import Point
from gadmap.training.recipe import Recipe
from gadmap.training.split import Split, split_patients
from gadmap.training.training_set import TrainingSet, paired_set, physics_set, training_set


class TrainingPatients:
    """Who is learned from: patients with labels, examinations without, or both."""

    def __init__(
        self, data: PathLike, recipe: Recipe, cache: Path, jobs: int, stages: Stages
    ) -> None:
        self._data, self._recipe = data, recipe
        self._labelled: PreparedPatients | None = None
        self._real: RealExams | None = None
        self.split = Split(training=(), validation=(), test=())
        if recipe.labels:
            source = PHANTOM if recipe.unlabelled else data
            with stages.stage("patients") as shown:
                self._labelled = prepared_patients(source, recipe, cache, jobs=jobs, progress=shown)
            self.split = split_patients(
                list(self._labelled.patients), recipe.split, recipe.split_seed
            )
        if recipe.unlabelled:
            with stages.stage("examinations") as shown:
                self._real = real_exams(data, recipe, shown)

    @property
    def digests(self) -> dict[str, dict[str, str]]:
        """Name to digest of those with labels, and of those without."""
        return {
            "patients": dict(self._labelled.digests) if self._labelled else {},
            "without_labels": dict(self._real.digests) if self._real else {},
        }

    @property
    def refused(self) -> dict[str, str]:
        """Name to reason of those that could not be used."""
        return {name: reason for part in self._parts for name, reason in part.refused.items()}

    @property
    def without_labels(self) -> tuple[str, ...]:
        """Names of the examinations without labels."""
        return tuple(sorted(self._real.exams)) if self._real else ()

    @property
    def _parts(self) -> list[PreparedPatients | RealExams]:
        return [part for part in (self._labelled, self._real) if part is not None]

    def training_set(self, scales: Mapping[str, float] | None) -> TrainingSet:
        """What the recipe's mode learns from."""
        if self._labelled is None:
            assert self._real is not None
            return physics_set(self._real.exams, self._recipe, scales)
        found = training_set(self._labelled.patients, self.split, self._recipe, scales)
        return paired_set(found, self._real.exams, self._recipe) if self._real else found

    def record(self) -> dict[str, Any]:
        """What a reader needs to repeat the training; no name of a folder."""
        return {
            "recipe": self._recipe.model_dump(),
            "patients": asdict(self.split),
            "without_labels": list(self.without_labels),
            "refused": self.refused,
            "versions": versions(),
        }

    def provenance(self, data: TrainingSet, curve: list[Point]) -> dict[str, Any]:
        """How the weights came about, for their file: no path and no patient's name."""
        best = self._recipe.choose == "best"
        at = min(curve, key=lambda point: point.validation) if best else curve[-1]
        labelled, real = self.digests.values()
        seen = [labelled[name] for name in (*self.split.training, *self.split.validation)]
        provenance = {
            "data": PHANTOM if str(self._data) == PHANTOM else "a folder of examinations",
            "recipe": self._recipe.model_dump(),
            "patients": {
                **{part: len(names) for part, names in asdict(self.split).items()},
                "without_labels": len(real),
            },
            "seen": sorted({*seen, *real.values()}),
            "acquisition": data.acquisition,
            "curve": {"chosen": asdict(at), "last": asdict(curve[-1])},
            "versions": versions(),
        }
        return dict(plain(provenance))
