"""CNN(L): a plain convolutional network that sees a few voxels around each."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from gadmap.networks.blocks import FEATURES, conv3, voxelwise


class CnnLocal(nn.Module):
    """The local path of Ulas et al. alone: row "CNN(L)" of the paper's Table II.

    conv3 frames → 32, three conv3 32 → 32, then per voxel 32 → 128 → 64 → outputs; ReLU after each,
    tanh at the output. 59,041 parameters for 65 frames and one output.

    Readings: the paper names the row and draws no figure of it. Its parts are those of the local
    and global network that it cites, without the global path, which is how the row's name reads.
    The output is tanh, as in Eq. 10, so that rows differ by what is before it only.

    References
    ----------
    Ulas et al., Front Neurol 2019;9:1147. Zeng and Zhou, IEEE BIBM 2021, Table II.
    """

    def __init__(self, frames: int = 65, outputs: int = 1) -> None:
        super().__init__()
        inner = [(conv3(FEATURES, FEATURES), nn.ReLU()) for _ in range(3)]
        self.local_path = nn.Sequential(
            conv3(frames, FEATURES), nn.ReLU(), *(layer for pair in inner for layer in pair)
        )
        self.voxelwise = voxelwise(FEATURES, outputs)

    def forward(
        self,
        x: Float[Tensor, "b frames h w"],
        inside: Bool[Tensor, "b h w"] | None = None,  # noqa: ARG002  # every network takes it
    ) -> Float[Tensor, "b outputs h w"]:
        """Quantities over their scales, -1 to 1."""
        return torch.tanh(self.voxelwise(self.local_path(x)))
