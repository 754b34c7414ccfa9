"""What the training of a recipe makes small."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from gadmap.networks.guided_file import GUIDED_NETWORK
from gadmap.training.batches import PairBatch
from gadmap.training.crops import Batch
from gadmap.training.discrepancy import mean_discrepancy
from gadmap.training.losses import squared_error, surprise
from gadmap.training.physics import GuidedPhysics, OutputPhysics
from gadmap.training.recipe import Recipe
from gadmap.training.scenes import SceneBatch

_EXACT = 1e-12  # of a mean square
_COMPARED = 256  # voxels of either kind whose features are compared


Objective = Callable[[nn.Module, Any], tuple[Tensor, Tensor]]
"""Of a network on a batch: a sum, and the weight that it is to be divided by."""


def objective_of(recipe: Recipe, scales: Mapping[str, float]) -> Objective:
    """The recipe's objective.

    Parameters
    ----------
    scales
        Quantity name to the value that an output of 1 stands for; of no use to the guided network.
    """
    guided = recipe.network == GUIDED_NETWORK
    labelled = Labels(guided)
    physics: Objective = (
        GuidedPhysics(recipe.texture) if guided else OutputPhysics(scales, recipe.texture)
    )
    if recipe.mode == "physics":
        return physics
    if recipe.mode == "hybrid":
        return Both(labelled, physics, recipe.real_weight)
    if recipe.mode == "adapt":
        return Alike(labelled, recipe.real_weight)
    return labelled


@dataclass(frozen=True)
class Labels:
    """Mean squared error of a network's outputs; of a guided one's the surprise of the truth."""

    guided: bool

    def __call__(self, network: nn.Module, batch: Batch | SceneBatch) -> tuple[Tensor, Tensor]:
        """Weighted sum over voxels, and the sum of the weights."""
        loss = surprise if self.guided else squared_error
        return loss(network(batch.signal), batch.target, batch.weight)

    def nats(self, network: nn.Module, batch: Batch | SceneBatch) -> Tensor:
        """The mean as what can stand beside other nats: of squares, half the logarithm."""
        error, weight = self(network, batch)
        mean = error / weight.clamp(min=1)
        return mean if self.guided else torch.log(mean + _EXACT) / 2


@dataclass(frozen=True, eq=False)
class Both:
    """Labels of phantoms, and the physics of real examinations."""

    labels: Labels
    physics: Objective
    weight: float

    def __call__(self, network: nn.Module, batch: PairBatch) -> tuple[Tensor, Tensor]:
        """Their weighted sum, of weight 1."""
        misfit, voxels = self.physics(network, batch.real)
        found = self.labels.nats(network, batch.labelled) + self.weight * misfit / voxels.clamp(
            min=1
        )
        return found, torch.ones_like(found)


@dataclass(frozen=True, eq=False)
class Alike:
    """Labels of phantoms, and features of real examinations that are like those of phantoms."""

    labels: Labels
    weight: float

    def __call__(self, network: nn.Module, batch: PairBatch) -> tuple[Tensor, Tensor]:
        """Their weighted sum, of weight 1."""
        with last_features(network) as features:
            nats = self.labels.nats(network, batch.labelled)
            labelled = _some(features(), batch.labelled.weight.any(dim=1))
            network(batch.real.signal)
            real = _some(features(), torch.stack([one.counts for one in batch.real.measured]))
        found = nats + self.weight * mean_discrepancy(labelled, real)
        return found, torch.ones_like(found)


@contextmanager
def last_features(network: nn.Module) -> Iterator[Callable[[], Float[Tensor, "row feature"]]]:
    """While the context lasts, what entered the layer that was called last, a row a voxel."""
    calls: list[tuple[nn.Module, Tensor]] = []

    def keep(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        calls.append((layer, inputs[0]))

    def found() -> Tensor:
        last, _ = calls[-1]  # networks of single voxels call it for some thousands at a time
        rows = [entered for layer, entered in calls if layer is last]
        calls.clear()
        return torch.cat([r.movedim(1, -1).flatten(0, -2) if r.ndim == 4 else r for r in rows])

    layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    handles = [layer.register_forward_pre_hook(keep) for layer in layers]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def _some(
    features: Float[Tensor, "voxel feature"], counts: Bool[Tensor, "b h w"]
) -> Float[Tensor, "row feature"]:
    """Features of voxels that count, evenly from all."""
    rows = features.float()[counts.flatten()]
    return rows[torch.linspace(0, len(rows) - 1, min(_COMPARED, len(rows))).long()]
