"""What a voxel's signal does over time, in a few numbers."""

from dataclasses import dataclass
from itertools import pairwise
from math import cos, exp, pi, sqrt

import numpy as np
from jaxtyping import Bool, Float

from gadmap.data import Acquisition, DceSeries
from gadmap.data.scratch import full_beside, let_go
from gadmap.data.walk import slice_of

FRAMES_FOR_NOISE = 24
"""Fewer frames do not tell their noise: too many of the steps between them are the bolus's."""

_QUIET_PERCENT = 25
_LONGEST_T1 = 2.0
_LEAST_LIMIT = 10.0
_LONE = 4.0
_FIRST_PASS = 6.0


@dataclass(frozen=True, eq=False, kw_only=True)
class SignalStatistics:
    """Statistics over time of each voxel; 0 where it is not usable.

    Attributes
    ----------
    usable
        True where every sample is finite, none is negative and none is a spike.
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
    are left out: where the highest sample is

    - further above the voxel's upper quartile than contrast agent can lift a spoiled gradient
      echo above its native signal, or
    - four times both the sample before and that after it, in series of frames so close that a
      bolus' first passage shows in several.
    """
    grid = series.grid
    usable = np.zeros(grid, dtype=bool)
    mean, noise, highest, change = (full_beside(series.signal, grid, 0) for _ in range(4))
    limit = highest_rise(series.acquisition)
    lone = _LONE if np.median(np.diff(series.t)) <= _FIRST_PASS else np.inf
    for z in range(grid[2]):
        frames = slice_of(series.signal, z)
        with np.errstate(invalid="ignore", over="ignore"):
            low, high, average = frames.min(axis=0), frames.max(axis=0), frames.mean(axis=0)
            good = (low >= 0) & np.isfinite(average) & ~_spikes(frames, average, high, limit, lone)
            steps = _mean_step(frames)
            for result, values in (
                (mean, average),
                (noise, steps * (sqrt(pi) / 2)),
                (highest, high),
                (change, high - low),
            ):
                result[:, :, z] = np.where(good, values, 0).T
        usable[:, :, z] = good.T
        let_go(mean, noise, highest, change)
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


def quiet_noise(statistics: SignalStatistics, mask: Bool[np.ndarray, "x y z"]) -> float:
    """Noise [a.u.] of the mask's voxels that change least: at most little of it is enhancement."""
    noise = statistics.noise[mask & statistics.usable]
    return float(np.percentile(noise, _QUIET_PERCENT)) if noise.size else 0.0


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
    lone: float,
) -> Bool[np.ndarray, "y x"]:
    """True where the highest sample is over `limit` times the upper quartile, or stands alone.

    Only voxels whose highest sample is far above their mean need a look.
    """
    count = len(frames)
    above = count // 4
    share = max((above + (count - above) / limit) / count, (1 + (count - 1) / lone) / count / 0.9)
    spikes = average < high * share
    samples, top = frames[:, spikes], high[spikes]
    level = np.partition(samples, count - 1 - above, axis=0)[count - 1 - above]
    at, voxel = samples[1:-1].argmax(axis=0) + 1, np.arange(top.size)
    beside = np.maximum(samples[at - 1, voxel], samples[at + 1, voxel])
    alone = (samples[at, voxel] == top) & (top > lone * beside)
    spikes[spikes] = alone | (top > limit * level)
    return spikes
