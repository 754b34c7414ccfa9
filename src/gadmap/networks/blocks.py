"""Pieces that several networks share: convolutions, and gates that weigh frames or channels."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from gadmap.networks.tiles import TILE, selected_tiles, tile_shares

FEATURES = 32
"""Channels of every network's inner layers."""

_BAND, _REACH = 64, 2


def conv3(channels: int, filters: int, *, stride: int = 1, dilation: int = 1) -> nn.Conv2d:
    """A 3 × 3 convolution that keeps the size, but for its stride.

    Padding is symmetric. TensorFlow's "same", which the paper used, pads a strided convolution at
    the far edge only: the same size and weights, the windows one voxel further.
    """
    return nn.Conv2d(channels, filters, 3, stride=stride, padding=dilation, dilation=dilation)


class FewFilters(nn.Conv2d):
    """A 3 × 3 convolution to one or a few channels: the same sum in another order.

    Each voxel's products with the nine taps first, then their shifted sum. The usual kernels fill
    16 channels for one, and take three times as long.
    """

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__(channels, filters, 3, padding=1)

    def forward(self, input: Float[Tensor, "b c h w"]) -> Float[Tensor, "b filters h w"]:  # noqa: A002  # as in torch
        """The convolution, same size."""
        taps = self.weight.flip(2, 3).permute(0, 2, 3, 1).reshape(-1, self.in_channels, 1, 1)
        products = functional.conv2d(input, taps).flatten(2)
        summed = functional.fold(products, input.shape[-2:], 3, padding=1)
        return summed if self.bias is None else summed + self.bias[:, None, None]


def relu(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """ReLU of a layer's output, in its place where no gradient will ask for that."""
    return functional.relu(x, inplace=not torch.is_grad_enabled())


def conv1(channels: int, filters: int) -> nn.Conv2d:
    """A 1 × 1 convolution."""
    return nn.Conv2d(channels, filters, 1)


def voxelwise(channels: int, outputs: int) -> nn.Sequential:
    """The last layers of the local and global networks, voxel by voxel: c → 128 → 64 → outputs."""
    return nn.Sequential(
        conv1(channels, 128), nn.ReLU(), conv1(128, 64), nn.ReLU(), conv1(64, outputs)
    )


class Excitation(nn.Module):
    """Two layers from a vector to one number a channel: c → 2c → c, ReLU between.

    A 1 × 1 convolution of a single voxel is a linear layer: the same function and weights.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.widen = nn.Linear(channels, 2 * channels)
        self.narrow = nn.Linear(2 * channels, channels)

    def forward(self, squeezed: Float[Tensor, "b c"]) -> Float[Tensor, "b c"]:
        """What goes into a sigmoid. No ReLU before it, or no weight could fall below 0.5."""
        return self.narrow(relu(self.widen(squeezed)))


class LearnedGate(nn.Module):
    """Weight of each channel, 0 to 1, from a slice squeezed by convolutions (Eq. 2-3 and 5-6).

    V = Pool(Conv(Pool(Conv(x)))): 3 × 3 with stride 2, maximum over 2 × 2, 3 × 3 with stride 4,
    maximum over 2 × 2; so 32 → 16 → 8 → 2 → 1. Then sigmoid(FC(relu(FC(V)))).

    On slices of another size V is the mean over tiles of 32 × 32, each weighted by its voxels
    inside; not an adaptive pool, which would show the gate a maximum over more voxels than it ever
    saw. What lies in a tile is seen as a whole, inside or not, as it was in training.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = conv3(channels, channels, stride=2)
        self.second = conv3(channels, channels, stride=4)
        self.excitation = Excitation(channels)

    def forward(
        self, x: Float[Tensor, "b c h w"], inside: Bool[Tensor, "b h w"] | None
    ) -> Float[Tensor, "b c"]:
        """Weight of each channel, one a slice."""
        if x.shape[-2:] == (TILE, TILE):
            squeezed = self._squeezed(x)
        else:
            shares = tile_shares(inside, x)
            wanted = shares > 0
            squeezed = x.new_zeros(*shares.shape, x.shape[1])
            squeezed[wanted] = self._squeezed(selected_tiles(x, wanted))
            squeezed = (shares[..., None] * squeezed).sum(dim=1)
        return torch.sigmoid(self.excitation(squeezed))

    def _squeezed(self, tiles: Float[Tensor, "n c 32 32"]) -> Float[Tensor, "n c"]:
        half = functional.max_pool2d(relu(self.first(tiles)), 2)
        return functional.max_pool2d(relu(self.second(half)), 2).flatten(1)


class Stem(nn.Module):
    """The two convolutions at the entry of FCSA-net: both outputs of frames → 32 → 32."""

    def __init__(self, frames: int) -> None:
        super().__init__()
        self.conv3a = conv3(frames, FEATURES)
        self.conv3b = conv3(FEATURES, FEATURES)

    def forward(
        self, x: Float[Tensor, "b frames h w"]
    ) -> tuple[Float[Tensor, "b 32 h w"], Float[Tensor, "b 32 h w"]]:
        """After the first convolution, which the residual takes, and after both."""
        start = relu(self.conv3a(x))
        return start, relu(self.conv3b(start))


class Head(nn.Module):
    """The last two convolutions of FCSA-net, 32 → 128 → outputs: tanh(Conv9(relu(Conv8(x))))."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.conv8 = conv3(FEATURES, 128)
        self.conv9 = FewFilters(128, outputs)

    def forward(self, x: Float[Tensor, "b 32 h w"]) -> Float[Tensor, "b outputs h w"]:
        """Quantities over their scales, -1 to 1.

        A large slice goes through in bands of rows, with the neighbours that they need: the same
        values, without 128 channels of all of it in memory.
        """
        rows = x.shape[2]
        if torch.is_grad_enabled() or rows <= _BAND:
            return self._of(x)
        bands = []
        for start in range(0, rows, _BAND):
            before = min(start, _REACH)
            found = self._of(x[:, :, start - before : start + _BAND + _REACH])
            bands.append(found[:, :, before : before + _BAND])
        return torch.cat(bands, dim=2)

    def _of(self, x: Float[Tensor, "b 32 rows w"]) -> Float[Tensor, "b outputs rows w"]:
        return torch.tanh(self.conv9(relu(self.conv8(x))))


def weighed(x: Float[Tensor, "b c h w"], weights: Float[Tensor, "b c"]) -> Float[Tensor, "b c h w"]:
    """Every channel times its weight."""
    return x * weights[..., None, None]
