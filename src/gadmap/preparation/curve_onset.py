"""When a curve starts to rise."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from gadmap.preparation.statistics import FRAMES_FOR_NOISE

_LEAST_RISE = 8.0
_FOOT_SDS, _FOOT_SHARE = 2.0, 0.02
_BASELINE_FOR_NOISE = 5
_KINK_VARIANCES = 6.0


@dataclass(frozen=True, kw_only=True)
class Onset:
    """Start of the rise of a curve.

    Attributes
    ----------
    frames
        Number of frames before it.
    time
        When it starts [s]; between frames where the rise tells.
    baseline
        Mean before it, in the curve's unit.
    rise
        Height of the peak above the baseline.
    noise
        Standard deviation of the curve's noise.
    """

    frames: int
    time: float
    baseline: float
    rise: float
    noise: float


def curve_onset(
    t: Float[np.ndarray, " time"], curve: Float[np.ndarray, " time"], noise: float | None = None
) -> Onset | None:
    """Onset of a curve's rise, or None where nothing rises above the noise.

    The foot is sought backwards from the peak: past half of the rise, down to the last frame
    within two standard deviations, or 2 % of the rise, of the baseline, and further where a flat
    and then straight line tells against that frame. A frame less in the baseline costs little, an
    enhanced one biases it. `frames` is 0 where the peak is the first frame.

    Parameters
    ----------
    noise
        Standard deviation of the curve's noise, in its unit, as its voxels tell it. It counts in a
        series of few frames, where most of a curve's steps are the bolus's; elsewhere the curve
        itself tells, with pulsation and motion that its voxels share.

    References
    ----------
    Cheong et al., Phys Med Biol 2003;48:N83-N88: the flat and then straight line.
    """
    if noise is None or curve.size >= FRAMES_FOR_NOISE:
        noise = _noise(curve)
    peak = int(np.argmax(curve))
    whole = float(curve.max() - curve.min())
    if whole <= _LEAST_RISE * noise or whole <= 1e-6 * float(np.abs(curve).max()):
        return None
    if peak == 0:
        return Onset(frames=0, time=float(t[0]), baseline=float(curve[0]), rise=0.0, noise=noise)
    low = float(curve[:peak].min())
    half = int(np.flatnonzero(curve[:peak] <= (low + curve[peak]) / 2)[-1]) + 1
    foot = half
    while foot > 1:
        baseline = float(np.median(curve[:foot]))
        allowed = max(
            _FOOT_SDS * _baseline_noise(curve[:foot], noise),
            _FOOT_SHARE * (float(curve[peak]) - baseline),
        )
        if curve[foot - 1] <= baseline + allowed:
            break
        foot -= 1
    foot = _kink(t[: half + 1], curve[: half + 1], foot, _baseline_noise(curve[:foot], noise))
    baseline = float(curve[:foot].mean())
    rise = float(curve[peak]) - baseline
    if rise <= _LEAST_RISE * _baseline_noise(curve[:foot], noise):
        return None
    time = _foot_time(t, curve - baseline, foot)
    return Onset(frames=foot, time=time, baseline=baseline, rise=rise, noise=noise)


def _noise(curve: Float[np.ndarray, " time"]) -> float:
    """Standard deviation of the noise, from the median of second differences."""
    return float(np.median(np.abs(np.diff(curve, n=2)))) / (0.6745 * 6**0.5)


def _baseline_noise(baseline: Float[np.ndarray, " frame"], noise: float) -> float:
    """Standard deviation of the baseline's own frames, robust; `noise` where they are too few."""
    if baseline.size < _BASELINE_FOR_NOISE:
        return noise
    return float(np.median(np.abs(baseline - np.median(baseline)))) / 0.6745


def _kink(
    t: Float[np.ndarray, " time"], curve: Float[np.ndarray, " time"], latest: int, noise: float
) -> int:
    """Most frames, up to `latest`, before the kink of a flat-then-straight line that fits.

    A line fits if its sum of squares is that of the best, but for what noise explains.
    """
    errors = []
    for frames in range(1, latest + 1):
        ramp = np.clip(t - t[frames - 1], 0, None)
        design = np.stack([np.ones_like(t), ramp], axis=1)
        errors.append(curve - design @ np.linalg.lstsq(design, curve, rcond=None)[0])
    sse = np.square(errors).sum(axis=1)
    fits = sse <= sse.min() * (1 + 1e-9) + _KINK_VARIANCES * noise**2
    return int(np.flatnonzero(fits)[-1]) + 1


def _foot_time(
    t: Float[np.ndarray, " time"], above: Float[np.ndarray, " time"], foot: int
) -> float:
    """Where the steepest of the first two rising segments meets the baseline."""
    ends = [k for k in (foot, foot + 1) if k < t.size]
    slope, k = max(((above[k] - above[k - 1]) / (t[k] - t[k - 1]), k) for k in ends)
    if slope <= 0:
        return float(t[foot])
    return float(np.clip(t[k] - above[k] / slope, t[foot - 1], t[foot]))
