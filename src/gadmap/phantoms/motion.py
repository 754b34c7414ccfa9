"""Slow drift and sudden jumps of the head during the dynamic series."""

import numba
import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from gadmap.phantoms.case import Case
from gadmap.phantoms.sampling import voxel_centres
from gadmap.phantoms.streams import stream_of

_JUMP = 0.5


def head_motion(case: Case) -> Float[np.ndarray, "time 6"]:
    """Shifts along x, y, z [mm] and rotation vector [rad] of the head in each frame.

    A random walk that starts at rest and ends with a standard deviation of the case's drift, and
    steps of half that size at a few frames.
    """
    generator = stream_of(case.seed, "motion")
    steps = torch.randn((case.frames, 6), generator=generator, dtype=torch.float64).numpy()
    steps[0] = 0
    walk = np.cumsum(steps, axis=0) / np.sqrt(case.frames - 1)
    frames = torch.randint(1, case.frames, (case.jumps,), generator=generator).tolist()
    for frame in frames:
        walk[frame:] += _JUMP * torch.randn(6, generator=generator, dtype=torch.float64).numpy()
    return walk * np.repeat([case.drift, case.drift_angle], 3)


def move(
    signal: Float[np.ndarray, "x y z time"], motion: Float[np.ndarray, "time 6"], case: Case
) -> None:
    """Move the head in every frame of `signal`, in place.

    Cubic convolution within the slice and linear between slices, as slices are thick. The fields
    of transmitter and receiver, smooth over many millimetres, move along.

    References
    ----------
    Keys, IEEE Trans Acoust Speech Signal Process 1981;29:1153-1160: cubic convolution.
    """
    size = np.array(case.voxel_size)
    origin = np.array([axis[0] for axis in voxel_centres(case)], dtype=float)
    back = Rotation.from_rotvec(motion[:, 3:]).as_matrix().transpose(0, 2, 1)
    centre = np.array(case.centre)
    # from an index in the frame to the index in the head at rest
    matrix = back * size / size[:, None]
    offset = (
        np.einsum("fij,fj->fi", back, origin - centre - motion[:, :3]) + centre - origin
    ) / size
    _resample(signal.copy(), signal, matrix.astype(np.float32), offset.astype(np.float32))


@numba.njit(cache=True, nogil=True, fastmath={"contract"})
def _weights(u, w):  # pragma: no cover
    """Cubic convolution weights of the four samples around a place `u` after the second."""
    w[0] = ((-0.5 * u + 1.0) * u - 0.5) * u
    w[1] = (1.5 * u - 2.5) * u * u + 1.0
    w[2] = ((-1.5 * u + 2.0) * u + 0.5) * u
    w[3] = (0.5 * u - 0.5) * u * u


@numba.njit(cache=True, nogil=True, fastmath={"contract"})
def _resample(still, moved, matrix, offset):  # pragma: no cover
    """Values of `still` (x y z time) at the affinely mapped indices, a map a frame, edges held."""
    nx, ny, nz, frames = still.shape
    wx, wy = np.empty(4, np.float32), np.empty(4, np.float32)
    for i in range(nx):
        for j in range(ny):
            for k in range(nz):
                for f in range(frames):
                    m = matrix[f]
                    x = m[0, 0] * i + m[0, 1] * j + m[0, 2] * k + offset[f, 0]
                    y = m[1, 0] * i + m[1, 1] * j + m[1, 2] * k + offset[f, 1]
                    z = m[2, 0] * i + m[2, 1] * j + m[2, 2] * k + offset[f, 2]
                    x0, y0, z0 = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
                    _weights(np.float32(x - x0), wx)
                    _weights(np.float32(y - y0), wy)
                    total = np.float32(0)
                    for c in range(2):
                        level = min(max(z0 + c, 0), nz - 1)
                        wz = np.float32(z - z0) if c else np.float32(1 - (z - z0))
                        for a in range(4):
                            column = min(max(x0 + a - 1, 0), nx - 1)
                            line = np.float32(0)
                            for b in range(4):
                                row = min(max(y0 + b - 1, 0), ny - 1)
                                line += wy[b] * still[column, row, level, f]
                            total += wz * wx[a] * line
                    moved[i, j, k, f] = max(total, np.float32(0))
