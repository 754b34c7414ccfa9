"""Networks with weights strong enough that every layer matters, and files of them."""

from math import sqrt

import numpy as np
import torch
from torch import Tensor, nn

from gadmap.networks.checkpoint import TrainedNetwork, built_network
from gadmap.networks.frame_grid import RIDER_GRID, FrameGrid

SCALES = {"ktrans": 0.25, "ve": 0.5, "kep": 2.0}


def strengthened(module: nn.Module, seed: int = 0) -> nn.Module:
    """The module with drawn weights that keep the size of what passes through, and biases."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            drawn = torch.randn(parameter.shape, generator=generator)
            fan_in = parameter[0].numel() if parameter.dim() > 1 else 100
            parameter.copy_(drawn * sqrt(2 / fan_in))
    return module.eval().requires_grad_(False)


def drawn_slices(*shape: int, seed: int = 0) -> Tensor:
    """Signal like that of a network's input, 0 to 1."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def disc_of(h: int, w: int, radius: float) -> Tensor:
    """True in a disc around the middle (1, h, w)."""
    y, x = np.indices((h, w))
    return torch.tensor((y - h / 2) ** 2 + (x - w / 2) ** 2 < radius**2)[None]


def some_trained(
    network: str = "fcsa-net",
    quantities: tuple[str, ...] = ("ktrans", "ve", "kep"),
    grid: FrameGrid = RIDER_GRID,
    **provenance: object,
) -> TrainedNetwork:
    """A network as a training would leave it, but with drawn weights; most outputs above 0."""
    configuration = {"frames": grid.frames, "outputs": len(quantities)}
    module = strengthened(built_network(network, configuration))
    list(module.parameters())[-1].add_(0.7)
    return TrainedNetwork(
        network=network,
        configuration=configuration,
        quantities=quantities,
        scales={name: SCALES[name] for name in quantities},
        grid=grid,
        provenance=provenance,
        module=module,
    )
