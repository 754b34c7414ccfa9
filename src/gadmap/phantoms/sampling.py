"""From fine samples of a head to voxels: slice by slice, so that memory stays small."""

import numpy as np
from jaxtyping import Float
from scipy import ndimage

from gadmap.phantoms.case import Case
from gadmap.phantoms.head import Head
from gadmap.phantoms.resampling import sums_by_place
from gadmap.phantoms.tissues import LABEL

_LEAST = 2e-3  # smaller fractions are dropped: they cost time and change nothing
_FWHM_PER_SD = 2.3548


def voxel_centres(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates [mm] of the voxel centres along x, y, z, float32."""
    counts = (case.matrix, case.matrix, case.slices)
    x, y, z = (
        (middle + (np.arange(count) - (count - 1) / 2) * size).astype(np.float32)
        for middle, count, size in zip(case.centre, counts, case.voxel_size, strict=True)
    )
    return x, y, z


def affine_of(case: Case) -> Float[np.ndarray, "4 4"]:
    """Voxel index to patient millimetres, RAS+."""
    affine = np.diag([*case.voxel_size, 1.0])
    affine[:3, 3] = [axis[0] for axis in voxel_centres(case)]
    return affine


def slice_fractions(head: Head, case: Case, index: int) -> Float[np.ndarray, "tissue x y"]:
    """Volume fraction of each tissue in the voxels of slice `index`, as the scanner sees them.

    The mean over fine samples through the slice and across the pixel, spread in plane.
    """
    x, y, z = voxel_centres(case)
    across, _, through = (max(1, round(size / case.fine_step)) for size in case.voxel_size)
    mixture, near = head.mixture(
        _subsamples(x, case.voxel_size[0], across),
        _subsamples(y, case.voxel_size[1], across),
        _subsamples(z[index : index + 1], case.slice_thickness, through),
        case.fine_step,
    )
    voxel = near[0] // across * y.size + near[1] // across
    total = sums_by_place(mixture.fractions, voxel, x.size * y.size)
    samples = across * across * through
    total[LABEL["air"]] += samples - np.bincount(voxel, minlength=x.size * y.size)
    mean = total.reshape(-1, x.size, y.size) / np.float32(samples)
    sd = case.point_spread / _FWHM_PER_SD
    spread = ndimage.gaussian_filter(mean, (0, sd, sd), mode="nearest") if sd > 0 else mean
    spread[spread < _LEAST] = 0
    return spread / spread.sum(axis=0)


def _subsamples(
    centres: Float[np.ndarray, " n"], size: float, count: int
) -> Float[np.ndarray, " m"]:
    """Centres of `count` equal parts of every voxel."""
    offsets = ((np.arange(count) + 0.5) / count - 0.5) * size
    return (centres[:, None] + offsets).ravel().astype(np.float32)
