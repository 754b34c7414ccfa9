"""Ways through a series that never hold it whole: by frames, or by some voxels at a time.

A file holds one frame after the other, and so do the arrays that readers fill: a frame lies in one
piece, a curve is scattered over all of it.
"""

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from gadmap.data.scratch import let_go

Voxels: TypeAlias = tuple[
    Int[np.ndarray, " voxel"], Int[np.ndarray, " voxel"], Int[np.ndarray, " voxel"]
]
"""Indices x, y and z."""


def frames_of(signal: Shaped[np.ndarray, "x y z time"]) -> Iterator[Shaped[np.ndarray, "x y z"]]:
    """One frame after the other."""
    for k in range(signal.shape[-1]):
        yield signal[..., k]
        let_go(signal)


def thinned(where: Bool[np.ndarray, "x y z"], most: int) -> Int[np.ndarray, "voxel 3"]:
    """Indices of about so many of the voxels, evenly chosen; of all where these are fewer."""
    rows = np.flatnonzero(where)
    rows = rows[:: max(1, rows.size // most)]
    return np.stack(np.unravel_index(rows, where.shape), axis=1)


def mean_frame(signal: Float[np.ndarray, "x y z time"]) -> Float[np.ndarray, "x y z"]:
    """Mean over the frames."""
    total = np.zeros(signal.shape[:3], dtype=np.float32, order="F")
    with np.errstate(invalid="ignore", over="ignore"):
        for frame in frames_of(signal):
            total += frame
    total /= np.float32(signal.shape[-1])
    return total


def slice_of(signal: Shaped[np.ndarray, "x y z time"], z: int) -> Shaped[np.ndarray, "time y x"]:
    """All frames of a slice, gathered frame by frame, x fastest."""
    planes = np.empty((signal.shape[3], signal.shape[1], signal.shape[0]), signal.dtype)
    for plane, frame in zip(planes, frames_of(signal), strict=True):
        plane[:] = frame[:, :, z].T
    return planes


def pieces_of(
    inside: Bool[np.ndarray, "x y z"], most: int, signal: Shaped[np.ndarray, "x y z time"]
) -> Iterator[Voxels]:
    """The voxels inside, at most so many at a time, neighbours in the signal's memory together.

    One piece without a voxel where there is none inside.
    """
    order = "C" if signal.flags.c_contiguous else "F"
    rows = np.flatnonzero(inside.reshape(-1, order=order))
    for start in range(0, max(rows.size, 1), most):
        x, y, z = np.unravel_index(rows[start : start + most], inside.shape, order=order)
        yield x, y, z


def curves_at(
    signal: Shaped[np.ndarray, "x y z time"], at: Voxels
) -> Shaped[np.ndarray, "voxel time"]:
    """Curves of the voxels with these indices x, y and z, gathered frame by frame."""
    if signal.flags.c_contiguous:  # not from a file: here a curve lies together
        return signal[at]
    rows = np.ravel_multi_index(at, signal.shape[:3], order="F")
    curves = np.empty((signal.shape[-1], rows.size), signal.dtype)
    for curve, frame in zip(curves, frames_of(signal), strict=True):
        frame.reshape(-1, order="F").take(rows, out=curve)
    return curves.T
