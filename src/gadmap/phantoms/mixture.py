"""Volume fractions of tissues in samples, built by laying one tissue over the others."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from gadmap.phantoms.tissues import LABEL, TISSUES


@dataclass(frozen=True, eq=False)
class Mixture:
    """Tissue fractions of some samples; they always sum to 1. Covering changes them in place.

    Attributes
    ----------
    fractions
        Of each tissue.
    step
        Size of a sample [mm], over which a surface is soft.
    """

    fractions: Float[np.ndarray, "tissue n"]
    step: float

    @classmethod
    def of_air(cls, samples: int, step: float) -> "Mixture":
        """Samples that hold nothing but air."""
        fractions = np.zeros((len(TISSUES), samples), dtype=np.float32)
        fractions[LABEL["air"]] = 1
        return cls(fractions, step)

    def inside(self, distance: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Share of a sample that lies inside a surface at `distance` [mm], negative inside."""
        return np.clip(0.5 - distance / self.step, 0, 1)

    def cover(self, tissue: str, share: Float[np.ndarray, " n"]) -> None:
        """Replace `share` of each sample, whatever it held, by `tissue`."""
        self.fractions[:] *= 1 - share
        self.fractions[LABEL[tissue]] += share

    def convert(self, tissue: str, into: str, share: Float[np.ndarray, " n"]) -> None:
        """Turn `share` of the `tissue` in each sample into another."""
        moved = share * self.fractions[LABEL[tissue]]
        self.fractions[LABEL[tissue]] -= moved
        self.fractions[LABEL[into]] += moved
