"""The batch of each step: a pure function of seed and step, so a resumed run sees the same."""

from dataclasses import dataclass
from math import tau

import numpy as np
import torch

from gadmap.training.crops import Batch, Crops, counting_voxels, single_voxels, turned

_ANGLES = 1  # what a random draw is for, beside the seed


@dataclass(frozen=True, eq=False)
class Regions:
    """Batches of randomly chosen regions, each turned by one of its random angles."""

    crops: Crops
    batch: int
    rotations: int
    seed: int

    def at(self, step: int, rank: int = 0, world: int = 1) -> Batch:
        """Every `world`-th sample of the batch of a step."""
        draw = np.random.default_rng([self.seed, _ANGLES])
        angles = draw.uniform(0, tau, (len(self.crops), self.rotations))
        random = np.random.default_rng([self.seed, step])
        regions = random.integers(len(self.crops), size=self.batch)[rank::world]
        rotation = random.integers(self.rotations, size=self.batch)[rank::world]
        chosen = torch.from_numpy(angles[regions, rotation]).float()
        return turned(self.crops, torch.from_numpy(regions), chosen)


@dataclass(frozen=True, eq=False)
class Voxels:
    """Batches of randomly chosen voxels."""

    crops: Crops
    batch: int
    seed: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "_places", counting_voxels(self.crops))

    def at(self, step: int, rank: int = 0, world: int = 1) -> Batch:
        """Every `world`-th sample of the batch of a step."""
        places: torch.Tensor = self._places  # type: ignore[attr-defined]
        random = np.random.default_rng([self.seed, step])
        chosen = random.integers(len(places), size=self.batch)[rank::world]
        return single_voxels(self.crops, places[torch.from_numpy(chosen)])
