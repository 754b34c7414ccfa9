"""FCSA-net: attention to frames, then to channels and to space."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from gadmap.networks.blocks import LearnedGate, weighed
from gadmap.networks.csab import Csab


class FcsaNet(nn.Module):
    """Frame, channel and spatial attention network, row "FCSA-net" of Table II; Fig. 3-5, Eq. 2-10.

    A `LearnedGate` over the frames (frame attention block, Fig. 4, Eq. 2-4), then `Csab` on the
    weighed frames. 186,877 parameters for 65 frames and one output: frame attention 93,275,
    channel and spatial attention 27,457, body 66,145.

    Readings beside those of `Csab`:

    - FC1 and FC2 of Eq. 3 are 1 × 1 convolutions of a single voxel, 65 → 130 → 65; ReLU after the
      first, none before the sigmoid (with one, no frame could weigh less than 0.5).
    - Pool is the maximum over 2 × 2 with stride 2, as the text says.
    - On slices other than 32 × 32, which the paper does not speak of, the squeezed vectors V1 and
      V2 are means over tiles: see `LearnedGate`.

    References
    ----------
    Zeng and Zhou, IEEE BIBM 2021, section III.D to III.F.
    """

    def __init__(self, frames: int = 65, outputs: int = 1) -> None:
        super().__init__()
        self.frames = LearnedGate(frames)
        self.csab = Csab(frames, outputs)

    def forward(
        self, x: Float[Tensor, "b frames h w"], inside: Bool[Tensor, "b h w"] | None = None
    ) -> Float[Tensor, "b outputs h w"]:
        """Quantities over their scales, -1 to 1."""
        return self.csab(weighed(x, self.frames(x, inside)), inside)

    def attention(
        self, x: Float[Tensor, "b frames h w"], inside: Bool[Tensor, "b h w"] | None = None
    ) -> dict[str, Tensor]:
        """Weights that `forward` uses, 0 to 1.

        "frames" (b, frames), "channels" (b, 32), "space" (b, h, w).
        """
        of_frames = self.frames(x, inside)
        return {"frames": of_frames} | self.csab.attention(weighed(x, of_frames), inside)
