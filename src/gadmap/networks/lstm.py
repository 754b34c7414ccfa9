"""LSTM: each voxel's curve read frame by frame."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from gadmap.networks.blocks import FEATURES
from gadmap.networks.curves import over_curves


class Lstm(nn.Module):
    """Three layers of 32 LSTM cells over time, voxel by voxel: row "LSTM" of the paper's Table II.

    The state after the last frame → outputs, tanh. 21,409 parameters for one output, whatever the
    number of frames.

    Readings: the paper gives no sizes; they are those of the LSTM network that it cites, whose
    cells have 32 features. It looks at single voxels, as the paper remarks ("does not consider
    spatial information"), so its map does not depend on how a slice is cut. Output tanh, as in
    Eq. 10. Only voxels inside are computed; outside, its map is 0.

    References
    ----------
    Zou, Balter and Cao, Med Phys 2020;47:3447-3457. Zeng and Zhou, IEEE BIBM 2021, Table II.
    """

    def __init__(self, frames: int = 65, outputs: int = 1) -> None:
        super().__init__()
        self.frames, self.outputs = frames, outputs
        self.cells = nn.LSTM(1, FEATURES, num_layers=3, batch_first=True)
        self.last = nn.Linear(FEATURES, outputs)

    def forward(
        self, x: Float[Tensor, "b frames h w"], inside: Bool[Tensor, "b h w"] | None = None
    ) -> Float[Tensor, "b outputs h w"]:
        """Quantities over their scales, -1 to 1; 0 outside."""
        return over_curves(self._of_curves, self.outputs, x, inside)

    def _of_curves(self, curves: Float[Tensor, "voxel frames"]) -> Float[Tensor, "voxel outputs"]:
        states, _ = self.cells(curves[..., None])
        return torch.tanh(self.last(states[:, -1]))
