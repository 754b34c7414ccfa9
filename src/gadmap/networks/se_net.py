"""SE-NET: the local network behind squeeze-and-excitation of the frames."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from gadmap.networks.blocks import Excitation, weighed
from gadmap.networks.cnn_local import CnnLocal
from gadmap.networks.tiles import mean_inside


class SeNet(nn.Module):
    """`CnnLocal` on frames weighed by squeeze-and-excitation: row "SE-NET" of Table II.

    Mean over space → 2 × frames → frames → sigmoid, ReLU between. 76,136 parameters for 65 frames
    and one output: block 17,095, network 59,041.

    Readings:

    - The paper sets "SE-NET and FAB" side by side to tell its squeeze by convolutions from the mean
      alone. So everything but the squeeze is that of `CnnLocalFab`: the same place before the same
      network, and the same widening by 2 where Hu et al. narrow by 16.
    - No ReLU before the sigmoid, as Hu et al. have it.
    - On a slice with a mask the mean is that over its voxels inside: air is none of the tissue that
      the training patches were full of.

    References
    ----------
    Hu et al., Squeeze-and-excitation networks, CVPR 2018, Eq. 2-4. Zeng and Zhou, IEEE BIBM 2021,
    section V and Table II.
    """

    def __init__(self, frames: int = 65, outputs: int = 1) -> None:
        super().__init__()
        self.excitation = Excitation(frames)
        self.network = CnnLocal(frames, outputs)

    def forward(
        self, x: Float[Tensor, "b frames h w"], inside: Bool[Tensor, "b h w"] | None = None
    ) -> Float[Tensor, "b outputs h w"]:
        """Quantities over their scales, -1 to 1."""
        return self.network(weighed(x, self.attention(x, inside)["frames"]))

    def attention(
        self, x: Float[Tensor, "b frames h w"], inside: Bool[Tensor, "b h w"] | None = None
    ) -> dict[str, Tensor]:
        """Weights that `forward` uses: "frames" (b, frames), 0 to 1."""
        return {"frames": torch.sigmoid(self.excitation(mean_inside(x, inside)))}
