"""A ring-enhancing tumour: lobed, rough, with a necrotic core, oedema and mass effect."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from gadmap.phantoms.case import Case
from gadmap.phantoms.fields import LIMIT, SmoothField, smooth_field

_BLEND_MM = 3.0  # over which lobes merge
_SHAPE_MM, _ROUGHNESS_MM, _RIM_MM, _OEDEMA_MM = 2.7, 1.1, 1.6, 4.0  # what the fields add
_PUSH_MM = 5.0
_PUSH_REACH_MM = 20.0


@dataclass(frozen=True, eq=False)
class Tumour:
    """A tumour in the patient's space.

    Attributes
    ----------
    case
        Its centre, radius, lobes, rim and oedema.
    shape, roughness, thickness, spread
        Fields that bend the surface, coarsely and finely, thin the rim and reach of the oedema.
    """

    case: Case
    shape: SmoothField
    roughness: SmoothField
    thickness: SmoothField
    spread: SmoothField

    def surface(
        self, x: Float[np.ndarray, " x"], y: Float[np.ndarray, " y"], z: Float[np.ndarray, " z"]
    ) -> Float[np.ndarray, "x y z"]:
        """Distance [mm] from the tumour's surface, negative inside."""
        centre, radius = self.case.tumour_centre, self.case.tumour_radius
        distances = [
            _distance(x, y, z, np.add(centre, np.multiply(offset, radius))) - size * radius
            for offset, size in self.case.tumour_lobes
        ]
        smallest = -_BLEND_MM * np.logaddexp.reduce([-d / _BLEND_MM for d in distances], axis=0)
        bent = smallest + _SHAPE_MM * self.shape.on(x, y, z)
        return bent + _ROUGHNESS_MM * self.roughness.on(x, y, z)

    def rim(
        self, x: Float[np.ndarray, " x"], y: Float[np.ndarray, " y"], z: Float[np.ndarray, " z"]
    ) -> Float[np.ndarray, "x y z"]:
        """Thickness of the rim [mm]."""
        return np.clip(self.case.tumour_rim + _RIM_MM * self.thickness.on(x, y, z), 2.2, None)

    def oedema(
        self, x: Float[np.ndarray, " x"], y: Float[np.ndarray, " y"], z: Float[np.ndarray, " z"]
    ) -> Float[np.ndarray, "x y z"]:
        """How far the oedema reaches from the surface [mm]."""
        return np.clip(self.case.tumour_oedema + _OEDEMA_MM * self.spread.on(x, y, z), 2, None)

    def comes_to(self, z: Float[np.ndarray, " z"]) -> bool:
        """Whether the tumour or its oedema may come to any of the levels `z` [mm]."""
        case = self.case
        lobe = max(float(np.linalg.norm(offset)) + size for offset, size in case.tumour_lobes)
        bent = LIMIT * (_SHAPE_MM + _ROUGHNESS_MM) + _BLEND_MM * np.log(len(case.tumour_lobes))
        oedema = max(case.tumour_oedema + LIMIT * _OEDEMA_MM, 2)
        reach = lobe * case.tumour_radius + bent + oedema
        return bool(np.abs(z - case.tumour_centre[2]).min() < reach)

    def push(
        self, x: Float[np.ndarray, " x"], y: Float[np.ndarray, " y"], z: Float[np.ndarray, " z"]
    ) -> Float[np.ndarray, "3 x y z"]:
        """Displacement [mm] by which the growth pushed the brain away from its centre."""
        (a, b, c), radius = self.case.tumour_centre, self.case.tumour_radius
        radial = np.stack(np.broadcast_arrays(x[:, None, None] - a, y[:, None] - b, z - c))
        distance = np.linalg.norm(radial, axis=0)
        beyond = np.clip(distance - radius, 0, None)
        size = _PUSH_MM * np.exp(-((beyond / _PUSH_REACH_MM) ** 2))
        return size * radial / np.maximum(distance, radius)


def grow_tumour(generator: torch.Generator, case: Case) -> Tumour:
    """A tumour of random shape, of about the size and at the place of `case`."""
    shape, roughness, thickness, spread = (
        smooth_field(generator, spacing) for spacing in (10.0, 4.5, 6.0, 9.0)
    )
    return Tumour(case, shape, roughness, thickness, spread)


def _distance(
    x: Float[np.ndarray, " x"],
    y: Float[np.ndarray, " y"],
    z: Float[np.ndarray, " z"],
    centre: Float[np.ndarray, "3"],
) -> Float[np.ndarray, "x y z"]:
    a, b, c = centre
    return np.sqrt((x[:, None, None] - a) ** 2 + (y[:, None] - b) ** 2 + (z - c) ** 2)
