"""Native T1 from spoiled gradient echoes at several flip angles, on a grid."""

import numpy as np
import torch
from jaxtyping import Bool, Float

from gadmap.data import FlipAngleSeries
from gadmap.physics.side_by_side import side_by_side
from gadmap.preparation.t10_voxels import Echo, least_squares_r1

_CHUNK = 1 << 14


def flip_angle_t10(
    vfa: FlipAngleSeries,
    b1: Float[np.ndarray, "x y z"] | None = None,
    mask: Bool[np.ndarray, "x y z"] | None = None,
) -> tuple[Float[np.ndarray, "x y z"], Float[np.ndarray, "x y z"]]:
    """Native T1 [s] and its standard error [s] by exact nonlinear least squares.

    Assumes perfect spoiling, a steady state and noise of one size in the volumes of a voxel. The
    repetition time may differ between volumes. T1 is NaN outside the mask, where a sample is not
    finite or not above 0, where B1 is not, and where the best T1 does not lie between 0.01 and
    10 s. With two flip angles no residual is left that would tell the noise: the standard error
    is NaN.

    Parameters
    ----------
    vfa
        Volumes at two or more flip angles.
    b1
        Actual over nominal flip angle; None for 1 everywhere.
    mask
        Voxels to estimate; None for all.
    """
    usable = np.isfinite(vfa.signal).all(axis=-1) & (vfa.signal > 0).all(axis=-1)
    if mask is not None:
        usable &= mask
    if b1 is not None:
        widest = max(acquisition.flip_angle for acquisition in vfa.acquisitions)
        usable &= np.isfinite(b1) & (b1 > 0) & (b1 < np.pi / widest)
    voxels = np.flatnonzero(usable)
    signal = vfa.signal.reshape(-1, vfa.signal.shape[-1])
    t10 = np.full(usable.size, np.nan, dtype=np.float32)
    t10_se = np.full(usable.size, np.nan, dtype=np.float32)

    def fitted(chunk: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return _chunk_t10(vfa, signal[chunk], 1.0 if b1 is None else b1.reshape(-1)[chunk])

    chunks = [voxels[start : start + _CHUNK] for start in range(0, voxels.size, _CHUNK)]
    for chunk, (found, error) in side_by_side(fitted, chunks):
        t10[chunk], t10_se[chunk] = found, error
    return t10.reshape(usable.shape), t10_se.reshape(usable.shape)


def _chunk_t10(
    vfa: FlipAngleSeries, signal: np.ndarray, b1: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    with torch.inference_mode():
        samples = torch.tensor(signal, dtype=torch.float64)
        scale = torch.as_tensor(b1, dtype=torch.float64).reshape(-1)
        echoes = [
            Echo(samples[:, i].contiguous(), scale * acquisition.flip_angle, acquisition.tr)
            for i, acquisition in enumerate(vfa.acquisitions)
        ]
        r1, r1_se = least_squares_r1(echoes)
        return (1 / r1).numpy(), (r1_se / r1**2).numpy()
