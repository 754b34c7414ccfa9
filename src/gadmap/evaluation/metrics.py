"""Likeness of two maps that are scaled to 0..1: SSIM, PSNR and RMSE.

SSIM has many dialects. This one is that of Wang et al., IEEE Trans Image Process 2004;13:600-612:
windows of 11 x 11 voxels wholly inside the image, Gaussian weights of sd 1.5, biased variances. It
is TensorFlow's, and scikit-image's with gaussian_weights=True, sigma=1.5,
use_sample_covariance=False, data_range=1. Others, torchmetrics' among them, differ by .04.
"""

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import correlate1d

_RADIUS = 5
_SIGMA = 1.5
_C1, _C2 = 0.01**2, 0.03**2
"""Constants of the formula for a data range of 1."""

Image = Float[np.ndarray, "h w"]
Where = Bool[np.ndarray, "h w"]


def ssim(estimate: Image, reference: Image, inside: Where | None = None) -> float:
    """Structural similarity of the maps `estimate` and `reference` on the scale 0..1.

    It is the mean over all windows. Voxels outside have no say: each window's weights are those of
    its voxels inside, and windows count whose centre is inside. NaN where there is no such window.

    Raises
    ------
    ValueError
        If a voxel inside is not finite, or the shapes differ.
    """
    x, y, counted = _doubles(estimate, reference, inside)
    if min(x.shape) < 2 * _RADIUS + 1:
        return float("nan")
    x, y = np.where(counted, x, 0), np.where(counted, y, 0)
    share = _windows(counted.astype(np.float64))
    centred = _valid(counted)
    if not centred.any():
        return float("nan")
    whole = np.where(centred, share, 1)
    mx, my, xx, yy, xy = (_windows(v) / whole for v in (x, y, x * x, y * y, x * y))
    vx, vy, vxy = xx - mx * mx, yy - my * my, xy - mx * my
    luminance = (2 * mx * my + _C1) / (mx * mx + my * my + _C1)
    structure = (2 * vxy + _C2) / (vx + vy + _C2)
    return float((luminance * structure)[centred].mean())


def psnr(estimate: Image, reference: Image, inside: Where | None = None) -> float:
    """Peak signal-to-noise ratio [dB] of `estimate` to `reference` on the scale 0..1.

    The peak is 1. Infinite where the maps are the same; NaN where no voxel is inside.

    Raises
    ------
    ValueError
        If a voxel inside is not finite, or the shapes differ.
    """
    error = rmse(estimate, reference, inside)
    return float("inf") if error == 0 else float(-20 * np.log10(error))


def rmse(estimate: Image, reference: Image, inside: Where | None = None) -> float:
    """Root mean square difference of `estimate` and `reference`, in their unit.

    NaN where no voxel is inside.

    Raises
    ------
    ValueError
        If a voxel inside is not finite, or the shapes differ.
    """
    x, y, counted = _doubles(estimate, reference, inside)
    difference = (x - y)[counted]
    return float(np.sqrt(np.mean(difference**2))) if difference.size else float("nan")


def _doubles(
    estimate: Image, reference: Image, inside: Where | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both maps in double precision, and where they count."""
    counted = np.ones(reference.shape, dtype=bool) if inside is None else inside
    if not estimate.shape == reference.shape == counted.shape:
        raise ValueError(
            f"maps of {estimate.shape} and {reference.shape} voxels, mask of {counted.shape}; "
            "expected one shape"
        )
    unknown = int((~np.isfinite(estimate) | ~np.isfinite(reference))[counted].sum())
    if unknown:
        raise ValueError(
            f"{unknown} voxels that count are not finite; voxels without an estimate must be "
            "left out with `inside`"
        )
    return estimate.astype(np.float64), reference.astype(np.float64), counted


def _windows(values: np.ndarray) -> np.ndarray:
    """Gaussian-weighted sum around every voxel whose window lies inside the image."""
    at = np.arange(-_RADIUS, _RADIUS + 1)
    weights = np.exp(-0.5 * (at / _SIGMA) ** 2)
    weights /= weights.sum()
    rows = correlate1d(values, weights, axis=0, mode="constant")
    return _valid(correlate1d(rows, weights, axis=1, mode="constant"))


def _valid(values: np.ndarray) -> np.ndarray:
    return values[_RADIUS:-_RADIUS, _RADIUS:-_RADIUS]
