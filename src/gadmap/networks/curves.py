"""Curves of voxels for networks that look at one voxel at a time."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

_VOXELS_AT_ONCE = 8192


def over_curves(
    work: Callable[[Float[Tensor, "voxel frames"]], Float[Tensor, "voxel outputs"]],
    outputs: int,
    x: Float[Tensor, "b frames h w"],
    inside: Bool[Tensor, "b h w"] | None,
) -> Float[Tensor, "b outputs h w"]:
    """What `work` makes of the curve of each voxel inside; 0 outside.

    Some thousands at once: the memory for one slice is that for all.
    """
    wanted = torch.ones_like(x[:, 0], dtype=torch.bool) if inside is None else inside
    curves = x.movedim(1, -1)[wanted]
    made = torch.cat([work(piece) for piece in curves.split(_VOXELS_AT_ONCE)])
    result = made.new_zeros(*wanted.shape, outputs)
    result[wanted] = made
    return result.movedim(-1, 1)
