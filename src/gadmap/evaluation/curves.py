"""Concentration over time in some voxels: as it was measured, and as the maps say it should be."""

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from gadmap.data import Exam, ParameterMaps, Reason
from gadmap.data.walk import curves_at
from gadmap.estimators import reference_curve
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS, REFERENCE_REGION, KineticModel
from gadmap.physics.voxels import exam_concentration
from gadmap.quantities import BEST_MODEL, DELAY, DISPERSION

_MODELS = KINETIC_MODELS | {REFERENCE_REGION.name: REFERENCE_REGION}


def measured_curves(exam: Exam, voxels: Int[np.ndarray, "n 3"]) -> Float[np.ndarray, "n time"]:
    """Concentration [mmol/L] in voxels (x, y, z), by the same road as the maps.

    NaN where a voxel has none; the mask has no say.
    """
    at = tuple(voxels.T)

    def column(volume: np.ndarray) -> np.ndarray:
        return volume[at][:, None, None]

    few = replace(
        exam,
        series=replace(exam.series, signal=curves_at(exam.series.signal, at)[:, None, None]),
        t10=column(exam.t10),
        t10_se=column(exam.t10_se),
        b1=column(exam.b1),
        mask=np.ones((len(voxels), 1, 1), dtype=bool),
    )
    return exam_concentration(few)[0][:, 0, 0]


def fits_curves(maps: ParameterMaps) -> bool:
    """Whether the maps come from curves of concentration; a network's come from the signal."""
    return bool(maps.settings.get("uses_concentration", True))


def enhancing(maps: ParameterMaps) -> Bool[np.ndarray, "x y z"]:
    """Voxels that were estimated and enhance above noise: those whose parameters say something."""
    return maps.valid & (maps.reason != Reason.NO_ENHANCEMENT)


def has_curves(maps: ParameterMaps) -> bool:
    """Whether the maps hold all parameters of their model, so that it has a curve in a voxel."""
    models = _models_by_place(maps).values()
    needed = {quantity.name for model in models for quantity in model.parameters}
    return bool(models) and needed <= maps.values.keys()


def driving_curve(exam: Exam, maps: ParameterMaps) -> Float[np.ndarray, " time"]:
    """What drives the maps' model [mmol/L] at the frames: the plasma, or the reference region."""
    if maps.model == REFERENCE_REGION.name:
        return reference_curve(exam)
    return np.interp(exam.series.t, exam.aif.t, exam.aif.plasma)


def modelled_curves(
    maps: ParameterMaps,
    t: Float[np.ndarray, " time"],
    driving: Float[np.ndarray, " time"],
    voxels: Int[np.ndarray, "n 3"],
) -> Float[np.ndarray, "n time"]:
    """Concentration [mmol/L] that the maps' parameters give in voxels (x, y, z) at times `t` [s].

    `driving` is the model's input [mmol/L] at these. NaN where a voxel was not estimated.

    Raises
    ------
    ValueError
        If the maps lack a parameter of their model.
    """
    if not has_curves(maps):
        raise ValueError(
            f"maps of {', '.join(maps.values)} by {maps.estimator}; expected all parameters of a "
            "kinetic model"
        )
    curves = np.full((len(voxels), t.size), np.nan)
    place = maps[BEST_MODEL.name][tuple(voxels.T)] if BEST_MODEL.name in maps.values else None
    for number, model in _models_by_place(maps).items():
        where = np.full(len(voxels), True) if place is None else place == number
        curves[where] = _curves_of(model, maps, t, driving, voxels[where])
    return curves


def _models_by_place(maps: ParameterMaps) -> dict[int, KineticModel]:
    """The maps' model, or each of those among which a map says which one a voxel has."""
    chosen = maps.settings.get("models") if BEST_MODEL.name in maps.values else None
    names = chosen if isinstance(chosen, list) else [maps.model]
    if not all(name in _MODELS for name in names):
        return {}
    return {place: _MODELS[name] for place, name in enumerate(names, start=1)}


def _curves_of(
    model: KineticModel,
    maps: ParameterMaps,
    t: Float[np.ndarray, " time"],
    driving: Float[np.ndarray, " time"],
    voxels: Int[np.ndarray, "n 3"],
) -> Float[np.ndarray, "n time"]:
    at = tuple(voxels.T)

    def there(name: str) -> Tensor:
        return torch.tensor(maps[name][at].astype(np.float64))

    with torch.inference_mode():
        curves = tissue_concentration(
            model,
            {q.name: there(q.name) for q in model.parameters},
            torch.tensor((t - t[0]).astype(np.float64)),
            torch.tensor(driving),
            *(there(q.name) if q.name in maps.values else None for q in (DELAY, DISPERSION)),
        )
    return curves.numpy()
