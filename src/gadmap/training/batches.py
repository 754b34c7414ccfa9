"""The batch of each step: a pure function of seed and step, so a resumed run sees the same."""

from dataclasses import dataclass
from math import tau
from typing import NamedTuple

import numpy as np
import torch

from gadmap.training.crops import Batch, Crops, counting_voxels, single_voxels, turned
from gadmap.training.real_regions import RealBatch, RealRegions
from gadmap.training.scenes import SceneBatch, Scenes

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


class PairBatch(NamedTuple):
    """What labels teach, and regions without labels."""

    labelled: Batch | SceneBatch
    real: RealBatch


@dataclass(frozen=True, eq=False)
class Pairs:
    """Batches of both kinds, side by side."""

    labelled: Regions | Voxels | Scenes
    real: RealRegions

    def at(self, step: int, rank: int = 0, world: int = 1) -> PairBatch:
        """Every `world`-th sample of the batches of a step."""
        return PairBatch(self.labelled.at(step, rank, world), self.real.at(step, rank, world))


Batches = Regions | Voxels | Scenes | RealRegions | Pairs
AnyBatch = Batch | SceneBatch | RealBatch | PairBatch
