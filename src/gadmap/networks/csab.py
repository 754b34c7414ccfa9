"""CSAB: attention to channels and to space, without attention to frames."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from gadmap.networks.blocks import (
    FEATURES,
    FewFilters,
    Head,
    LearnedGate,
    Stem,
    conv3,
    relu,
    weighed,
)


class ChannelSpatialAttention(nn.Module):
    """Channel-spatial attention block (Fig. 5, Eq. 5-9): 27,457 parameters.

    The channels' weights are a `LearnedGate` of 32; the voxels' are
    SWM = sigmoid(Conv7(relu(Conv6(S2)))), 3 × 3, 32 → 16 → 1.
    """

    def __init__(self) -> None:
        super().__init__()
        self.channels = LearnedGate(FEATURES)
        self.conv6 = conv3(FEATURES, FEATURES // 2)
        self.conv7 = FewFilters(FEATURES // 2, 1)

    def forward(
        self, features: Float[Tensor, "b 32 h w"], inside: Bool[Tensor, "b h w"] | None
    ) -> tuple[Float[Tensor, "b 32 h w"], Float[Tensor, "b 32"], Float[Tensor, "b h w"]]:
        """Weighed features S3, the weights of channels, the weights of voxels."""
        of_channels = self.channels(features, inside)
        weighed_channels = weighed(features, of_channels)
        of_space = torch.sigmoid(self.conv7(relu(self.conv6(weighed_channels))))
        return of_space * weighed_channels, of_channels, of_space[:, 0]


class Csab(nn.Module):
    """FCSA-net without its frame attention: row "CSAB" of the paper's Table II; Fig. 5, Eq. 5-10.

    93,602 parameters for 65 frames and one output: block 27,457, body 66,145.

    Readings, as in FCSA-net:

    - x in Eq. 7 is F = Conv3(Conv3(S1)), not the network's input: only F has the 32 channels that
      the weights have, and the text says "the CSAB input feature map".
    - The two Conv3 of Eq. 5 are two layers: the first takes 65 channels, the second 32, so they
      cannot share weights.
    - Conv3(S1) in Eq. 10 is the first of them: a residual around the block, which Fig. 3 draws.
    - No ReLU directly before a sigmoid, though "the above convolutional layers all use relu": with
      one, no weight could fall below 0.5 and nothing could be turned off.
    - Convolutions keep the size ("same" padding), which the figures' sizes, 32 → 16 → 8 → 2 → 1,
      ask for.

    References
    ----------
    Zeng and Zhou, IEEE BIBM 2021, section III.E and III.F.
    """

    def __init__(self, frames: int = 65, outputs: int = 1) -> None:
        super().__init__()
        self.stem = Stem(frames)
        self.block = ChannelSpatialAttention()
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
