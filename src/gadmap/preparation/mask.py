"""Which voxels to estimate."""

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from gadmap.data import DceSeries
from gadmap.preparation.statistics import (
    FRAMES_FOR_NOISE,
    SignalStatistics,
    quiet_noise,
    signal_statistics,
)

_LEVEL_SHARE = 0.1
_LEAST_SNR = 3.0
_COMPONENT_SHARE = 0.1
_MOST_OVER_QUIET = 2.0


def voxel_mask(
    series: DceSeries,
    mask: Bool[np.ndarray, "x y z"] | str | None = None,
    statistics: SignalStatistics | None = None,
) -> tuple[Bool[np.ndarray, "x y z"], str]:
    """Voxels to estimate, and where the choice came from.

    Parameters
    ----------
    series
        The dynamic series.
    mask
        True inside; or "auto" (also None) for the body in view, "none" for every voxel.
    statistics
        Of the series' signal, where they are known.

    Raises
    ------
    ValueError
        If the mask has another shape, is empty, or no body is seen.
    """
    if isinstance(mask, np.ndarray):
        if mask.shape != series.grid:
            raise ValueError(
                f"mask has shape {mask.shape}; expected {series.grid}, the series' grid. "
                "Was it drawn on another series?"
            )
        if not mask.any():
            raise ValueError("mask is empty; expected at least one voxel that is not zero")
        return mask, f"mask of {np.count_nonzero(mask)} voxels"
    if mask == "none":
        return np.ones(series.grid, dtype=bool), "none"
    if mask not in (None, "auto"):
        raise ValueError(f"mask is {mask!r}; expected an array, 'auto' or 'none'")
    return foreground(series, statistics), "auto"


def foreground(
    series: DceSeries, statistics: SignalStatistics | None = None
) -> Bool[np.ndarray, "x y z"]:
    """Head or body in view: bright against its own noise, whole, without holes.

    The magnitude of pure noise has a mean of 1.9 of its standard deviations, whatever the
    scanner's scale; tissue lies above. Ghosts and the scanner's own masking lie below a tenth of
    tissue's usual level.

    Parameters
    ----------
    series
        The dynamic series [a.u.].
    statistics
        Of its signal, where they are known.

    Raises
    ------
    ValueError
        If no voxel stands out from the noise.

    References
    ----------
    Gudbjartsson and Patz, Magn Reson Med 1995;34:910-914: distribution of magnitude noise.
    Otsu, IEEE Trans Syst Man Cybern 1979;9:62-66: usual level.
    """
    statistics = statistics or signal_statistics(series)
    seen = statistics.usable & (statistics.mean > _LEAST_SNR * _noise(series, statistics))
    if not seen.any():
        raise ValueError(
            "no voxel stands out from the noise; expected a head or body. "
            "Is the series empty, or not of magnitude images?"
        )
    bright = seen & (statistics.mean > _LEVEL_SHARE * _usual_level(statistics.mean[seen]))
    core = ndimage.binary_erosion(bright, structure=_in_plane(), border_value=1)
    opened = ndimage.binary_dilation(core, structure=_in_plane()) if core.any() else bright
    kept = _large_components(opened)
    return kept | _holes(kept)


def _noise(series: DceSeries, statistics: SignalStatistics) -> Float[np.ndarray, "x y z"]:
    """Noise of each voxel [a.u.].

    In a series of few frames, steps above twice the quiet voxels' are enhancement, not noise.
    """
    if series.t.size >= FRAMES_FOR_NOISE:
        return statistics.noise
    quiet = quiet_noise(statistics, statistics.mean > 0)
    return np.minimum(statistics.noise, _MOST_OVER_QUIET * quiet)


def _usual_level(values: Float[np.ndarray, " voxel"]) -> float:
    """Median of the brighter of Otsu's two classes."""
    counts, edges = np.histogram(values, bins=256)
    centres = (edges[:-1] + edges[1:]) / 2
    below, first = np.cumsum(counts), np.cumsum(counts * centres)
    above = below[-1] - below
    split = (below > 0) & (above > 0)
    if not split.any():
        return float(np.median(values))
    b, a = below[split].astype(float), above[split].astype(float)
    between = a * b * (first[split] / b - (first[-1] - first[split]) / a) ** 2
    threshold = edges[1:][split][np.argmax(between)]
    bright = values[values > threshold]
    return float(np.median(bright if bright.size else values))


def _holes(inside: Bool[np.ndarray, "x y z"]) -> Bool[np.ndarray, "x y z"]:
    """What lies outside but is cut off from the edges of its slice."""
    numbers = np.empty(inside.shape, dtype=np.int32)
    alone = np.pad(_in_plane(), ((0, 0), (0, 0), (1, 1)))
    ndimage.label(~inside, structure=alone, output=numbers)
    enclosed = np.ones(numbers.max() + 1, dtype=bool)
    for edge in (0, numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1]):
        enclosed[edge] = False
    return enclosed[numbers]


def _in_plane() -> Bool[np.ndarray, "3 3 1"]:
    return ndimage.generate_binary_structure(2, 1)[..., None]


def _large_components(inside: Bool[np.ndarray, "x y z"]) -> Bool[np.ndarray, "x y z"]:
    """The largest component, and others of at least a tenth of its size."""
    numbers = np.empty(inside.shape, dtype=np.int32)
    ndimage.label(inside, output=numbers)
    sizes = np.bincount(numbers.reshape(-1))
    sizes[0] = 0
    return (sizes >= _COMPONENT_SHARE * sizes.max())[numbers] & inside
