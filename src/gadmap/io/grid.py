"""Voxel grids: position of an array in the patient, and whether two are the same."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

_TOLERANCE = 0.1  # of a voxel's shortest edge, at the grid's farthest corner
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@runtime_checkable
class Placed(Protocol):
    """What lies on a grid in the patient: a series, or the stack of slices that it comes from."""

    @property
    def grid(self) -> tuple[int, int, int]:
        """Number of voxels along x, y, z."""
        ...

    @property
    def affine(self) -> Float[np.ndarray, "4 4"]:
        """Voxel index to patient millimetres, RAS+."""
        ...


def lps_to_ras(affine: Float[np.ndarray, "4 4"]) -> Float[np.ndarray, "4 4"]:
    """The affine between DICOM's axes (left, posterior, superior) and NIfTI's; its own inverse."""
    return _LPS_TO_RAS @ affine


def voxel_size(affine: Float[np.ndarray, "4 4"]) -> Float[np.ndarray, "3"]:
    """Edges of a voxel [mm]."""
    return np.linalg.norm(affine[:3, :3], axis=0)


def require_same_grid(
    what: str, shape: tuple[int, ...], affine: Float[np.ndarray, "4 4"], dynamic: Placed
) -> None:
    """Raise ValueError unless a volume lies on the dynamic series' grid."""
    if tuple(shape) != dynamic.grid:
        raise ValueError(
            f"{what}: {times(shape)} voxels; expected {times(dynamic.grid)}, the dynamic "
            "series' grid. Resample it to that grid"
        )
    distance = corner_distance(affine, dynamic.affine, dynamic.grid)
    if distance > _TOLERANCE * voxel_size(dynamic.affine).min():
        raise ValueError(
            f"{what}: same number of voxels as the dynamic series but up to {distance:.3g} mm away "
            "from it; expected the same geometry. Resample it to that grid"
        )


def corner_distance(a: np.ndarray, b: np.ndarray, shape: tuple[int, ...]) -> float:
    """Largest distance between the corners of two grids [mm]."""
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in shape], indexing="ij")).reshape(3, -1)
    corners = np.vstack([corners, np.ones(corners.shape[1])])
    return float(np.linalg.norm(((a - b) @ corners)[:3], axis=0).max())


def onto_grid(
    data: np.ndarray, affine: Float[np.ndarray, "4 4"], target: Float[np.ndarray, "4 4"]
) -> tuple[np.ndarray, np.ndarray]:
    """The same volume with its axes swapped and flipped to run like the target's; no resampling.

    Programs store one volume with different axes; only the position in the patient counts.
    """
    turn = np.linalg.inv(target[:3, :3]) @ affine[:3, :3]
    axes = np.abs(turn).argmax(axis=0)
    if sorted(axes) != [0, 1, 2]:
        return data, affine
    order = np.argsort(axes)
    data = data.transpose(order)
    affine = affine[:, [*order, 3]]
    for axis in range(3):
        if turn[axis, order[axis]] < 0:
            affine = affine.copy()
            affine[:, 3] += affine[:, axis] * (data.shape[axis] - 1)
            affine[:, axis] *= -1
            data = np.flip(data, axis)
    return data, affine


def plane(affine: Float[np.ndarray, "4 4"]) -> str:
    """Name of the plane that the slices lie in: axial, coronal or sagittal, oblique or not."""
    normal = np.cross(affine[:3, 0], affine[:3, 1])
    normal = np.abs(normal / np.linalg.norm(normal))
    name = ("sagittal", "coronal", "axial")[int(normal.argmax())]
    return name if normal.max() > 0.999 else f"oblique {name}"


def times(shape: tuple[int, ...]) -> str:
    """Numbers of voxels as people write them."""
    return " x ".join(str(n) for n in shape)
