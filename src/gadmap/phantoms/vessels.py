"""Arteries and venous sinuses, in MNI space. All carry the blood curve without delay."""

from functools import cache
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from gadmap.phantoms.anatomy import Volume

_FAR_MM = 20.0
_REACH_MM = 6
_LOWER_MM, _UPPER_MM = np.array((-70, -105, -48)), np.array((70, 75, 60))

_PAIRED: tuple[tuple[float, tuple[tuple[float, float, float], ...]], ...] = (
    (2.3, ((11, 0, -34), (13, 3, -24), (12, 6, -15))),
    (1.5, ((12, 6, -15), (20, 5, -16), (30, 4, -15), (37, 2, -11))),
    (1.1, ((37, 2, -11), (40, 3, 0), (41, -5, 8), (42, -18, 13), (47, -30, 18))),
    (1.0, ((37, 2, -11), (40, 13, -3), (42, 20, 6), (46, 24, 16))),
    (1.1, ((12, 6, -15), (6, 11, -14), (2.5, 15, -13))),
    (1.0, ((2, 15, -13), (2, 29, -9), (2, 38, 3), (2, 37, 17), (2, 24, 30), (2, 2, 38))),
    (1.2, ((0, -11, -14), (9, -15, -11), (18, -25, -8), (16, -38, -2), (12, -52, 2), (10, -68, 4))),
    (0.9, ((2, -8, 14), (2, -22, 13), (1, -34, 10))),
)
_MIDLINE: tuple[tuple[float, tuple[tuple[float, float, float], ...]], ...] = (
    (1.9, ((0, -5, -46), (0, -4, -30), (0, -6, -19), (0, -11, -14))),
    (2.0, ((0, -34, 10), (0, -41, 12), (0, -47, 13))),
    (2.3, ((0, -47, 13), (0, -60, 4), (0, -76, -9), (0, -92, -18))),
)


@cache
def tubes() -> Volume:
    """Distance [mm] from the walls of arteries and deep veins, negative inside."""
    shape = tuple(_UPPER_MM - _LOWER_MM + 1)
    distance = np.full(shape, _FAR_MM, dtype=np.float32)
    mirror = np.array((-1.0, 1.0, 1.0))
    for radius, path in _PAIRED:
        _draw(distance, np.array(path, dtype=float), radius)
        _draw(distance, np.array(path, dtype=float) * mirror, radius)
    for radius, path in _MIDLINE:
        _draw(distance, np.array(path, dtype=float), radius)
    x, y, z = (float(low) for low in _LOWER_MM)
    return Volume(distance, (x, y, z), 1.0)


def _draw(
    distance: Float[np.ndarray, "x y z"], path: Float[np.ndarray, "point 3"], radius: float
) -> None:
    """Lower `distance` near each segment of `path` [mm]."""
    for start, end in pairwise(path):
        low = np.floor(np.minimum(start, end)).astype(int) - _REACH_MM
        high = np.ceil(np.maximum(start, end)).astype(int) + _REACH_MM
        low, high = np.maximum(low, _LOWER_MM), np.minimum(high, _UPPER_MM)
        x, y, z = (np.arange(a, b + 1) for a, b in zip(low, high, strict=True))
        points = np.stack(np.meshgrid(x, y, z, indexing="ij"), axis=-1) - start
        along = (end - start) / np.sum((end - start) ** 2)
        share = np.clip(points @ along, 0, 1)[..., None]
        from_wall = np.linalg.norm(points - share * (end - start), axis=-1) - radius
        box = tuple(slice(a - o, b - o + 1) for a, b, o in zip(low, high, _LOWER_MM, strict=True))
        distance[box] = np.minimum(distance[box], from_wall)


def sinuses(
    points: Float[np.ndarray, "3 n"], depth: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Distance [mm], negative inside, from the walls of the dural sinuses.

    The superior sagittal sinus is a triangle on the midline whose base lies on the skull and
    which grows from front to back; the transverse sinuses follow the skull at the tentorium.
    `depth` [mm] is that below the inner skull.
    """
    x, y, z = points
    course = np.arctan2(z - 8, y + 18)  # 0 in front, pi/2 at the vertex, beyond pi at the back
    course = np.where(course < -np.pi / 2, course + 2 * np.pi, course)
    grown = np.clip((course + 0.25) / 3.7, 0, 1)
    width = 1.8 + 3.4 * grown
    height = 1.9 * width
    side = (np.abs(x) - width * (1 - depth / height)) / np.hypot(1, width / height)
    sagittal = np.maximum(np.maximum(side, -depth), np.maximum(course - 3.5, -0.25 - course) * 60)
    radius = np.clip(3.0 - 0.12 * np.clip(y + 66, 0, None), -3, None)  # thins out to the side
    transverse = np.hypot(depth - 2.6, 0.8 * (z + 19 - 0.04 * x)) - radius
    return np.minimum(sagittal, transverse)
