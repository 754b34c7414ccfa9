"""When the contrast agent arrives."""

import numpy as np
from jaxtyping import Bool, Float, Int

from gadmap.data import DceSeries
from gadmap.data.walk import Voxels, frames_of
from gadmap.preparation.curve_onset import Onset, curve_onset
from gadmap.preparation.statistics import SignalStatistics, signal_statistics

_FAST_SHARE, _FAST_LEAST, _FAST_MOST = 0.001, 10, 500
_TISSUE_SHARE = 0.05
_WASHOUT_SDS, _WASHOUT_SHARE = 3.0, 0.05


def baseline_onset(
    series: DceSeries,
    mask: Bool[np.ndarray, "x y z"],
    statistics: SignalStatistics | None = None,
) -> Onset:
    """Onset in the voxels of `mask` whose signal changes most; its frames give the baseline.

    Two mean curves are looked at, that of the thousandth of the voxels that changes most (vessels
    where there are some) and that of the twentieth; the earlier onset counts. What the files tell
    of the injection is not used: agent arrives some seconds later.

    Raises
    ------
    ValueError
        If nothing rises above the noise, or the signal is enhanced from the first frame.
    """
    statistics = statistics or signal_statistics(series)
    order = voxels_by_change(statistics, mask)
    fast = min(max(round(_FAST_SHARE * order.size), _FAST_LEAST), _FAST_MOST)
    tissue = max(round(_TISSUE_SHARE * order.size), _FAST_LEAST)
    found = []
    for count in (fast, tissue):
        x, y, z = np.unravel_index(order[:count], series.grid)
        curve, noise = _mean_and_noise(series, (x, y, z))
        onset = curve_onset(series.t, curve, noise)
        if onset is None:
            continue
        if onset.frames == 0 or _starts_above_its_end(curve, onset):
            raise ValueError(
                "the signal is enhanced from the first frame; expected frames before the contrast "
                "agent arrives. Did the acquisition start after the injection?"
            )
        found.append(onset)
    if not found:
        raise ValueError(
            "no voxel's signal rises above the noise; expected contrast enhancement. "
            "Is this the dynamic series, and was contrast agent given?"
        )
    return min(found, key=lambda onset: onset.time)


def voxels_by_change(
    statistics: SignalStatistics, mask: Bool[np.ndarray, "x y z"]
) -> Int[np.ndarray, " voxel"]:
    """Flat indices of the mask's voxels without bad samples, the most changing first.

    Raises
    ------
    ValueError
        If there is no such voxel.
    """
    voxels = np.flatnonzero(mask & statistics.usable & (statistics.mean > 0))
    if not voxels.size:
        raise ValueError(
            "no voxel of the mask has signal in all frames; expected finite samples above 0. "
            "Does the mask lie on the body?"
        )
    change = statistics.change.reshape(-1)[voxels]
    return voxels[np.argsort(-change, kind="stable")]


def _mean_and_noise(series: DceSeries, at: Voxels) -> tuple[Float[np.ndarray, " time"], float]:
    """Mean curve of some voxels, and its noise: how their steps between two frames scatter.

    The least counts: that between two frames before contrast, where all should do the same.
    """
    mean, scatter, before = np.empty(series.t.size), np.inf, None
    for k, frame in enumerate(frames_of(series.signal)):
        samples = frame[at]
        mean[k] = samples.mean(dtype=np.float64)
        if before is not None and samples.size > 1:
            scatter = min(scatter, (samples - before).std(ddof=1, dtype=np.float64))
        before = samples
    count = len(at[0])
    return mean, float(scatter / (2 * count) ** 0.5) if count > 1 else 0.0


def _starts_above_its_end(curve: Float[np.ndarray, " time"], onset: Onset) -> bool:
    """True where the agent was there from the first frame on: washed out below the start."""
    end = float(np.median(curve[-max(1, curve.size // 4) :]))
    return onset.baseline - end > max(_WASHOUT_SDS * onset.noise, _WASHOUT_SHARE * onset.rise)
