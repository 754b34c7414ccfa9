"""What a network is trained on and looked at with, from prepared patients."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle

import numpy as np
import torch

from gadmap.data import Acquisition
from gadmap.networks import VOXELWISE
from gadmap.networks.guided_file import GUIDED_NETWORK
from gadmap.training.batches import AnyBatch, Batches, PairBatch, Pairs, Regions, Voxels
from gadmap.training.crops import (
    Batch,
    Crops,
    counting_voxels,
    crops_of,
    joined,
    single_voxels,
    upright,
)
from gadmap.training.patient import Patient
from gadmap.training.real_exam import RealExam
from gadmap.training.real_regions import RealRegions
from gadmap.training.recipe import Recipe
from gadmap.training.regions import region_corners
from gadmap.training.scales import target_scales
from gadmap.training.scenes import SceneBatch, Scenes
from gadmap.training.split import Split

_VALIDATION_BATCH = 32
_VALIDATION_VOXELS = 4  # times the voxels of a step


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Batches to train with, and those to look at on the way.

    Attributes
    ----------
    batches
        The batch of each step.
    validation
        Regions as they lie: the validation patients', and some without labels.
    scales
        Quantity name to the value that an output of 1 stands for.
    acquisition
        Field of `Acquisition` to [lowest, highest] of the training patients, where known.
    """

    batches: Batches
    validation: tuple[AnyBatch, ...]
    scales: dict[str, float]
    acquisition: dict[str, list[float]]


def training_set(
    patients: Mapping[str, Patient],
    split: Split,
    recipe: Recipe,
    scales: Mapping[str, float] | None = None,
) -> TrainingSet:
    """Regions of the training and the validation patients; the test patients are not read.

    Patients are read one at a time, and only their regions are kept. Networks that see one voxel at
    a time get batches of single voxels.

    Parameters
    ----------
    scales
        Those of weights that are trained further; else they are found.

    Raises
    ------
    ValueError
        If there is no region or no voxel that counts, or no truth where the recipe asks for it.
    """
    targets: list[dict[str, np.ndarray]] = []
    ranges: dict[str, list[float]] = {}
    training: list[Crops] = []
    for name in split.training:
        patient = patients[name]
        target = _target(patient, recipe)
        targets.append(
            {quantity: values[np.isfinite(values)] for quantity, values in target.items()}
        )
        _widen(ranges, patient.acquisition)
        training.append(_crops(patient, target, recipe))
    found = dict(scales) if scales else target_scales(targets, recipe.scale_quantile)
    targets.clear()
    units = torch.tensor([found[quantity] for quantity in recipe.quantities])
    crops = _some(joined(training).scaled(units), "training")
    looked_at = [_validation_crops(patients[name], recipe) for name in split.validation]
    return TrainingSet(
        batches=batches_of(crops, recipe),
        validation=_looks(_some(joined(looked_at).scaled(units), "validation"), recipe),
        scales=found,
        acquisition=ranges,
    )


def physics_set(
    exams: Mapping[str, RealExam], recipe: Recipe, scales: Mapping[str, float] | None = None
) -> TrainingSet:
    """Regions of examinations without labels; an output of 1 is a quantile of the exact fits'.

    All examinations are learned from: there is no label to be kept back, and each is looked at by
    regions as they lie.
    """
    real = _real_regions(exams, recipe)
    if scales is None and recipe.network != GUIDED_NETWORK:
        scales = target_scales([exam.fits for exam in exams.values()], recipe.scale_quantile)
    return TrainingSet(
        batches=real,
        validation=real.looks(),
        scales=dict(scales or {}),
        acquisition=_ranges(exams),
    )


def paired_set(labelled: TrainingSet, exams: Mapping[str, RealExam], recipe: Recipe) -> TrainingSet:
    """The same with regions of examinations without labels beside."""
    assert isinstance(labelled.batches, Regions | Voxels | Scenes)
    real = _real_regions(exams, recipe)
    looks = zip(labelled.validation, cycle(real.looks()), strict=False)
    return TrainingSet(
        batches=Pairs(labelled.batches, real),
        validation=tuple(
            PairBatch(one, other) for one, other in looks if isinstance(one, Batch | SceneBatch)
        ),
        scales=labelled.scales,
        acquisition=_ranges(exams, labelled.acquisition),
    )


