"""FCSA-net's body without its blocks: what attention adds is the difference to this."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from gadmap.networks.blocks import Head, Stem


class FcsaBody(nn.Module):
    """FCSA-net with neither block: Eq. 10 with S1 = x and S3 = F. Not a row of the paper.

    66,145 parameters for 65 frames and one output.

    The paper compares its blocks with other networks, whose bodies differ too; this one isolates
    what the blocks add. Without the channel-spatial block its output S3 is its input F, and the
    residual around it stays: y = tanh(Conv9(relu(Conv8(Conv3a(x) + Conv3b(Conv3a(x)))))).

    References
    ----------
    Zeng and Zhou, IEEE BIBM 2021, Fig. 3, Eq. 10.
    """

    def __init__(self, frames: int = 65, outputs: int = 1) -> None:
        super().__init__()
        self.stem = Stem(frames)
        self.head = Head(outputs)

    def forward(
        self,
        x: Float[Tensor, "b frames h w"],
        inside: Bool[Tensor, "b h w"] | None = None,  # noqa: ARG002  # every network takes it
    ) -> Float[Tensor, "b outputs h w"]:
        """Quantities over their scales, -1 to 1."""
        start, features = self.stem(x)
        return self.head(start + features)
