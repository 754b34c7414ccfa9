"""Concentration curves of a few voxels, chosen by rule, with what the model makes of them."""

from dataclasses import dataclass
from math import isfinite

import numpy as np
from jaxtyping import Float, Int

from gadmap.data import Exam, ParameterMaps
from gadmap.evaluation.curves import (
    driving_curve,
    fits_curves,
    has_curves,
    measured_curves,
)
from gadmap.evaluation.fitted_curves import fitted_curves, without_exchange
from gadmap.report.anatomy import leading, telling

PERCENTILES = (10.0, 50.0, 75.0, 90.0, 97.0, 99.5)


@dataclass(frozen=True, eq=False, kw_only=True)
class VoxelCurve:
    """One voxel's measured and fitted concentration.

    Attributes
    ----------
    what
        What the curves are: concentration, or signal without water exchange read as such.
    voxel
        Index (x, y, z).
    percentile
        Of ktrans among the voxels it was chosen from.
    t
        Time since the first frame [s].
    measured, fitted
        Concentration [mmol/L]; nothing fitted where there is no kinetic model.
    values, standard_error
        Quantity name to value, in its unit; those that the voxel has.
    """

    what: str
    voxel: tuple[int, int, int]
    percentile: float
    t: Float[np.ndarray, " time"]
    measured: Float[np.ndarray, " time"]
    fitted: Float[np.ndarray, " time"] | None
    values: dict[str, float]
    standard_error: dict[str, float]


def voxel_curves(exam: Exam, maps: ParameterMaps) -> list[VoxelCurve]:
    """Curves at percentiles of the leading parameter, of voxels where it can be told from zero.

    None where the maps do not come from curves, or are not all that their model needs.
    """
    if not fits_curves(maps) or (maps.model and not has_curves(maps)):
        return []
    voxels = _at_percentiles(maps, PERCENTILES)
    if not voxels.size:
        return []
    measured = measured_curves(exam, voxels)
    what = "Signal read as concentration" if without_exchange(maps) else "Concentration"
    fitted = None
    if maps.model:
        fitted = fitted_curves(exam, maps, driving_curve(exam, maps), voxels)
    return [
        VoxelCurve(
            what=what,
            voxel=(int(voxel[0]), int(voxel[1]), int(voxel[2])),
            percentile=percentile,
            t=exam.series.t - exam.series.t[0],
            measured=measured[i],
            fitted=None if fitted is None else fitted[i],
            values={
                name: float(values[tuple(voxel)])
                for name, values in maps.values.items()
                if isfinite(values[tuple(voxel)])
            },
            standard_error={
                name: float(error[tuple(voxel)])
                for name, error in maps.standard_error.items()
                if isfinite(error[tuple(voxel)])
            },
        )
        for i, (voxel, percentile) in enumerate(zip(voxels, PERCENTILES, strict=False))
    ]


def _at_percentiles(maps: ParameterMaps, percentiles: tuple[float, ...]) -> Int[np.ndarray, "n 3"]:
    """Indices of the voxels nearest to percentiles of the leading parameter, rising."""
    name = leading(maps)
    drawn = telling(maps, name)
    inside = np.flatnonzero(drawn)
    if not inside.size:
        return np.empty((0, 3), dtype=np.int64)
    order = np.argsort(maps[name][drawn], kind="stable")
    ranks = [round(p / 100 * (order.size - 1)) for p in percentiles]
    chosen = inside[order[list(dict.fromkeys(ranks))]]
    return np.stack(np.unravel_index(chosen, drawn.shape), axis=1)
