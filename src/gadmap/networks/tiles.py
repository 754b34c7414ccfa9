"""Slices of any size through windows of 32 × 32 voxels, for which the gates were made.

The attention blocks reduce exactly 32 × 32 voxels to one vector. A larger slice is cut into such
tiles, and the vectors are averaged, each by the voxels of its tile that lie inside the body: one
gate a slice, so that the convolutions see the whole slice once and there are no seams.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

TILE = 32


def cut_into_tiles(slices: Float[Tensor, "b c h w"]) -> Float[Tensor, "b tile c 32 32"]:
    """Tiles of 32 × 32 voxels row by row; what a slice lacks to the last ones is 0.

    A view where the size is a multiple of 32, with the channels' place in memory kept.
    """
    h, w = slices.shape[-2:]
    if h % TILE or w % TILE:
        slices = functional.pad(slices, (0, -w % TILE, 0, -h % TILE))
    windows = slices.unfold(2, TILE, TILE).unfold(3, TILE, TILE)
    return windows.permute(0, 2, 3, 1, 4, 5).flatten(1, 2)


def tile_shares(
    inside: Bool[Tensor, "b h w"] | None, slices: Float[Tensor, "b c h w"]
) -> Float[Tensor, "b tile"]:
    """Share that each tile has of its slice's voxels inside; of all its voxels if none is inside.

    Parameters
    ----------
    inside
        Voxels of the body; None for all.
    slices
        What is cut into tiles; gives size and type.
    """
    everywhere = slices.new_ones((slices.shape[0], 1, *slices.shape[-2:]))
    if inside is None:
        counted = everywhere
    else:
        empty = ~inside.flatten(1).any(dim=1)
        counted = torch.where(empty[:, None, None], True, inside)[:, None].to(slices.dtype)
    voxels = cut_into_tiles(counted).sum(dim=(2, 3, 4))
    return voxels / voxels.sum(dim=1, keepdim=True)


def selected_tiles(
    slices: Float[Tensor, "b c h w"], wanted: Bool[Tensor, "b tile"]
) -> Float[Tensor, "wanted c 32 32"]:
    """The wanted tiles of all slices in one batch, channels last in memory."""
    return cut_into_tiles(slices).permute(0, 1, 3, 4, 2)[wanted].permute(0, 3, 1, 2)


def mean_inside(
    slices: Float[Tensor, "b c h w"], inside: Bool[Tensor, "b h w"] | None
) -> Float[Tensor, "b c"]:
    """Mean over the voxels inside; over all if none is."""
    if inside is None:
        return slices.mean(dim=(2, 3))
    return torch.einsum("bchw,bhw->bc", slices, _weights(inside, slices.dtype))


def _weights(inside: Bool[Tensor, "b h w"], dtype: torch.dtype) -> Float[Tensor, "b h w"]:
    counted = torch.where(~inside.flatten(1).any(dim=1)[:, None, None], True, inside).to(dtype)
    return counted / counted.sum(dim=(1, 2), keepdim=True)
