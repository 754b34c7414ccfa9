"""Two estimates of one examination, voxel by voxel."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from gadmap.data import ParameterMaps

_NORMAL = 1.96
_FEWEST_VOXELS = 3


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparison:
    """How two maps of a quantity agree.

    Attributes
    ----------
    name
        The quantity.
    where
        Voxels compared.
    mean, difference
        Of the two estimates in these voxels, first less second, in the quantity's unit.
    bias, low, high
        Mean difference and limits of agreement: 1.96 standard deviations to either side.
    concordance
        Lin's coefficient: 1 where both maps are the same.
    beyond
        Share of the voxels that differ by more than 1.96 of their standard errors together; None
        where neither estimate has any.
    errors_of
        Whose standard errors `beyond` counts.
    """

    name: str
    where: Bool[np.ndarray, "x y z"]
    mean: Float[np.ndarray, " voxel"]
    difference: Float[np.ndarray, " voxel"]
    bias: float
    low: float
    high: float
    concordance: float
    beyond: float | None
    errors_of: tuple[str, ...]


def compared(
    first: ParameterMaps, second: ParameterMaps, name: str, where: Bool[np.ndarray, "x y z"]
) -> Comparison | None:
    """Agreement of two maps of a quantity in the voxels of `where` that both estimated.

    None where these are fewer than three.

    References
    ----------
    Bland and Altman, Lancet 1986;327:307-310. Lin, Biometrics 1989;45:255-268.
    """
    where = where & np.isfinite(first[name]) & np.isfinite(second[name])
    if where.sum() < _FEWEST_VOXELS:
        return None
    a, b = (maps[name][where].astype(np.float64) for maps in (first, second))
    difference = a - b
    bias, spread = float(difference.mean()), float(difference.std(ddof=1))
    beyond, errors_of = _beyond(first, second, name, where, difference)
    return Comparison(
        name=name,
        where=where,
        mean=(a + b) / 2,
        difference=difference,
        bias=bias,
        low=bias - _NORMAL * spread,
        high=bias + _NORMAL * spread,
        concordance=concordance(a, b),
        beyond=beyond,
        errors_of=errors_of,
    )


def concordance(a: Float[np.ndarray, " voxel"], b: Float[np.ndarray, " voxel"]) -> float:
    """Lin's concordance correlation coefficient; NaN where neither varies."""
    spread = a.var() + b.var() + (a.mean() - b.mean()) ** 2
    return float(2 * np.mean((a - a.mean()) * (b - b.mean())) / spread) if spread else np.nan


def _beyond(
    first: ParameterMaps,
    second: ParameterMaps,
    name: str,
    where: Bool[np.ndarray, "x y z"],
    difference: Float[np.ndarray, " voxel"],
) -> tuple[float | None, tuple[str, ...]]:
    """Share that differs beyond the standard errors, and whose these are."""
    known = [maps for maps in (first, second) if name in maps.standard_error]
    if not known:
        return None, ()
    variance = sum(
        np.nan_to_num(maps.standard_error[name][where].astype(np.float64), nan=np.inf) ** 2
        for maps in known
    )
    share = float(np.mean(np.abs(difference) > _NORMAL * np.sqrt(variance)))
    return share, tuple(maps.estimator for maps in known)
