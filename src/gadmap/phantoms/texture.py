"""How a tissue's parameters vary from place to place."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from gadmap.phantoms.fields import SmoothField, smooth_field
from gadmap.phantoms.tissues import Tissue

_NORMAL_MM, _LESION_MM, _COIL_MM = 14.0, 5.0, 90.0


@dataclass(frozen=True, eq=False)
class Texture:
    """Fields of t10, ktrans and ve: coarse in normal tissue, fine in the tumour.

    Attributes
    ----------
    normal, lesion
        Quantity name to field.
    coil, coil_spread
        Field of the receive sensitivity, and the standard deviation of its logarithm.
    """

    normal: Mapping[str, SmoothField]
    lesion: Mapping[str, SmoothField]
    coil: SmoothField
    coil_spread: float

    def on(
        self, x: Float[np.ndarray, " x"], y: Float[np.ndarray, " y"], z: Float[np.ndarray, " z"]
    ) -> "LocalTexture":
        """The texture on a grid of coordinates [mm]."""
        return LocalTexture(
            normal={name: field.on(x, y, z) for name, field in self.normal.items()},
            lesion={name: field.on(x, y, z) for name, field in self.lesion.items()},
            sensitivity=np.exp(self.coil_spread * self.coil.on(x, y, z)),
        )


@dataclass(frozen=True, eq=False)
class LocalTexture:
    """A texture on a grid.

    Attributes
    ----------
    normal, lesion
        Quantity name to the field's values.
    sensitivity
        Receive sensitivity relative to its mean.
    """

    normal: Mapping[str, Float[np.ndarray, "x y z"]]
    lesion: Mapping[str, Float[np.ndarray, "x y z"]]
    sensitivity: Float[np.ndarray, "x y z"]

    def band(self, columns: slice) -> "LocalTexture":
        """The texture on some of the grid's columns along x."""
        return LocalTexture(
            normal={name: values[columns] for name, values in self.normal.items()},
            lesion={name: values[columns] for name, values in self.lesion.items()},
            sensitivity=self.sensitivity[columns],
        )

    def values(self, tissue: Tissue) -> dict[str, Float[np.ndarray, "x y z"]]:
        """Values of t10 [s], ktrans [1/min] and ve that `tissue` would have everywhere."""
        fields = self.lesion if tissue.lesion else self.normal
        return {
            name: getattr(tissue, name) * np.exp(getattr(tissue, f"{name}_spread") * field)
            for name, field in fields.items()
        }


def grow_texture(generator: torch.Generator, coil_spread: float) -> Texture:
    """A random texture, seen by a coil whose sensitivity varies by `coil_spread`."""
    names = ("t10", "ktrans", "ve")
    return Texture(
        normal={name: smooth_field(generator, _NORMAL_MM) for name in names},
        lesion={name: smooth_field(generator, _LESION_MM) for name in names},
        coil=smooth_field(generator, _COIL_MM),
        coil_spread=coil_spread,
    )