def _real_regions(exams: Mapping[str, RealExam], recipe: Recipe) -> RealRegions:
    """Their batches: as many voxels a step as labelled ones where single voxels are looked at."""
    batch = recipe.batch
    if recipe.network in VOXELWISE:
        batch = max(recipe.voxels // recipe.region_size**2, recipe.devices)
    regions = [region for exam in exams.values() for region in exam.regions]
    return RealRegions(tuple(regions), batch, recipe.seed)


def _ranges(
    exams: Mapping[str, RealExam], ranges: Mapping[str, list[float]] | None = None
) -> dict[str, list[float]]:
    """Ranges of the acquisition's settings, stretched to hold the examinations'."""
    found = {field: list(limits) for field, limits in (ranges or {}).items()}
    for exam in exams.values():
        _widen(found, exam.acquisition)
    return found


def batches_of(crops: Crops, recipe: Recipe) -> Regions | Voxels:
    """Batches as the recipe's network wants them."""
    if recipe.network in VOXELWISE:
        return Voxels(crops, recipe.voxels, recipe.seed)
    return Regions(crops, recipe.batch, recipe.rotations, recipe.seed)


def fixed_corners(patient: Patient, recipe: Recipe) -> np.ndarray:
    """Corners of a patient's regions that no training's seed moves: to choose and to evaluate."""
    return _corners(patient, recipe, recipe.split_seed)


def _target(patient: Patient, recipe: Recipe) -> dict[str, np.ndarray]:
    """The maps to learn, NaN where they do not count."""
    assert recipe.labels is not None
    maps = patient.target(recipe.labels)
    return {q: np.where(patient.inside, maps[q], np.float32(np.nan)) for q in recipe.quantities}


def _crops(patient: Patient, target: Mapping[str, np.ndarray], recipe: Recipe) -> Crops:
    corners = _corners(patient, recipe, recipe.seed)
    return crops_of(patient.signal, target, corners, recipe.region_size)


def _validation_crops(patient: Patient, recipe: Recipe) -> Crops:
    corners = fixed_corners(patient, recipe)
    return crops_of(patient.signal, _target(patient, recipe), corners, recipe.region_size)


def _corners(patient: Patient, recipe: Recipe, seed: int) -> np.ndarray:
    return region_corners(
        patient.inside,
        count=recipe.regions,
        size=recipe.region_size,
        tissue=recipe.region_tissue,
        seed=seed,
        name=patient.name,
    )


def _looks(crops: Crops, recipe: Recipe) -> tuple[Batch, ...]:
    """Validation batches; of single voxels a fixed random part, since all take too long."""
    if recipe.network not in VOXELWISE:
        parts = torch.arange(len(crops)).split(_VALIDATION_BATCH)
        return tuple(upright(crops, part) for part in parts)
    places = counting_voxels(crops)
    random = np.random.default_rng(recipe.split_seed).permutation(len(places))
    chosen = places[torch.from_numpy(random[: _VALIDATION_VOXELS * recipe.voxels])]
    return tuple(single_voxels(crops, part) for part in chosen.split(recipe.voxels))


def _some(crops: Crops, what: str) -> Crops:
    if not len(crops):
        raise ValueError(
            f"no region of tissue in the {what} patients; expected slices with squares of "
            f"{crops.size} voxels mostly inside the mask. Are the images smaller than that?"
        )
    if not crops.counts.any():
        raise ValueError(
            f"no voxel of the {what} patients' regions has a target that counts; does anything "
            "enhance?"
        )
    return crops


def _widen(ranges: dict[str, list[float]], acquisition: Acquisition) -> None:
    """Stretch the ranges of settings to hold these."""
    for field in ("tr", "te", "flip_angle", "field_strength"):
        value = getattr(acquisition, field)
        if value is not None:
            low, high = ranges.get(field, [value, value])
            ranges[field] = [min(low, value), max(high, value)]
