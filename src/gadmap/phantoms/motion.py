"""Slow drift and sudden jumps of the head during the dynamic series."""

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from gadmap.phantoms.case import Case
from gadmap.phantoms.resampling import shift_lines
from gadmap.phantoms.sampling import voxel_centres
from gadmap.phantoms.streams import stream_of

_JUMP = 0.5


def head_motion(case: Case) -> Float[np.ndarray, "time 6"]:
    """Shifts along x, y, z [mm] and rotation vector [rad] of the head in each frame.

    A random walk that starts at rest and ends with a standard deviation of the case's drift, and
    steps of half that size at a few frames.
    """
    generator = stream_of(case.seed, "motion", case.visit)
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

    Along one axis after the other: cubic convolution within the slice and linear between slices,
    as slices are thick. For motion of a few pixels and degrees this is the rigid motion to a few
    hundredths of a pixel. The fields of transmitter and receiver, smooth over many millimetres,
    move along.

    References
    ----------
    Keys, IEEE Trans Acoust Speech Signal Process 1981;29:1153-1160: cubic convolution.
    """
    shift = _shifts(motion, case).astype(np.float32)
    for axis, smooth in ((0, True), (1, True), (2, False)):
        order = [*(other for other in range(3) if other != axis), axis]
        shift_lines(signal.transpose(*order, 3), shift[axis][[*order, 3]], smooth)
    np.maximum(signal, 0, out=signal)  # the convolution swings below 0 beside sharp edges


def _shifts(
    motion: Float[np.ndarray, "time 6"], case: Case
) -> Float[np.ndarray, "axis coefficient time"]:
    """From an index in the frame to where the head at rest has it, minus that index [voxels].

    Of the four coefficients, three belong to the index along x, y and z and one to 1.
    """
    size = np.array(case.voxel_size)[:, None]
    from_centre = np.array([axis[0] for axis in voxel_centres(case)]) - np.array(case.centre)
    back = Rotation.from_rotvec(motion[:, 3:]).inv().as_matrix()
    turned = np.einsum("fij,j->ijf", back - np.eye(3), size[:, 0]) / size[:, None]
    offset = np.einsum("fij,fj->if", back, from_centre - motion[:, :3]) - from_centre[:, None]
    return np.concatenate((turned, (offset / size)[:, None]), axis=1)
