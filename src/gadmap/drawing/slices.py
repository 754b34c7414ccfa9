"""The slices worth showing."""

import numpy as np
from jaxtyping import Bool, Float, Shaped

_CAP = 99.0
_NEGLIGIBLE = 1e-9


def slices_by_weight(
    values: Float[np.ndarray, "x y z"],
    counted: Bool[np.ndarray, "x y z"],
    most: int,
    also: Bool[np.ndarray, "x y z"] | None = None,
) -> list[int]:
    """At most so many slices where most is large, in the order of the array.

    A slice counts with the sum of the squares of its values, so that a small tumour weighs more
    than a large area of faint enhancement; values are capped at the 99th percentile, for a vessel
    is no reason to show a slice. Voxels of `also` count a little, for slices where nothing else
    does. Where nothing counts at all, the middle slice.
    """
    every = _finite(values[counted])
    cap = float(np.percentile(every, _CAP)) if every.size else 1.0
    weight = np.zeros(values.shape[2])
    for k in range(values.shape[2]):  # no copy of the whole is made
        shown = _finite(values[..., k][counted[..., k]]).astype(np.float64)
        weight[k] = np.square(np.minimum(shown / (cap if cap > 0 else 1.0), 1)).sum()
    if also is not None:
        weight = weight + _NEGLIGIBLE * also.sum(axis=(0, 1))
    return largest(weight, most) or [values.shape[2] // 2]


def _finite(values: Float[np.ndarray, " voxel"]) -> Float[np.ndarray, " voxel"]:
    return np.nan_to_num(values, nan=0, posinf=0, neginf=0)


def largest(weight: Shaped[np.ndarray, " z"], most: int) -> list[int]:
    """Indices of at most so many largest weights above 0, rising."""
    chosen = np.argsort(-weight, kind="stable")[:most]
    return sorted(int(k) for k in chosen if weight[k] > 0)
