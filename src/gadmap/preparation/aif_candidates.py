"""Voxels of a body that may be vessels, with their plasma curves."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from gadmap.preparation.blood import BloodSignal, published_blood_t1, voxel_plasma
from gadmap.preparation.statistics import FRAMES_FOR_NOISE, quiet_noise
from gadmap.preparation.vessel_curves import CurveFeatures, curve_features

NO_VESSEL = (
    "no vessel found for the arterial input: {}. Choose a population curve (--aif parker), or give "
    "a mask of the artery or a file with the curve."
)
_SCREENED_SHARE, _SCREENED_LEAST = 0.1, 500
_MOST_NOISE = 0.15
_WIDEST = 60.0
_LEAST_PEAK_SHARE = 0.3
_LEAST_SLICES_FOR_EDGE = 5
_CHUNK = 1 << 14


@dataclass(frozen=True, eq=False, kw_only=True)
class Candidates:
    """Voxels that may be vessels, their curves [mmol/L], features and scores."""

    voxels: Int[np.ndarray, "voxel 3"]
    curves: Float[np.ndarray, "voxel time"]
    features: CurveFeatures
    score: Float[np.ndarray, " voxel"]


def vessel_candidates(blood: BloodSignal, inside: Bool[np.ndarray, "x y z"]) -> Candidates:
    """Voxels of `inside` whose signal rises most and whose plasma curve is early, high and smooth.

    Raises
    ------
    ValueError
        If there is none.
    """
    voxels = _screened(blood, inside)
    curves = np.concatenate(
        [_plasma_of(blood, part) for part in np.array_split(voxels, len(voxels) // _CHUNK + 1)]
    )
    finite = np.isfinite(curves).all(axis=1)
    voxels, curves = voxels[finite], curves[finite]
    noise = noise_over_peak(blood, inside, blood.series.signal[tuple(voxels.T)])
    features = curve_features(blood.series.t, curves, blood.baseline_frames, noise)
    with np.errstate(invalid="ignore"):
        sound = np.isfinite(features.arrival) & (features.noise < _MOST_NOISE)
        sound &= (features.width > 0) & (features.width < _WIDEST)
    if not sound.any():
        raise ValueError(NO_VESSEL.format("no voxel has an early, high and smooth peak"))
    high = features.peak >= _LEAST_PEAK_SHARE * np.percentile(features.peak[sound], 99.5)
    sound &= high
    features = features.where(sound)
    score = features.score(float(np.percentile(features.arrival, 5)))
    return Candidates(voxels=voxels[sound], curves=curves[sound], features=features, score=score)


def _voxel_noise(
    blood: BloodSignal, inside: Bool[np.ndarray, "x y z"]
) -> Float[np.ndarray, "x y z"]:
    """Noise [a.u.] of each voxel; in a short series that of the quiet ones, as for all."""
    own = blood.statistics.noise
    if blood.series.t.size >= FRAMES_FOR_NOISE:
        return own
    return np.full_like(own, quiet_noise(blood.statistics, inside))


def noise_over_peak(
    blood: BloodSignal,
    inside: Bool[np.ndarray, "x y z"],
    signal: Float[np.ndarray, "curve time"],
    voxels: int = 1,
) -> Float[np.ndarray, " curve"] | None:
    """Noise over the rise of mean signals of so many voxels; None where the curves tell it."""
    if blood.series.t.size >= FRAMES_FOR_NOISE:
        return None
    rise = signal.max(axis=1) - signal[:, : blood.baseline_frames].mean(axis=1)
    quiet = quiet_noise(blood.statistics, inside) / voxels**0.5
    return quiet / np.maximum(rise, np.finfo(np.float32).tiny)


def _screened(blood: BloodSignal, inside: Bool[np.ndarray, "x y z"]) -> Int[np.ndarray, "voxel 3"]:
    """The tenth of the voxels whose signal rises most relative to the baseline, edges left out."""
    statistics = blood.statistics
    usable = inside & statistics.usable & _away_from_edges(blood.series.grid)
    voxels = np.argwhere(usable)
    baseline = _mean_frame(blood.series.signal[..., : blood.baseline_frames])[usable]
    clear = baseline > _voxel_noise(blood, inside)[usable]
    rise = np.where(clear, statistics.highest[usable] / np.where(clear, baseline, 1), 0)
    count = max(round(_SCREENED_SHARE * len(voxels)), _SCREENED_LEAST)
    best = np.argsort(-rise, kind="stable")[:count]
    best = best[rise[best] > 1]
    if not best.size:
        raise ValueError(NO_VESSEL.format("no voxel's signal rises"))
    return voxels[np.sort(best)]


def _mean_frame(signal: Float[np.ndarray, "x y z time"]) -> Float[np.ndarray, "x y z"]:
    """Mean over the frames, frame by frame: in the files' order, a frame lies in one piece."""
    total = np.zeros(signal.shape[:3], dtype=np.float32, order="F")
    with np.errstate(invalid="ignore", over="ignore"):
        for k in range(signal.shape[-1]):
            total += signal[..., k]
    return total / np.float32(signal.shape[-1])


def _away_from_edges(grid: tuple[int, int, int]) -> Bool[np.ndarray, "x y z"]:
    """False in the outermost rows, which wrap, and in the end slices of a thick slab: inflow."""
    inner = np.zeros(grid, dtype=bool)
    x, y = (slice(2, -2) if n > 8 else slice(None) for n in grid[:2])
    z = slice(1, -1) if grid[2] >= _LEAST_SLICES_FOR_EDGE else slice(None)
    inner[x, y, z] = True
    return inner


def _plasma_of(blood: BloodSignal, voxels: Int[np.ndarray, "voxel 3"]) -> np.ndarray:
    at = tuple(voxels.T)
    t1 = published_blood_t1(blood.series.acquisition.field_strength)
    return voxel_plasma(blood, blood.series.signal[at], blood.b1[at], t1)
