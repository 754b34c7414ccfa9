"""Where a reference tissue lies, whose curve stands in the place of the arterial input."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from gadmap.data.frozen import freeze


@dataclass(frozen=True, eq=False, kw_only=True)
class ReferenceRegion:
    """Voxels of a reference tissue, as muscle.

    Attributes
    ----------
    voxels
        Their indices (x, y, z); at least one.
    source
        Where it came from, for the report: "mask of 120 voxels, muscle.nii.gz".
    """

    voxels: Int[np.ndarray, "voxel 3"]
    source: str

    def __post_init__(self) -> None:
        if not len(self.voxels):
            raise ValueError("the mask of the reference region is empty; expected non-zero inside")
        freeze(self, "voxels")
