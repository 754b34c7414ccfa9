"""A recipe's network before training."""

import torch
from torch import nn

from gadmap.networks.checkpoint import built_network
from gadmap.networks.frame_grid import RIDER_GRID
from gadmap.training.recipe import Recipe


def configuration(recipe: Recipe) -> dict[str, int]:
    """What the recipe's network is built with."""
    return {"frames": RIDER_GRID.frames, "outputs": len(recipe.quantities)}


def first_network(recipe: Recipe) -> nn.Module:
    """The recipe's network with the first weights of its seed, ready to be trained."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = built_network(recipe.network, configuration(recipe))
    return network.train().requires_grad_(True)
