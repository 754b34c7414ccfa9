"""CBAM: FCSA-net's body with the convolutional block attention module in the place of CSAB."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from gadmap.networks.blocks import FEATURES, Excitation, Head, Stem, weighed
from gadmap.networks.tiles import highest_inside, mean_inside


class ConvolutionalBlockAttention(nn.Module):
    """Attention to channels by pooled means and maxima, then to space by those over channels."""

    def __init__(self) -> None:
        super().__init__()
        self.excitation = Excitation(FEATURES)
        self.space = nn.Conv2d(2, 1, 7, padding=3)

    def forward(
        self, features: Float[Tensor, "b 32 h w"], inside: Bool[Tensor, "b h w"] | None
    ) -> tuple[Float[Tensor, "b 32 h w"], Float[Tensor, "b 32"], Float[Tensor, "b h w"]]:
        """Weighed features, the weights of channels, the weights of voxels."""
        means, maxima = mean_inside(features, inside), highest_inside(features, inside)
        of_channels = torch.sigmoid(self.excitation(means) + self.excitation(maxima))
        chosen = weighed(features, of_channels)
        over_channels = torch.stack([chosen.mean(dim=1), chosen.amax(dim=1)], dim=1)
        of_space = torch.sigmoid(self.space(over_channels))
        return of_space * chosen, of_channels, of_space[:, 0]


class Cbam(nn.Module):
    """FCSA-net's body around a CBAM: row "CBAM" of the paper's Table II.

    Mean and maximum over space, a shared 32 → 64 → 32, their sum, sigmoid; then mean and maximum
    over channels, a 7 × 7 convolution, sigmoid. 70,436 parameters for 65 frames and one output:
    block 4,291, body 66,145.

    Readings:

    - The paper sets "CBAM and CSAB" side by side, so only the block differs from `Csab`: body,
      residual and the widening by 2 are the same (Woo et al. narrow by 16, to 2 of 32 channels).
    - The 7 × 7 convolution has a bias, as every layer of the paper has.
    - On slices other than 32 × 32, where a maximum over more voxels would be higher than any that
      the block was trained on, it is the mean over tiles of each tile's maximum, weighted by voxels
      inside; the mean is that over the voxels inside.

    References
    ----------
    Woo et al., CBAM: convolutional block attention module, ECCV 2018, Eq. 1-3. Zeng and Zhou, IEEE
    BIBM 2021, section V and Table II.
    """

    def __init__(self, frames: int = 65, outputs: int = 1) -> None:
        super().__init__()
        self.stem = Stem(frames)
        self.block = ConvolutionalBlockAttention()
        self.head = Head(outputs)

    def forward(
        self, x: Float[Tensor, "b frames h w"], inside: Bool[Tensor, "b h w"] | None = None
    ) -> Float[Tensor, "b outputs h w"]:
        """Quantities over their scales, -1 to 1."""
        start, features = self.stem(x)
        return self.head(start + self.block(features, inside)[0])

    def attention(
        self, x: Float[Tensor, "b frames h w"], inside: Bool[Tensor, "b h w"] | None = None
    ) -> dict[str, Tensor]:
        """Weights that `forward` uses: "channels" (b, 32) and "space" (b, h, w), 0 to 1."""
        _, of_channels, of_space = self.block(self.stem(x)[1], inside)
        return {"channels": of_channels, "space": of_space}
