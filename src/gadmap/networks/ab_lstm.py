"""AB-LSTM: each voxel's curve read from both ends, with attention to frames."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from gadmap.networks.blocks import FEATURES
from gadmap.networks.curves import over_curves


class AbLstm(nn.Module):
    """Attention bidirectional LSTM, voxel by voxel: row "AB-LSTM" of the paper's Table II.

    Two bidirectional layers of 32 cells; a linear layer 64 → 1 and a softmax over time weigh the
    states, whose sum → outputs, tanh. 34,178 parameters for one output, whatever the number of
    frames.

    Readings: "bidirectional LSTM cells with 32 features, a fully connected attention layer, and a
    fully connected layer ... on the attention weighted features". 32 features are taken as those of
    each direction, since cells have them; two layers, with which the paper's "multi-layer" holds.
    Softmax, so that the weights of the frames sum to 1. Output tanh, as in Eq. 10. Only voxels
    inside are computed; outside, its map is 0.

    References
    ----------
    Zou, Balter and Cao, Int J Radiat Oncol Biol Phys 2020;108(3):S130. Zeng and Zhou, IEEE BIBM
    2021, section I and Table II.
    """

    def __init__(self, frames: int = 65, outputs: int = 1) -> None:
        super().__init__()
        self.frames, self.outputs = frames, outputs
        self.cells = nn.LSTM(1, FEATURES, num_layers=2, batch_first=True, bidirectional=True)
        self.score = nn.Linear(2 * FEATURES, 1)
        self.last = nn.Linear(2 * FEATURES, outputs)

    def forward(
        self, x: Float[Tensor, "b frames h w"], inside: Bool[Tensor, "b h w"] | None = None
    ) -> Float[Tensor, "b outputs h w"]:
        """Quantities over their scales, -1 to 1; 0 outside."""
        return over_curves(self._of_curves, self.outputs, x, inside)

    def attention(
        self, x: Float[Tensor, "b frames h w"], inside: Bool[Tensor, "b h w"] | None = None
    ) -> dict[str, Tensor]:
        """Weights that `forward` uses: "voxel_frames" (b, frames, h, w), of sum 1; 0 outside."""
        weights = over_curves(lambda curves: self._weighed(curves)[1], x.shape[1], x, inside)
        return {"voxel_frames": weights}

    def _of_curves(self, curves: Float[Tensor, "voxel frames"]) -> Float[Tensor, "voxel outputs"]:
        return torch.tanh(self.last(self._weighed(curves)[0]))

    def _weighed(
        self, curves: Float[Tensor, "voxel frames"]
    ) -> tuple[Float[Tensor, "voxel 64"], Float[Tensor, "voxel frames"]]:
        """Sum of the states over time, and the weight of each frame in it."""
        states, _ = self.cells(curves[..., None])
        weights = torch.softmax(self.score(states)[..., 0], dim=1)
        return torch.einsum("vtc,vt->vc", states, weights), weights
