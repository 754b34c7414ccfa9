"""A network's own weights of frames, channels and voxels: Figure 7 of the paper.

Zeng and Zhou, IEEE BIBM 2021, section IV.C and Fig. 7.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.explanation.seen import SeenRegion


@dataclass(frozen=True, eq=False, kw_only=True)
class Attention:
    """What a network weighs while it estimates a region; None for what it does not weigh.

    Attributes
    ----------
    frames
        Weight of each of its frames, one row a slice. Of a network that weighs each voxel's frames
        (AB-LSTM), the mean over the region.
    channels
        Weight of each channel, one row a slice.
    space
        Weight of each voxel.
    """

    frames: Float[np.ndarray, "b frames"] | None
    channels: Float[np.ndarray, "b channel"] | None
    space: Float[np.ndarray, "b h w"] | None

    def mean_frames(self) -> Float[np.ndarray, " frames"] | None:
        """Weight of each frame, over all slices."""
        return None if self.frames is None else self.frames.mean(axis=0)


def region_attention(seen: SeenRegion) -> Attention | None:
    """The weights that the network uses in the region's slices; None if it has no attention."""
    weigh = getattr(seen.trained.module, "attention", None)
    if weigh is None:
        return None
    with torch.inference_mode():
        weights: dict[str, Tensor] = weigh(seen.signal, seen.inside)
    frames = weights.get("frames")
    if "voxel_frames" in weights:
        frames = torch.stack(
            [
                of_voxels[:, where].mean(dim=1)
                for of_voxels, where in zip(weights["voxel_frames"], seen.region, strict=True)
            ]
        )
    return Attention(
        frames=_numpy(frames),
        channels=_numpy(weights.get("channels")),
        space=_numpy(weights.get("space")),
    )


def _numpy(weights: Tensor | None) -> np.ndarray | None:
    return None if weights is None else weights.numpy()
