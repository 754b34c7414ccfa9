"""Concentration curves of a few voxels, chosen by rule, with what the model makes of them."""

from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from gadmap.data import Exam, ParameterMaps
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.voxels import exam_concentration
from gadmap.quantities import DELAY
from gadmap.report.anatomy import fits_curves, telling

PERCENTILES = (10.0, 50.0, 75.0, 90.0, 97.0, 99.5)


@dataclass(frozen=True, eq=False, kw_only=True)
class VoxelCurve:
    """One voxel's measured and fitted concentration.

    Attributes
    ----------
    voxel
        Index (x, y, z).
    percentile
        Of ktrans among the voxels it was chosen from.
    t
        Time since the first frame [s].
    measured, fitted
        Concentration [mmol/L].
    values, standard_error
        Quantity name to value, in its unit.
    """

    voxel: tuple[int, int, int]
    percentile: float
    t: Float[np.ndarray, " time"]
    measured: Float[np.ndarray, " time"]
    fitted: Float[np.ndarray, " time"]
    values: dict[str, float]
    standard_error: dict[str, float]


def voxel_curves(exam: Exam, maps: ParameterMaps) -> list[VoxelCurve]:
    """Curves at fixed percentiles of ktrans among voxels where it can be told from zero.

    None where the maps do not come from curves, or are not all that the model needs.
    """
    model = KINETIC_MODELS.get(maps.model)
    if not fits_curves(maps) or model is None:
        return []
    if not {quantity.name for quantity in model.parameters} <= maps.values.keys():
        return []
    voxels = _at_percentiles(maps, PERCENTILES)
    if not voxels.size:
        return []
    measured = _concentration_at(exam, voxels)
    fitted = _fitted_at(exam, maps, voxels)
    return [
        VoxelCurve(
            voxel=(int(voxel[0]), int(voxel[1]), int(voxel[2])),
            percentile=percentile,
            t=exam.series.t - exam.series.t[0],
            measured=measured[i],
            fitted=fitted[i],
            values={name: float(values[tuple(voxel)]) for name, values in maps.values.items()},
            standard_error={
                name: float(error[tuple(voxel)])
                for name, error in maps.standard_error.items()
                if isfinite(error[tuple(voxel)])
            },
        )
        for i, (voxel, percentile) in enumerate(zip(voxels, PERCENTILES, strict=False))
    ]


def _at_percentiles(maps: ParameterMaps, percentiles: tuple[float, ...]) -> Int[np.ndarray, "n 3"]:
    """Indices of the voxels nearest to percentiles of ktrans, rising."""
    inside = np.argwhere(telling(maps, "ktrans"))
    if not len(inside):
        return np.empty((0, 3), dtype=np.int64)
    order = np.argsort(maps["ktrans"][tuple(inside.T)], kind="stable")
    ranks = [round(p / 100 * (len(order) - 1)) for p in percentiles]
    return inside[order[list(dict.fromkeys(ranks))]]


def _concentration_at(exam: Exam, voxels: Int[np.ndarray, "n 3"]) -> Float[np.ndarray, "n time"]:
    """Concentration [mmol/L] in a few voxels, by the same road as the maps."""
    at = tuple(voxels.T)

    def column(volume: np.ndarray) -> np.ndarray:
        return volume[at][:, None, None]

    few = replace(
        exam,
        series=replace(exam.series, signal=exam.series.signal[at][:, None, None]),
        t10=column(exam.t10),
        t10_se=column(exam.t10_se),
        b1=column(exam.b1),
        mask=np.ones((len(voxels), 1, 1), dtype=bool),
    )
    return exam_concentration(few)[0][:, 0, 0]


def _fitted_at(
    exam: Exam, maps: ParameterMaps, voxels: Int[np.ndarray, "n 3"]
) -> Float[np.ndarray, "n time"]:
    """The model's concentration [mmol/L] in a few voxels."""
    model, at = KINETIC_MODELS[maps.model], tuple(voxels.T)
    t = exam.series.t

    def there(name: str) -> Tensor:
        return torch.tensor(maps[name][at].astype(np.float64))

    with torch.inference_mode():
        curves = tissue_concentration(
            model,
            {q.name: there(q.name) for q in model.parameters},
            torch.tensor((t - t[0]).astype(np.float64)),
            torch.tensor(np.interp(t, exam.aif.t, exam.aif.plasma)),
            there(DELAY.name) if DELAY.name in maps.values else None,
        )
    return curves.numpy()
