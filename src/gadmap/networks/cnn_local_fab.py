"""CNN(L)+FAB: the local network behind FCSA-net's attention to frames."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from gadmap.networks.blocks import LearnedGate, weighed
from gadmap.networks.cnn_local import CnnLocal


class CnnLocalFab(nn.Module):
    """`CnnLocal` on frames weighed by a `LearnedGate`: row "CNN(L)+FAB"; Fig. 4, Eq. 2-4.

    152,316 parameters for 65 frames and one output: frame attention 93,275, network 59,041.

    Readings: those of FCSA-net's frame attention. The block stands before the network, as in
    Fig. 3, since its output S1 is the weighed input.

    References
    ----------
    Zeng and Zhou, IEEE BIBM 2021, section III.D and Table II.
    """

    def __init__(self, frames: int = 65, outputs: int = 1) -> None:
        super().__init__()
        self.frames = LearnedGate(frames)
        self.network = CnnLocal(frames, outputs)

    def forward(
        self, x: Float[Tensor, "b frames h w"], inside: Bool[Tensor, "b h w"] | None = None
    ) -> Float[Tensor, "b outputs h w"]:
        """Quantities over their scales, -1 to 1."""
        return self.network(weighed(x, self.frames(x, inside)))

    def attention(
        self, x: Float[Tensor, "b frames h w"], inside: Bool[Tensor, "b h w"] | None = None
    ) -> dict[str, Tensor]:
        """Weights that `forward` uses: "frames" (b, frames), 0 to 1."""
        return {"frames": self.frames(x, inside)}
