"""The arterial input found in the images: the best connected cluster of vessel-like voxels."""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import ndimage

from gadmap.data import Aif
from gadmap.data.walk import curves_at
from gadmap.preparation.aif_candidates import (
    NO_VESSEL,
    Candidates,
    noise_over_peak,
    vessel_candidates,
)
from gadmap.preparation.blood import MEASURED_ERROR, BloodSignal, vessel_plasma
from gadmap.preparation.vessel_curves import curve_features

_SEED_SHARE, _SEEDS_LEAST = 0.0005, 40
_LEAST_CLUSTER = 3
_SIZE_CAP = 20
_SAME_SHAPE = 0.95
_CORE_RISE = 0.9


def found_aif(blood: BloodSignal, inside: Bool[np.ndarray, "x y z"]) -> tuple[Aif, str]:
    """Arterial input of the vessel that looks most like an artery, and what T1 was taken.

    Voxels of `inside` whose signal rises most relative to its baseline are turned into plasma
    curves and scored: high, early, sharp, without noise. The best scores form connected clusters,
    of which the best wins; it is grown to all connected voxels whose curve has the same shape and
    cut back to its core, where the signal rises most and least tissue is mixed with the blood.

    Raises
    ------
    ValueError
        If no cluster of vessel-like voxels is found.

    References
    ----------
    Mouridsen et al., Magn Reson Med 2006;55:524-531: area, roughness and peak as criteria.
    """
    candidates = vessel_candidates(blood, inside)
    clusters = _clusters(candidates, blood.series.grid)
    core = _core(blood, candidates, clusters[0])
    plasma, sentence = vessel_plasma(blood, core)
    aif = Aif(
        t=blood.series.t,
        plasma=plasma,
        source=f"auto: {len(core)} voxels",
        voxels=core,
        rationale=_rationale(blood, inside, candidates, clusters, core, plasma),
        error=MEASURED_ERROR,
    )
    return aif, sentence


def _clusters(candidates: Candidates, grid: tuple[int, int, int]) -> list[Int[np.ndarray, " _"]]:
    """Connected clusters of the best scores, the best cluster first; rows of the candidates."""
    size = len(candidates.score)
    seeds = max(_SEEDS_LEAST, round(_SEED_SHARE * np.prod(grid)))
    best = np.argsort(-candidates.score, kind="stable")[: min(seeds, size)]
    numbers = _labelled(candidates.voxels[best], grid)
    groups = [best[numbers == k] for k in range(1, numbers.max() + 1)]
    groups = [group for group in groups if len(group) >= _LEAST_CLUSTER]
    if not groups:
        raise ValueError(NO_VESSEL.format("the voxels that look like one are not connected"))
    return sorted(groups, key=lambda group: -_cluster_score(candidates, group))


def _cluster_score(candidates: Candidates, group: Int[np.ndarray, " member"]) -> float:
    size = min(len(group), _SIZE_CAP)
    return float(np.median(candidates.score[group]) + 0.5 * np.log(size))


def _labelled(
    voxels: Int[np.ndarray, "voxel 3"], grid: tuple[int, int, int]
) -> Int[np.ndarray, " voxel"]:
    """Number of the connected cluster (26 neighbours) of each voxel."""
    inside = np.zeros(grid, dtype=bool)
    inside[tuple(voxels.T)] = True
    numbers = np.empty(grid, dtype=np.int32)
    ndimage.label(inside, structure=np.ones((3, 3, 3)), output=numbers)
    return numbers[tuple(voxels.T)]


def _core(
    blood: BloodSignal, candidates: Candidates, cluster: Int[np.ndarray, " member"]
) -> Int[np.ndarray, "voxel 3"]:
    """Voxels of the grown cluster whose signal says that they hold blood only."""
    template = candidates.curves[cluster].mean(axis=0)
    square = np.einsum("vt,vt->v", candidates.curves, candidates.curves)
    energy = np.sqrt(square * (template @ template))
    projection = candidates.curves @ template
    alike = np.flatnonzero(projection >= _SAME_SHAPE * energy)
    numbers = _labelled(candidates.voxels[alike], blood.series.grid)
    home = np.bincount(numbers[np.isin(alike, cluster)]).argmax() if alike.size else 0
    grown = alike[numbers == home]
    members = candidates.voxels[grown]
    members = members[np.lexsort(members.T[::-1])]  # by x, then y, then z
    members = members[_full_of_blood(blood, members, template)]
    inner = _inner(members, blood.series.grid)
    return members[inner] if np.count_nonzero(inner) >= _LEAST_CLUSTER else members


def _full_of_blood(
    blood: BloodSignal,
    voxels: Int[np.ndarray, "voxel 3"],
    template: Float[np.ndarray, " time"],
) -> Bool[np.ndarray, " voxel"]:
    """True where the signal rises most within the slice.

    The rise is that of the signal itself, in proportion to the blood in the voxel. Concentration
    would not tell: at a vessel's edge the baseline is low too.
    """
    signal = curves_at(blood.series.signal, tuple(voxels.T)).astype(np.float64)
    rise = (signal - signal[:, : blood.baseline_frames].mean(axis=1, keepdims=True)) @ template
    full = np.zeros(len(voxels), dtype=bool)
    for z in np.unique(voxels[:, 2]):
        here = voxels[:, 2] == z
        full[here] = rise[here] >= _CORE_RISE * np.percentile(rise[here], 90)
    return full


def _inner(
    voxels: Int[np.ndarray, "voxel 3"], grid: tuple[int, int, int]
) -> Bool[np.ndarray, " voxel"]:
    """True where the four neighbours in the plane belong to the voxels too."""
    inside = np.zeros(grid, dtype=bool)
    inside[tuple(voxels.T)] = True
    cross = ndimage.generate_binary_structure(2, 1)[..., None]
    return ndimage.binary_erosion(inside, structure=cross)[tuple(voxels.T)]


def _rationale(
    blood: BloodSignal,
    inside: Bool[np.ndarray, "x y z"],
    candidates: Candidates,
    clusters: list[Int[np.ndarray, " _"]],
    core: Int[np.ndarray, "voxel 3"],
    plasma: Float[np.ndarray, " time"],
) -> tuple[str, ...]:
    signal = curves_at(blood.series.signal, tuple(core.T)).mean(axis=0)[None]
    noise = noise_over_peak(blood, inside, signal, len(core))
    mean = curve_features(blood.series.t, plasma[None], blood.baseline_frames, noise)
    earliest = float(candidates.features.arrival.min())
    centre = ", ".join(f"{c:.0f}" for c in core.mean(axis=0))
    ranks = [f"{_cluster_score(candidates, group):.2f}" for group in clusters[:3]]
    features = candidates.features
    where = (
        f"{len(core)} voxels around ({centre}), the core of the best of {len(clusters)} connected "
        f"clusters among {len(candidates.voxels)} candidates (scores {', '.join(ranks)})."
    )
    high = (
        f"High: the plasma curve peaks at {mean.peak[0]:.3g} mmol/L; the median candidate at "
        f"{np.median(features.peak):.3g} mmol/L."
    )
    early = (
        f"Early: it passes half of its peak at {mean.arrival[0]:.1f} s, "
        f"{mean.arrival[0] - earliest:.1f} s after the earliest candidate."
    )
    sharp = (
        f"Sharp: it stays above half of its peak for {mean.width[0]:.1f} s; the median candidate "
        f"for {np.median(features.width):.1f} s."
    )
    smooth = f"Smooth: noise is {100 * mean.noise[0]:.1f} % of the peak."
    return where, high, early, sharp, smooth
