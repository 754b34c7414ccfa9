"""What a voxel's signal does over time, in a few numbers."""

from dataclasses import dataclass
from itertools import pairwise
from math import cos, exp, pi, sqrt

import numpy as np
from jaxtyping import Bool, Float

from gadmap.data import Acquisition, DceSeries

_LONGEST_T1 = 2.0
_LEAST_LIMIT = 10.0


@dataclass(frozen=True, eq=False, kw_only=True)
class SignalStatistics:
    """Statistics over time of each voxel; 0 where it is not usable.

    Attributes
    ----------
    usable
        True where every sample is finite, none is negative and none is beyond what contrast agent
        can do to the signal.
    mean
        Mean signal [a.u.].
    noise
        Standard deviation [a.u.] that the steps between frames tell.
    highest
        Highest signal [a.u.].
    change
        Highest less lowest signal [a.u.].
    """

    usable: Bool[np.ndarray, "x y z"]
    mean: Float[np.ndarray, "x y z"]
    noise: Float[np.ndarray, "x y z"]
    highest: Float[np.ndarray, "x y z"]
    change: Float[np.ndarray, "x y z"]


def signal_statistics(series: DceSeries) -> SignalStatistics:
    """Statistics of a series, slice by slice: no copy of the whole is made.

    A spike would make the body's mean curves and levels those of one voxel, so voxels with one
    are left out: where the highest sample lies further above the voxel's upper quartile than
    contrast agent can lift a spoiled gradient echo above its native signal.
    """
    grid = series.grid
    usable = np.zeros(grid, dtype=bool)
    mean, noise, highest, change = (np.zeros(grid, dtype=np.float32) for _ in range(4))
    limit = highest_rise(series.acquisition)
    for z in range(grid[2]):
        frames = np.ascontiguousarray(series.signal[:, :, z].transpose(2, 1, 0))  # time slowest
        with np.errstate(invalid="ignore", over="ignore"):
            low, high, average = frames.min(axis=0), frames.max(axis=0), frames.mean(axis=0)
            good = (low >= 0) & np.isfinite(average) & ~_spikes(frames, average, high, limit)
            steps = _mean_step(frames)
            for result, values in (
                (mean, average),
                (noise, steps * (sqrt(pi) / 2)),
                (highest, high),
                (change, high - low),
            ):
                result[:, :, z] = np.where(good, values, 0).T
        usable[:, :, z] = good.T
    return SignalStatistics(usable=usable, mean=mean, noise=noise, highest=highest, change=change)


def highest_rise(acquisition: Acquisition) -> float:
    """How many times its native signal a spoiled gradient echo can give, with however much agent.

    (1 - cos(a) E1) / (1 - E1) for a native T1 of 2 s, which is longer than that of anything that
    enhances; at least 10, so that noise about a dark voxel does not count.

    References
    ----------
    CAPLEX M.SM2.002, in the limit of full relaxation.
    """
    e1 = exp(-acquisition.tr / _LONGEST_T1)
    return max((1 - cos(acquisition.flip_angle) * e1) / (1 - e1), _LEAST_LIMIT)


def _mean_step(frames: Float[np.ndarray, "time y x"]) -> Float[np.ndarray, "y x"]:
    """Mean of the absolute steps between frames."""
    total = np.zeros(frames.shape[1:], dtype=np.float32)
    step = np.empty_like(total)
    for before, after in pairwise(frames):
        np.subtract(after, before, out=step)
        np.abs(step, out=step)
        total += step
    return total / (len(frames) - 1)


def _spikes(
    frames: Float[np.ndarray, "time y x"],
    average: Float[np.ndarray, "y x"],
    high: Float[np.ndarray, "y x"],
    limit: float,
) -> Bool[np.ndarray, "y x"]:
    """True where the highest sample is over `limit` times the upper quartile.

    Few voxels need their quartile: elsewhere the mean is so high that it cannot be that low.
    """
    count = len(frames)
    above = count // 4
    spikes = average < high * ((above + (count - above) / limit) / count)
    samples = frames[:, spikes]
    level = np.partition(samples, count - 1 - above, axis=0)[count - 1 - above]
    spikes[spikes] = high[spikes] > limit * level
    return spikes
