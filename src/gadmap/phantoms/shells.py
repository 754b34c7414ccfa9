"""What wraps the brain: skull, temporal muscle, fat, skin."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from gadmap.phantoms.anatomy import brain_template
from gadmap.phantoms.fields import SmoothField, smooth_field
from gadmap.phantoms.mixture import Mixture

Axes = tuple[Float[np.ndarray, " x"], Float[np.ndarray, " y"], Float[np.ndarray, " z"]]
Indices = tuple[np.ndarray, ...]

_SKIN_MM = 2.0


@dataclass(frozen=True, eq=False)
class Shells:
    """Thickness of one head's shells.

    Attributes
    ----------
    csf, skull, fat
        Fields of thickness.
    diploe
        Field of how much marrow the skull holds.
    """

    csf: SmoothField
    skull: SmoothField
    fat: SmoothField
    diploe: SmoothField

    def wrap(
        self,
        mixture: Mixture,
        points: Float[np.ndarray, "3 n"],
        from_hull: Float[np.ndarray, " n"],
        axes: Axes,
        near: Indices,
    ) -> Float[np.ndarray, " n"]:
        """Lay the shells down and fill the skull with CSF; distance [mm] from its inner surface.

        `points` are the samples in MNI space, `near` their indices on the grid of `axes`.
        """
        csf, skull, fat, diploe = (
            field.on(*axes)[near] for field in (self.csf, self.skull, self.fat, self.diploe)
        )
        csf = np.clip(2.2 + 0.6 * csf, 0.8, None)
        from_skull = brain_template().hull.at(points) - csf
        muscle = temporal_muscle(points)
        bone = from_hull - csf - np.clip(6.4 + 0.5 * skull, 4, None) + 0.3 * muscle
        bone = np.minimum(bone, from_skull - 2.5)
        scalp = np.clip(4.0 + 0.7 * fat, 1.5, None) - 0.1 * muscle
        inside = mixture.inside
        mixture.cover("skin", inside(bone - muscle - scalp - _SKIN_MM))
        mixture.cover("fat", inside(bone - muscle - scalp))
        mixture.cover("muscle", inside(bone - muscle) * np.clip(muscle, 0, 1))
        mixture.cover("bone", inside(bone))
        marrow = np.maximum(bone + 2.0, 1.6 - from_skull)
        mixture.cover("marrow", inside(marrow) * np.clip(0.5 + 0.3 * diploe, 0, 1))
        mixture.cover("csf", inside(from_skull))
        return from_skull


def grow_shells(generator: torch.Generator) -> Shells:
    """Shells of random thickness."""
    return Shells(*(smooth_field(generator, spacing) for spacing in (30.0, 40.0, 40.0, 9.0)))


def temporal_muscle(points: Float[np.ndarray, "3 n"]) -> Float[np.ndarray, " n"]:
    """Thickness [mm] of the temporal muscle at points in MNI space; 0 elsewhere."""
    x, y, z = points
    fan = np.clip(1 - ((y - 14) / 44) ** 2 - (np.clip(z + 22, 0, None) / 62) ** 2, 0, 1)
    return 11 * fan**1.5 * np.clip((np.abs(x) - 30) / 25, 0, 1)
