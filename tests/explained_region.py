"""A small region of drawn slices, seen by a network; and networks whose answer is known."""

import torch
from torch import Tensor, nn

from drawn_networks import disc_of, drawn_slices, some_trained
from gadmap.explanation import SeenRegion
from gadmap.networks import VOXELWISE
from gadmap.networks.checkpoint import TrainedNetwork, built_network
from gadmap.networks.frame_grid import FrameGrid

GRID = FrameGrid(step=6.0, frames=12, baseline=3)
SIZE = 32


def some_seen(
    trained: TrainedNetwork | str = "fcsa-net", seed: int = 0, size: int = SIZE
) -> SeenRegion:
    """Two slices with a disc as region; the second slice's is smaller."""
    if isinstance(trained, str):
        trained = some_trained(trained, quantities=("ktrans",), grid=GRID)
    region = torch.cat([disc_of(size, size, 6), disc_of(size, size, 3)])
    body = disc_of(size, size, 14).expand(2, -1, -1)
    return SeenRegion(
        trained=trained,
        quantity="ktrans",
        slices=(1, 2),
        signal=drawn_slices(2, GRID.frames, size, size, seed=seed),
        inside=region if trained.network in VOXELWISE else body,
        body=body,
        region=region,
    )


def one_frame_network(frame: int, network: str = "cnn-local", gain: float = 0.5) -> TrainedNetwork:
    """A network whose answer is tanh(gain × one frame), voxel by voxel.

    As `cnn-local-fab`, the gate of that frame is nearly 1 and that of all others 1/2.
    """
    module = built_network(network, {"frames": GRID.frames, "outputs": 1})
    for parameter in module.parameters():
        parameter.zero_()
    passing = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d)]
    passing = [layer for layer in passing if layer.stride == (1, 1)]
    for layer in passing:
        middle = layer.kernel_size[0] // 2
        layer.weight[0, 0, middle, middle] = 1
    first, last = passing[0], passing[-1]
    first.weight.zero_()
    first.weight[0, frame, 1, 1] = 1
    last.weight[0, 0] = gain
    if network == "cnn-local-fab":
        bias: Tensor = module.get_parameter("frames.excitation.narrow.bias")
        bias[frame] = 9.0
    return TrainedNetwork(
        network=network,
        configuration={"frames": GRID.frames, "outputs": 1},
        quantities=("ktrans",),
        scales={"ktrans": 0.25},
        grid=GRID,
        provenance={},
        module=module,
    )
