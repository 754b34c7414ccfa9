"""What a voxel's signal does over time, in a few numbers."""

from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from jaxtyping import Bool, Float


@dataclass(frozen=True, eq=False, kw_only=True)
class SignalStatistics:
    """Statistics over time of each voxel; 0 where it is not usable.

    Attributes
    ----------
    usable
        True where every sample is finite and none is negative.
    mean
        Mean signal [a.u.].
    noise
        Standard deviation [a.u.] that the steps between frames tell.
    change
        Highest less lowest signal [a.u.].
    """

    usable: Bool[np.ndarray, "x y z"]
    mean: Float[np.ndarray, "x y z"]
    noise: Float[np.ndarray, "x y z"]
    change: Float[np.ndarray, "x y z"]


def signal_statistics(signal: Float[np.ndarray, "x y z time"]) -> SignalStatistics:
    """Statistics of a series, plane by plane: no copy of it is made."""
    grid = signal.shape[:3]
    usable = np.zeros(grid, dtype=bool)
    mean, noise, change = (np.zeros(grid, dtype=np.float32) for _ in range(3))
    apart = int(np.argmax(signal.strides[:3]))  # planes that lie together in memory
    for k in range(grid[apart]):
        at = (*(slice(None),) * apart, k)
        plane = signal[at]
        with np.errstate(invalid="ignore"):
            lowest, highest = plane.min(axis=-1), plane.max(axis=-1)
            span = highest - lowest
        good = np.isfinite(highest) & (lowest >= 0)
        clean = plane if good.all() else np.where(good[..., None], plane, 0)
        usable[at] = good
        mean[at] = clean.mean(axis=-1)
        noise[at] = np.abs(np.diff(clean, axis=-1)).mean(axis=-1) * sqrt(pi) / 2
        change[at] = np.where(good, span, 0)
    return SignalStatistics(usable=usable, mean=mean, noise=noise, change=change)
