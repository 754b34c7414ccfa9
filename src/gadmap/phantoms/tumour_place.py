"""A place in the brain where a tumour of a given size fits."""

import numpy as np
from jaxtyping import Float

from gadmap.phantoms.anatomy import brain_template
from gadmap.phantoms.case import Place

_TRIES = 2000
_BRAIN_SHARE = 0.8  # of the ball around the centre
_FREE_MM = 4.0  # between that ball and the hull, and the midline
_LOWEST_MM, _HIGHEST_MM = -12.0, 52.0
_FIBONACCI_TURN = np.pi * (3 - np.sqrt(5))


def tumour_place(generator: np.random.Generator, radius: float) -> Place:
    """Centre [mm] in MNI space of a ball of `radius` [mm] that lies in one hemisphere's brain.

    The centre is grey or white matter, most of the ball is, and the ball keeps clear of skull and
    falx; what of it is ventricle or sulcus, the tumour fills.

    Raises
    ------
    ValueError
        If no such place was found: the ball is too large for a hemisphere.
    """
    template = brain_template()
    ball = _ball_points() * radius
    low, high = np.array((-60.0, -90.0, _LOWEST_MM)), np.array((60.0, 60.0, _HIGHEST_MM))
    for _ in range(_TRIES):
        centre = generator.uniform(low, high)
        if abs(centre[0]) < radius + _FREE_MM:
            continue
        points = centre[:, None] + ball
        if template.hull.at(points).max() > -_FREE_MM:
            continue
        brain = template.grey.at(points) + template.white.at(points)
        if brain[0] > 0.95 and brain.mean() > _BRAIN_SHARE:
            x, y, z = (float(part) for part in centre)
            return x, y, z
    raise ValueError(
        f"no place for a tumour of {radius:g} mm in {_TRIES} tries; expected a smaller radius"
    )


def _ball_points() -> Float[np.ndarray, "3 n"]:
    """The centre, and points spread evenly on shells of a ball of radius 1."""
    index = np.arange(60) + 0.5
    height, angle = 1 - 2 * index / 60, _FIBONACCI_TURN * index
    ring = np.sqrt(1 - height**2)
    shell = np.stack((ring * np.cos(angle), ring * np.sin(angle), height))
    return np.concatenate((np.zeros((3, 1)), 0.4 * shell, 0.75 * shell, shell), axis=1)
