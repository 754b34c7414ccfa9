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


def cut_into_tiles(slices: Float[Tensor, "b c h w"]) -> Float[Tensor, "b row column 32 32 c"]:
    """Tiles of 32 × 32 voxels, the channels last; what a slice lacks to the last ones is 0.

    A view where the size is a multiple of 32 and the channels are last in memory.
    """
    h, w = slices.shape[-2:]
    if h % TILE or w % TILE:
        slices = functional.pad(slices, (0, -w % TILE, 0, -h % TILE))
    lines = slices.movedim(1, -1).unflatten(1, (-1, TILE)).unflatten(3, (-1, TILE))
    return lines.transpose(2, 3)


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
    counted = torch.ones_like(slices[:, 0]) if inside is None else _or_all(inside)
    voxels = cut_into_tiles(counted[:, None].to(slices.dtype)).sum(dim=(3, 4, 5)).flatten(1)
    return voxels / voxels.sum(dim=1, keepdim=True)


def selected_tiles(
    slices: Float[Tensor, "b c h w"], wanted: Bool[Tensor, "b tile"]
) -> Float[Tensor, "wanted c 32 32"]:
    """The wanted tiles of all slices in one batch, channels last in memory."""
    tiles = cut_into_tiles(slices)
    return tiles[wanted.unflatten(1, tiles.shape[1:3])].movedim(-1, 1)


def mean_inside(
    slices: Float[Tensor, "b c h w"], inside: Bool[Tensor, "b h w"] | None
) -> Float[Tensor, "b c"]:
    """Mean over the voxels inside; over all if none is."""
    if inside is None:
        return slices.mean(dim=(2, 3))
    counted = _or_all(inside).to(slices.dtype)
    shares = counted / counted.sum(dim=(1, 2), keepdim=True)
    return torch.einsum("bchw,bhw->bc", slices, shares)


def highest_inside(
    slices: Float[Tensor, "b c h w"], inside: Bool[Tensor, "b h w"] | None
) -> Float[Tensor, "b c"]:
    """Maximum over the voxels inside a tile, averaged over the tiles by their voxels inside."""
    if inside is None:
        inside = torch.ones_like(slices[:, 0], dtype=torch.bool)
    counted = _or_all(inside)[:, None]
    shares = tile_shares(inside, slices)
    wanted = shares > 0
    highest = slices.new_zeros(*shares.shape, slices.shape[1])
    within = selected_tiles(counted.to(slices.dtype), wanted) > 0
    tiles = selected_tiles(slices, wanted).masked_fill(~within, -torch.inf)
    highest[wanted] = tiles.amax(dim=(2, 3))
    return (shares[..., None] * highest).sum(dim=1)


def _or_all(inside: Bool[Tensor, "b h w"]) -> Bool[Tensor, "b h w"]:
    """The voxels inside; all of a slice's where none is."""
    return inside | ~inside.flatten(1).any(dim=1)[:, None, None]
