"""From finished units to the results that page and tables are made of."""

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np

from gadmap.evaluation import scores_of
from gadmap.networks.checkpoint import read_network
from gadmap.pipeline.cases import case_names, paper_case
from gadmap.pipeline.patients import PreparedPatients
from gadmap.pipeline.plan import Plan, Unit
from gadmap.pipeline.score import fit_scores
from gadmap.pipeline.sources import PHANTOM
from gadmap.pipeline.speeds import processor, sample_times, weight_counts
from gadmap.pipeline.unit_processes import finished
from gadmap.pipeline.whole_json import read_json
from gadmap.report.paper_results import Failure, PaperCase, PaperResults, TrainingCurve
from gadmap.training import Split
from gadmap.training.curve import Point, read_curve

_LIBRARIES = ("torch", "pytorch-lightning", "numpy", "scikit-image")


def paper_results(
    plan: Plan, prepared: PreparedPatients, split: Split, failures: Sequence[Failure]
) -> PaperResults:
    """What the finished units found, with the times of Table I measured now.

    Raises
    ------
    ValueError
        If no training was finished, or two are on another scale.
    """
    done = [unit for unit in plan.rows if finished(plan, unit)]
    if not done:
        reasons = "; ".join(f"{f.network} seed {f.seed}: {f.reason}" for f in failures)
        raise ValueError(f"no training was finished, so there is nothing to show: {reasons}")
    scales = _scales(plan, done)
    test = (prepared.patients[name] for name in split.test)  # one at a time: they are large
    quantity = plan.recipe.quantities[0]
    own = fit_scores(scales, test, plan.recipe, plan.budget.whole_slices)
    curves = {unit: read_curve(plan.training(unit) / "curve.csv") for unit in done}
    networks = plan.budget.networks
    return PaperResults(
        real=plan.data != PHANTOM,
        data=_data(plan, prepared, split),
        budget=plan.budget_name,
        steps=plan.recipe.steps,
        seeds=plan.seeds,
        batch=plan.recipe.batch,
        patients=(len(split.training), len(split.validation), len(split.test)),
        networks=networks,
        quantity=quantity,
        scale=scales[quantity],
        scores=[*(scores_of(read_json(plan.scores(unit))) for unit in done), own],
        milliseconds=sample_times(networks),
        threads=1,
        processor=processor(),
        minutes=_minutes(curves),
        parameters=weight_counts(networks),
        curves=[_training_curve(unit, points) for unit, points in curves.items() if points],
        cases=_cases(plan, done, prepared, split),
        failures=failures,
        record=_record(plan, prepared, split),
    )


def _scales(plan: Plan, units: Sequence[Unit]) -> Mapping[str, float]:
    """The scale that all trainings share."""
    found = {unit.name: dict(read_network(plan.weights(unit)).scales) for unit in units}
    first = found[units[0].name]
    for name, scales in found.items():
        if scales != first:
            raise ValueError(
                f"trainings {units[0].name} and {name} are on other scales, {first} and {scales}; "
                "were the patients changed in between?"
            )
    return first


def _cases(
    plan: Plan, done: Sequence[Unit], prepared: PreparedPatients, split: Split
) -> list[PaperCase]:
    """The cases, with the map of the first finished training of each network."""
    first: dict[str, Unit] = {}
    for unit in done:
        first.setdefault(unit.network, unit)
    files = {name: plan.maps(first[name]) for name in plan.budget.networks if name in first}
    quantity = plan.recipe.quantities[0]
    return [paper_case(prepared.patients[name], quantity, files) for name in case_names(split.test)]


def _data(plan: Plan, prepared: PreparedPatients, split: Split) -> list[str]:
    """What the data were, a sentence each."""
    count, cohort = len(prepared.patients), plan.recipe.cohort
    parts = (
        f"{len(split.training)} patients to train, {len(split.validation)} to choose the step, "
        f"{len(split.test)} to test, read once, when the weights had been chosen."
    )
    made = (
        "Each was prepared as any examination: T1 from its flip angles, the arterial input found "
        "in the images, Ktrans of the Tofts model by exact least squares."
    )
    if plan.data == PHANTOM:
        what = (
            f"The data are {count} digital phantoms of a brain tumour, not patients: cohort seed "
            f"{cohort.seed}, drawn like {cohort.priors.upper()} NEURO, {cohort.matrix} × "
            f"{cohort.matrix} voxels. Their true maps are known."
            if cohort.priors == "rider"
            else f"The data are {count} digital phantoms of widely varying protocols, not patients."
        )
    else:
        what = f"The data are {count} examinations of patients, from a folder given by the user."
    refused = [f"Left out, {name}: {reason}" for name, reason in sorted(prepared.refused.items())]
    return [what, f"{parts} {made}", *refused]


def _minutes(curves: Mapping[Unit, Sequence[Point]]) -> dict[str, list[float]]:
    minutes: dict[str, list[float]] = {}
    for unit, points in curves.items():
        minutes.setdefault(unit.network, []).append(training_seconds(points) / 60)
    return minutes


def training_seconds(points: Sequence[Point]) -> float:
    """Time that a training took [s]; the clock of a resumed one starts again at zero."""
    total, last = 0.0, 0.0
    for point in points:
        total += point.seconds - last if point.seconds >= last else point.seconds
        last = point.seconds
    return total


def _training_curve(unit: Unit, points: Sequence[Point]) -> TrainingCurve:
    return TrainingCurve(
        network=unit.network,
        seed=unit.seed,
        steps=np.array([float(point.step) for point in points]),
        loss=np.array([point.training for point in points]),
    )


def _record(plan: Plan, prepared: PreparedPatients, split: Split) -> dict[str, object]:
    """What a reader needs to repeat the run."""
    recipe = plan.recipe.model_dump(exclude={"network", "seed"})
    return {
        "created": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "budget": plan.budget_name,
        "seeds of the trainings": list(plan.seeds),
        "recipe": recipe,
        "patients": {
            "training": list(split.training),
            "validation": list(split.validation),
            "test": list(split.test),
            "left out": dict(prepared.refused),
        },
        "versions": {"gadmap": version("gadmap"), "python": platform.python_version()}
        | {library: version(library) for library in _LIBRARIES},
    }
