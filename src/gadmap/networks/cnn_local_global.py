"""CNN(L+G): a local path beside a global one of dilated convolutions."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from gadmap.networks.blocks import FEATURES, conv3, relu, voxelwise


class CnnLocalGlobal(nn.Module):
    """The local and global network: row "CNN(L+G)" of the paper's Table II.

    conv3 frames → 32; local: three conv3 32 → 32; global: three conv3 32 → 32 dilated by 2, 4
    and 8; both concatenated, then per voxel 64 → 128 → 64 → outputs. ReLU after each, tanh at the
    output. 90,881 parameters for 65 frames and one output.

    Readings: the paper says "paralleling 3 dilated convolutional layers (ie global path) on the
    backbone"; their dilations are those of Ulas et al. AIF-TK-net's branch for the arterial input
    is left out: the row's networks map from the images alone.

    References
    ----------
    Ulas et al., Front Neurol 2019;9:1147. Kettelkamp and Lingala, ISBI 2020, 1450-1453.
    Zeng and Zhou, IEEE BIBM 2021, section II.B and Table II.
    """

    def __init__(self, frames: int = 65, outputs: int = 1) -> None:
        super().__init__()
        self.start = conv3(frames, FEATURES)
        self.local_path = _path(1, 1, 1)
        self.global_path = _path(2, 4, 8)
        self.voxelwise = voxelwise(2 * FEATURES, outputs)

    def forward(
        self,
        x: Float[Tensor, "b frames h w"],
        inside: Bool[Tensor, "b h w"] | None = None,  # noqa: ARG002  # every network takes it
    ) -> Float[Tensor, "b outputs h w"]:
        """Quantities over their scales, -1 to 1."""
        start = relu(self.start(x))
        both = torch.cat([self.local_path(start), self.global_path(start)], dim=1)
        return torch.tanh(self.voxelwise(both))


def _path(*dilations: int) -> nn.Sequential:
    layers = [(conv3(FEATURES, FEATURES, dilation=d), nn.ReLU()) for d in dilations]
    return nn.Sequential(*(layer for pair in layers for layer in pair))
