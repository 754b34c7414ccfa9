"""FCSA-net guided by the exact fit: its attention on what an examination holds."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from gadmap.networks.blocks import FEATURES, conv1, conv3, relu
from gadmap.networks.csab import ChannelSpatialAttention

WIDTH, HEADS, KEYS = 48, 12, 32
DILATIONS = (1, 2, 4, 2, 1, 1)
LARGEST_STEP, LARGEST_SPREAD = 3.0, 2.0  # of a correction in standard errors, and of an error
LEAST_ERROR, LARGEST_ERROR = -4.0, 2.0  # logarithm of the error over the fit's


class Guidance(NamedTuple):
    """What a guided network sees of slices, each of an examination of its own.

    Attributes
    ----------
    features, base, spread
        As in `GuidedInput`.
    curves
        Concentration over what the plasma's area and the fitted ktrans make of it; one a slice, as
        the frames may differ.
    tokens
        What tells the frames apart; one a slice.
    """

    features: Float[Tensor, "b feature h w"]
    base: Float[Tensor, "b quantity h w"]
    spread: Float[Tensor, "b quantity h w"]
    curves: tuple[Float[Tensor, "_time h w"], ...]
    tokens: tuple[Float[Tensor, "_time token"], ...]


def together(seen: Sequence[Guidance]) -> Guidance:
    """Several in one."""
    return Guidance(
        torch.cat([one.features for one in seen]),
        torch.cat([one.base for one in seen]),
        torch.cat([one.spread for one in seen]),
        tuple(curves for one in seen for curves in one.curves),
        tuple(tokens for one in seen for tokens in one.tokens),
    )


class FcsaGuided(nn.Module):
    """Frame, channel and spatial attention around the exact fit.

    The answer is the fit plus a bounded correction in units of the fit's own standard error, and an
    error as a multiple of the fit's: where the fit is sure, the network cannot do harm. How far a
    voxel's fit stands from the median of its neighbours counts as error too, so that a fit that
    went astray can be called back. How far its T1 stands from theirs is told in the same units, by
    what an error of T1 does to ktrans.

    Frames are weighed by an attention whose keys are made of time and plasma curve alone, so their
    number and distance are free. Six dilated 3 × 3 layers look at the neighbourhood, then come the
    channel and spatial attention of FCSA-net and two 1 × 1 layers.
    """

    usual: Tensor
    apart: Tensor

    def __init__(self, features: int = 28, tokens: int = 6, outputs: int = 3) -> None:
        super().__init__()
        self.keys = nn.Sequential(nn.Linear(tokens, KEYS), nn.Tanh(), nn.Linear(KEYS, 2 * HEADS))
        self.entry = conv3(features + HEADS + 2 * outputs + 1, WIDTH)
        self.layers = nn.ModuleList(
            conv3(WIDTH, WIDTH, dilation=dilation) for dilation in DILATIONS
        )
        self.narrow = conv1(WIDTH, FEATURES)
        self.block = ChannelSpatialAttention()
        self.wide = conv1(FEATURES + features, 64)
        self.last = conv1(64, 2 * outputs)
        for parameter in self.last.parameters():  # a network that has learned nothing is the fit
            nn.init.zeros_(parameter)
        known = features + HEADS
        self.register_buffer("usual", torch.zeros(known))
        self.register_buffer("apart", torch.eye(known))

    def frame_weights(self, tokens: Float[Tensor, "_time token"]) -> Float[Tensor, "_time head"]:
        """Weight of each frame in each head: where it looks, times a sign."""
        keys = self.keys(tokens)
        where = torch.softmax(keys[:, :HEADS], dim=0)
        return where * torch.tanh(keys[:, HEADS:])

    def told(self, seen: Guidance) -> Float[Tensor, "b known h w"]:
        """Features of each voxel, and its curve summed over the frames by their weights."""
        pooled = [
            torch.einsum("thw,tk->khw", curves, self.frame_weights(tokens))
            for curves, tokens in zip(seen.curves, seen.tokens, strict=True)
        ]
        return torch.cat([seen.features, torch.asinh(torch.stack(pooled))], dim=1)

    def forward(
        self, seen: Guidance, inside: Bool[Tensor, "b h w"] | None = None
    ) -> Float[Tensor, "b both h w"]:
        """Logarithms as `base`, then logarithms of their standard errors."""
        return self.of_told(seen, self.told(seen), inside)

    def of_told(
        self,
        seen: Guidance,
        told: Float[Tensor, "b known h w"],
        inside: Bool[Tensor, "b h w"] | None = None,
    ) -> Float[Tensor, "b both h w"]:
        """The same, for who has `told` already."""
        away = seen.base - _median_around(seen.base)
        spread = torch.sqrt(seen.spread.square() + away.square()).clamp(max=LARGEST_SPREAD)
        t10 = seen.features[:, :1]
        moved = (t10 - _median_around(t10)) / seen.spread[:, :1]
        beside = [torch.asinh(away / seen.spread), torch.log(spread) / 2 + 1, torch.asinh(moved)]
        around = self.around(torch.cat([told, *beside], dim=1), inside)
        found = self.last(relu(self.wide(torch.cat([around, seen.features], dim=1))))
        step, error = found.chunk(2, dim=1)
        value = seen.base + LARGEST_STEP * spread * torch.tanh(step)
        width = torch.log(spread) + error.clamp(LEAST_ERROR, LARGEST_ERROR)
        return torch.cat([value, width], dim=1)

    def around(
        self, entering: Float[Tensor, "b entry h w"], inside: Bool[Tensor, "b h w"] | None
    ) -> Float[Tensor, "b 32 h w"]:
        """What the neighbourhood of each voxel says of it."""
        hidden = relu(self.entry(entering))
        for layer in self.layers:
            hidden = hidden + relu(layer(hidden))
        narrow = relu(self.narrow(hidden))
        return narrow + self.block(narrow, inside)[0]

    def unlike(self, told: Float[Tensor, "b known h w"]) -> Float[Tensor, "b h w"]:
        """How far each voxel lies from those of the training; 1 at the edge of their usual ones.

        The distance of Mahalanobis, over its 99 % quantile in scenes of the training's kind.
        """
        apart = torch.einsum("bkhw,kl->blhw", told - self.usual[:, None, None], self.apart)
        return torch.linalg.vector_norm(apart, dim=1)


def _median_around(values: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """Median of each voxel and its eight neighbours in the plane."""
    padded = nn.functional.pad(values, (1, 1, 1, 1), mode="replicate")
    windows = padded.unfold(2, 3, 1).unfold(3, 3, 1).flatten(4)
    return windows.median(dim=-1).values
