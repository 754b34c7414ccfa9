"""Smooth random fields that do not depend on the grid they are looked at on."""

from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from jaxtyping import Float

LOWER_MM = (-135.0, -155.0, -50.0)
UPPER_MM = (135.0, 120.0, 100.0)
LIMIT = 2.5
_SPLINE_POWER = 151 / 315  # mean over a cell of the sum of squared cubic B-spline weights


@dataclass(frozen=True, eq=False)
class SmoothField:
    """A random field of mean 0 and standard deviation near 1, clipped to ±2.5.

    White noise on a lattice of `spacing`, blended by cubic B-splines: twice differentiable, and
    correlated over about one and a half spacings.

    Attributes
    ----------
    lattice
        Noise at the lattice points.
    spacing
        Lattice spacing [mm].
    """

    lattice: Float[np.ndarray, "a b c"]
    spacing: float

    def on(
        self,
        x: Float[np.ndarray, " x"],
        y: Float[np.ndarray, " y"],
        z: Float[np.ndarray, " z"],
    ) -> Float[np.ndarray, "x y z"]:
        """The field on the grid of coordinates `x`, `y`, `z` [mm]."""
        values = self.lattice
        for positions, origin in zip((z, y, x), reversed(LOWER_MM), strict=True):
            weights = _spline_weights((positions - origin) / self.spacing, values.shape[-1])
            values = np.moveaxis(values @ weights.T, -1, 0)
        return np.clip(values, -LIMIT, LIMIT)


def smooth_field(generator: torch.Generator, spacing: float) -> SmoothField:
    """A new field with structure of about `spacing` [mm]."""
    shape = [ceil((high - low) / spacing) + 4 for low, high in zip(LOWER_MM, UPPER_MM, strict=True)]
    noise = torch.randn(shape, generator=generator, dtype=torch.float32).numpy()
    return SmoothField(noise / _SPLINE_POWER**1.5, spacing)


def _spline_weights(positions: Float[np.ndarray, " n"], count: int) -> Float[np.ndarray, "n count"]:
    """Weight of each lattice point at each position, counted in spacings."""
    distance = np.abs(positions[:, None] + 1 - np.arange(count))
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.clip(2 - distance, 0, None) ** 3 / 6
    return np.where(distance < 1, near, far).astype(np.float32)
