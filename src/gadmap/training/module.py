"""The network under training, as Lightning runs it."""

from collections.abc import Iterator
from math import cos, pi

import pytorch_lightning as lightning
import torch
from torch import Tensor, nn
from torch.utils.data import IterableDataset

from gadmap.networks.fcsa_guided import Guidance
from gadmap.training.batches import AnyBatch, Batches
from gadmap.training.objective import Objective
from gadmap.training.recipe import Recipe
from gadmap.training.snapshot import Moments

_LEAST_RATE = 0.01


class Steps(IterableDataset):
    """The batches of the steps that are left; in each process its part of them."""

    def __init__(self, batches: Batches, first: int, stop: int) -> None:
        self._batches, self._first, self._stop = batches, first, stop

    def __iter__(self) -> Iterator[AnyBatch]:
        rank, world = _place()
        for step in range(self._first, self._stop):
            yield self._batches.at(step, rank, world)

    def __len__(self) -> int:
        return self._stop - self._first


class NetworkTraining(lightning.LightningModule):
    """Adam on the mean of an objective over what counts.

    Parameters
    ----------
    objective
        What is made small.
    first_step
        Steps already done.
    moments
        What Adam knew after them.
    """

    def __init__(
        self,
        network: nn.Module,
        recipe: Recipe,
        objective: Objective,
        first_step: int,
        moments: Moments,
    ) -> None:
        super().__init__()
        self.network = network
        self._recipe, self._first_step, self._moments = recipe, first_step, moments
        self._objective = objective

    def forward(self, signal: Tensor | Guidance) -> Tensor:
        """What the network says of regions."""
        return self.network(signal)

    def training_step(self, batch: AnyBatch, index: int) -> Tensor:
        """Mean loss of a batch; with several processes, their mean is the whole's."""
        rate = learning_rate(self._recipe, self._first_step + index)
        for group in self.optimizers().param_groups:  # type: ignore[union-attr]
            group["lr"] = rate
        error, weight = self._objective(self.network, batch)
        world = self.trainer.world_size
        if world > 1:
            torch.distributed.all_reduce(weight)
        loss = error * world / weight.clamp(min=1)
        self.log("loss", loss, prog_bar=True, logger=False)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam, with what it knew at the last checkpoint."""
        optimizer = torch.optim.Adam(self.parameters(), lr=self._recipe.learning_rate)
        self._moments.into(optimizer, self.network)
        return optimizer


def learning_rate(recipe: Recipe, step: int) -> float:
    """Rate of a step: a pure function of it, so that a resumed run needs no scheduler's state."""
    if recipe.schedule == "constant":
        return recipe.learning_rate
    share = (1 + cos(pi * step / recipe.steps)) / 2
    return recipe.learning_rate * (_LEAST_RATE + (1 - _LEAST_RATE) * share)


def _place() -> tuple[int, int]:
    """Number of this process and of all."""
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1
