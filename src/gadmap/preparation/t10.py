"""Native T1 from spoiled gradient echoes at several flip angles, on a grid."""

import numpy as np
import torch
from jaxtyping import Bool, Float

from gadmap.data import FlipAngleSeries
from gadmap.data.scratch import full_beside, let_go
from gadmap.data.walk import Voxels, curves_at, frames_of, pieces_of
from gadmap.physics.side_by_side import side_by_side
from gadmap.physics.voxels import voxels_a_slab
from gadmap.preparation.t10_voxels import Echo, least_squares_r1


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
    grid = vfa.signal.shape[:3]
    usable = np.ones(grid, bool) if mask is None else mask.copy()
    for volume in frames_of(vfa.signal):
        usable &= np.isfinite(volume) & (volume > 0)
    if b1 is not None:
        widest = max(acquisition.flip_angle for acquisition in vfa.acquisitions)
        usable &= np.isfinite(b1) & (b1 > 0) & (b1 < np.pi / widest)
    t10, t10_se = (full_beside(vfa.signal, grid, np.nan) for _ in range(2))

    def fitted(chunk: Voxels) -> tuple[np.ndarray, np.ndarray]:
        return _chunk_t10(vfa, curves_at(vfa.signal, chunk), 1.0 if b1 is None else b1[chunk])

    most = voxels_a_slab(vfa.signal)
    for chunk, (found, error) in side_by_side(fitted, pieces_of(usable, most, vfa.signal)):
        t10[chunk], t10_se[chunk] = found, error
        let_go(t10, t10_se)
    return t10, t10_se


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
