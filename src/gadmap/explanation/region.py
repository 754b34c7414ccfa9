"""Which voxels an explanation is about, and in which slices it looks at them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from skimage.measure import label

MOST_SLICES = 3
_TOP, _SHARE = 99.9, 0.5


@dataclass(frozen=True, eq=False, kw_only=True)
class Region:
    """Voxels whose mean estimate is explained.

    Attributes
    ----------
    mask
        The voxels.
    words
        How they were chosen, for page and record.
    """

    mask: Bool[np.ndarray, "x y z"]
    words: str


def threshold_region(values: Float[np.ndarray, "x y z"], name: str, unit: str) -> Region:
    """The tumour, as the map tells it: the largest connected group of high voxels.

    High is at least half of the 99.9th percentile of the finite voxels; connected are voxels that
    share a face. Of groups of one size the first in the order of the array is taken.

    Parameters
    ----------
    values
        The map, in `unit`; NaN where nothing was estimated.
    name, unit
        Of its quantity, for the words that describe the region.

    Raises
    ------
    ValueError
        If no voxel has a value above 0.
    """
    known = values[np.isfinite(values)]
    top = float(np.percentile(known, _TOP)) if known.size else 0.0
    if not top > 0:
        raise ValueError(f"no voxel has a {name} above 0 to take a region from; give --region")
    limit = _SHARE * top
    with np.errstate(invalid="ignore"):
        groups: np.ndarray = np.asarray(label(values >= limit, connectivity=1))
    sizes = np.bincount(groups.reshape(-1))[1:]
    mask = groups == 1 + int(np.argmax(sizes))
    words = (
        f"largest connected group of voxels whose {name} by the network is at least half of its "
        f"99.9th percentile, {limit:.3g} {unit}"
    )
    return Region(mask=mask, words=words.rstrip())


def largest_slices(mask: Bool[np.ndarray, "x y z"], most: int = MOST_SLICES) -> tuple[int, ...]:
    """At most so many slices that hold most of a region, in the order of the array."""
    area = mask.sum(axis=(0, 1))
    chosen = np.argsort(-area, kind="stable")[:most]
    return tuple(sorted(int(z) for z in chosen if area[z] > 0))
