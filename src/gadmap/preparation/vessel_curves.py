"""Features by which a vessel's curve is told from tissue and noise."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

ARRIVAL_SCALE = 15.0
"""Delay [s] behind the earliest arrival that costs a factor e of the score."""


@dataclass(frozen=True, eq=False, kw_only=True)
class CurveFeatures:
    """Features of plasma curves; NaN where a curve has none.

    Attributes
    ----------
    peak
        Highest concentration [mmol/L].
    arrival
        When the curve passes half of its peak on the way up [s].
    width
        How long it stays above half of its peak [s]; NaN where it never falls below again.
    noise
        Standard deviation over the peak: the larger of the baseline's and of the tail's
        roughness, or as it was given.
    """

    peak: Float[np.ndarray, " voxel"]
    arrival: Float[np.ndarray, " voxel"]
    width: Float[np.ndarray, " voxel"]
    noise: Float[np.ndarray, " voxel"]

    def score(self, earliest: float) -> Float[np.ndarray, " voxel"]:
        """How much a curve looks like an artery's: high, early, sharp, free of noise.

        The logarithm of peak over width, less the delay over `ARRIVAL_SCALE` and the noise.
        """
        late = np.clip(self.arrival - earliest, 0, None) / ARRIVAL_SCALE
        return np.log(self.peak) - np.log(self.width) - late - 5 * self.noise

    def where(self, chosen: Bool[np.ndarray, " voxel"]) -> "CurveFeatures":
        """The chosen curves' features."""
        return CurveFeatures(
            peak=self.peak[chosen],
            arrival=self.arrival[chosen],
            width=self.width[chosen],
            noise=self.noise[chosen],
        )


def joined(parts: Sequence[CurveFeatures]) -> CurveFeatures:
    """The features of all parts, one after the other."""
    return CurveFeatures(
        peak=np.concatenate([part.peak for part in parts]),
        arrival=np.concatenate([part.arrival for part in parts]),
        width=np.concatenate([part.width for part in parts]),
        noise=np.concatenate([part.noise for part in parts]),
    )


def curve_features(
    t: Float[np.ndarray, " time"],
    curves: Float[np.ndarray, "voxel time"],
    baseline_frames: int,
    noise: Float[np.ndarray, " voxel"] | None = None,
) -> CurveFeatures:
    """Features of finite plasma curves [mmol/L].

    `noise` is that over the peak, for series whose curves are too short to tell it.
    """
    top = curves.argmax(axis=1)
    peak = curves.max(axis=1)
    half = peak / 2
    above = curves >= half[:, None]
    index = np.arange(t.size)
    before = np.where(~above & (index < top[:, None]), index, -1).max(axis=1)
    after = np.where(~above & (index > top[:, None]), index, t.size).min(axis=1)
    arrival = _crossing(t, curves, half, np.maximum(before, 0))
    leaving = _crossing(t, curves, half, np.clip(after - 1, 0, t.size - 2))
    leaving = np.where(after == t.size, np.nan, leaving)
    arrival = np.where((before >= baseline_frames - 1) & (peak > 0), arrival, np.nan)
    if noise is None:
        rough = _median_noise(curves[:, t.size // 2 :])
        baseline = curves[:, :baseline_frames].std(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            noise = np.where(peak > 0, np.maximum(rough, baseline) / peak, np.nan)
    return CurveFeatures(peak=peak, arrival=arrival, width=leaving - arrival, noise=noise)


def _crossing(
    t: Float[np.ndarray, " time"],
    curves: Float[np.ndarray, "voxel time"],
    level: Float[np.ndarray, " voxel"],
    frame: np.ndarray,
) -> Float[np.ndarray, " voxel"]:
    """Time [s] at which each curve passes its level between `frame` and the next."""
    voxel = np.arange(level.size)
    low, high = curves[voxel, frame], curves[voxel, frame + 1]
    step = np.where(high != low, high - low, 1)
    share = np.clip((level - low) / step, 0, 1)
    return t[frame] + share * (t[frame + 1] - t[frame])


def _median_noise(curves: Float[np.ndarray, "voxel time"]) -> Float[np.ndarray, " voxel"]:
    return np.median(np.abs(np.diff(curves, n=2, axis=1)), axis=1) / (0.6745 * 6**0.5)
