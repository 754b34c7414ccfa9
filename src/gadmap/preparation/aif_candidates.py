"""Voxels of a body that may be vessels, with their plasma curves."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from gadmap.data.scratch import empty_beside, let_go
from gadmap.data.walk import curves_at, mean_frame
from gadmap.preparation.blood import BloodSignal, published_blood_t1, voxel_plasma
from gadmap.preparation.statistics import FRAMES_FOR_NOISE, quiet_noise
from gadmap.preparation.vessel_curves import CurveFeatures, curve_features, joined

NO_VESSEL = (
    "no vessel found for the arterial input: {}. Choose a population curve (--aif parker), or give "
    "a mask of the artery or a file with the curve."
)
_SCREENED_SHARE, _SCREENED_LEAST = 0.1, 500
_MOST_NOISE = 0.15
_WIDEST = 60.0
_LEAST_PEAK_SHARE = 0.3
_LEAST_SLICES_FOR_EDGE = 5
_CHUNK = 1 << 12


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
    found = [_sound(blood, inside, piece) for piece in _pieces(_screened(blood, inside))]
    voxels = np.concatenate([piece for piece, _ in found])
    features = joined([features for _, features in found])
    if not len(voxels):
        raise ValueError(NO_VESSEL.format("no voxel has an early, high and smooth peak"))
    high = features.peak >= _LEAST_PEAK_SHARE * np.percentile(features.peak, 99.5)
    voxels, features = voxels[high], features.where(high)
    score = features.score(float(np.percentile(features.arrival, 5)))
    curves = _curves(blood, voxels)
    return Candidates(voxels=voxels, curves=curves, features=features, score=score)


def _pieces(voxels: Int[np.ndarray, "voxel 3"]) -> list[Int[np.ndarray, "piece 3"]]:
    return np.array_split(voxels, len(voxels) // _CHUNK + 1)


def _sound(
    blood: BloodSignal, inside: Bool[np.ndarray, "x y z"], voxels: Int[np.ndarray, "voxel 3"]
) -> tuple[Int[np.ndarray, "sound 3"], CurveFeatures]:
    """Those voxels that have a curve with an early, narrow and smooth peak, and its features."""
    signal, curves = _plasma_of(blood, voxels)
    finite = np.isfinite(curves).all(axis=1)
    voxels, signal, curves = voxels[finite], signal[finite], curves[finite]
    noise = noise_over_peak(blood, inside, signal)
    features = curve_features(blood.series.t, curves, blood.baseline_frames, noise)
    with np.errstate(invalid="ignore"):
        sound = np.isfinite(features.arrival) & (features.noise < _MOST_NOISE)
        sound &= (features.width > 0) & (features.width < _WIDEST)
    return voxels[sound], features.where(sound)


def _curves(
    blood: BloodSignal, voxels: Int[np.ndarray, "voxel 3"]
) -> Float[np.ndarray, "voxel time"]:
    """Plasma curves [mmol/L], piece by piece."""
    shape = (len(voxels), blood.series.t.size)
    curves, first = empty_beside(blood.series.signal, shape, np.float64), 0
    for piece in _pieces(voxels):
        curves[first : first + len(piece)] = _plasma_of(blood, piece)[1]
        first += len(piece)
        let_go(curves)
    return curves


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
    voxels = np.flatnonzero(usable)
    baseline = mean_frame(blood.series.signal[..., : blood.baseline_frames])[usable]
    clear = baseline > _voxel_noise(blood, inside)[usable]
    rise = np.where(clear, statistics.highest[usable] / np.where(clear, baseline, 1), 0)
    count = max(round(_SCREENED_SHARE * len(voxels)), _SCREENED_LEAST)
    best = np.argsort(-rise, kind="stable")[:count]
    best = best[rise[best] > 1]
    if not best.size:
        raise ValueError(NO_VESSEL.format("no voxel's signal rises"))
    x, y, z = np.unravel_index(voxels[best], usable.shape)
    order = np.lexsort((x, y, z))  # neighbours in the files' order, one piece near the other
    return np.stack([x, y, z], axis=1)[order]


def _away_from_edges(grid: tuple[int, int, int]) -> Bool[np.ndarray, "x y z"]:
    """False in the outermost rows, which wrap, and in the end slices of a thick slab: inflow."""
    inner = np.zeros(grid, dtype=bool)
    x, y = (slice(2, -2) if n > 8 else slice(None) for n in grid[:2])
    z = slice(1, -1) if grid[2] >= _LEAST_SLICES_FOR_EDGE else slice(None)
    inner[x, y, z] = True
    return inner


def _plasma_of(
    blood: BloodSignal, voxels: Int[np.ndarray, "voxel 3"]
) -> tuple[Float[np.ndarray, "voxel time"], Float[np.ndarray, "voxel time"]]:
    """Signal [a.u.] and, taken for blood's, plasma concentration [mmol/L]."""
    x, y, z = voxels.T
    signal = curves_at(blood.series.signal, (x, y, z))
    t1 = published_blood_t1(blood.series.acquisition.field_strength)
    return signal, voxel_plasma(blood, signal, blood.b1[x, y, z], t1)
