"""Regions of patients with room to turn them, and batches of turned regions."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, sqrt
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float16, Float32, Int
from torch import Tensor
from torch.nn.functional import embedding_bag

_WHOLE = 0.99  # all neighbours count, but for the rounding of half precision


class Batch(NamedTuple):
    """What a network sees and should say.

    Attributes
    ----------
    signal
        Over the examination's scale.
    target
        Over the quantity's scale, clipped to 0..1.
    weight
        1 where the target counts, else 0.
    """

    signal: Float[Tensor, "b frames h w"]
    target: Float[Tensor, "b outputs h w"]
    weight: Float[Tensor, "b outputs h w"]


@dataclass(frozen=True, eq=False)
class Crops:
    """Square surroundings of regions, as large as the region's diagonal.

    Attributes
    ----------
    signal
        In half precision: its rounding lies far below noise, and it halves the memory.
    target
        In the quantities' units, not yet scaled; 0 where it does not count.
    counts
        1 where the target counts, else 0; in half precision, to be averaged like the signal.
    size
        Edge of the regions.
    """

    signal: Float16[Tensor, "region x y frames"]
    target: Float32[Tensor, "region x y outputs"]
    counts: Float16[Tensor, "region x y outputs"]
    size: int

    def __len__(self) -> int:
        return self.signal.shape[0]

    @property
    def margin(self) -> int:
        """Voxels around a region on each side."""
        return (self.signal.shape[1] - self.size) // 2

    def scaled(self, scales: Float[Tensor, " outputs"]) -> "Crops":
        """The same with targets over `scales`, clipped to 0..1."""
        return Crops(self.signal, (self.target / scales).clamp_(0, 1), self.counts, self.size)


def crop_edge(size: int) -> int:
    """Edge of the square in which a region of `size` can turn: 46 for 32."""
    edge = ceil(sqrt(2) * size)
    return edge + (edge - size) % 2


def crops_of(
    signal: Float[np.ndarray, "x y z frames"],
    target: Mapping[str, Float[np.ndarray, "x y z"]],
    corners: Int[np.ndarray, "region 3"],
    size: int,
) -> Crops:
    """The surroundings of the regions at `corners`; what lies outside the slice does not count.

    Parameters
    ----------
    target
        Quantity name to map in its unit, NaN where it does not count; one output each.
    """
    margin = (crop_edge(size) - size) // 2
    edge = size + 2 * margin
    values = np.stack(list(target.values()), axis=-1)
    counts = np.isfinite(values)

    def cut(array: np.ndarray, dtype: type) -> Tensor:
        pads = ((margin, margin), (margin, margin), (0, 0))
        found = np.empty((len(corners), edge, edge, array.shape[-1]), dtype=dtype)
        for i, (x, y, z) in enumerate(corners):
            found[i] = np.pad(array[:, :, z], pads)[x : x + edge, y : y + edge]
        return torch.from_numpy(found)

    filled = np.where(counts, values, 0)
    return Crops(cut(signal, np.float16), cut(filled, np.float32), cut(counts, np.float16), size)


def joined(parts: list[Crops]) -> Crops:
    """The crops of several patients one after the other; empties the list, to save memory."""
    size = parts[0].size
    columns = [(part.signal, part.target, part.counts) for part in parts]
    parts.clear()
    signal, target, counts = (torch.cat(column) for column in zip(*columns, strict=True))
    return Crops(signal, target, counts, size)


def turned(crops: Crops, regions: Int[Tensor, " b"], angles: Float[Tensor, " b"]) -> Batch:
    """Regions turned by `angles` [rad] about their centres: as if the slice had been turned first.

    Counterclockwise, as `torch.rot90`. Signal and target are interpolated linearly; a target counts
    where all its neighbours do. Tensors come channels-last in memory, in which convolutions on a
    processor are twice as fast.
    """
    places = _turned_places(crops, angles)
    neighbours, shares = _neighbours(places, crops.signal.shape[1], regions)

    def mean_of(values: Tensor) -> Float[Tensor, "place c"]:
        table, weights = values.flatten(0, 2), shares.to(values.dtype)
        return embedding_bag(neighbours, table, per_sample_weights=weights, mode="sum")

    def image(found: Tensor) -> Float[Tensor, "b c h w"]:
        return found.float().unflatten(0, places.shape[:3]).permute(0, 3, 1, 2)

    return Batch(
        signal=image(mean_of(crops.signal)),
        target=image(mean_of(crops.target)),
        weight=image(mean_of(crops.counts) > _WHOLE),
    )


def _turned_places(crops: Crops, angles: Float[Tensor, " b"]) -> Float[Tensor, "b h w 2"]:
    """Where in its crop, in voxels, each voxel of a turned region comes from."""
    along = torch.arange(crops.size, dtype=torch.float64) - (crops.size - 1) / 2
    cosine, sine = torch.cos(angles)[:, None, None], torch.sin(angles)[:, None, None]
    x, y = along[None, :, None], along[None, None, :]
    centre = (crops.signal.shape[1] - 1) / 2
    return torch.stack([cosine * x + sine * y, cosine * y - sine * x], dim=-1) + centre


def _neighbours(
    places: Float[Tensor, "b h w 2"], edge: int, regions: Int[Tensor, " b"]
) -> tuple[Int[Tensor, "place 4"], Float[Tensor, "place 4"]]:
    """Flat indices of the four voxels about each place, and their shares in it.

    A sum over rows of a table is what `embedding_bag` is made for: six times as fast as
    `grid_sample`, and it reads half precision.
    """
    low = places.floor().clamp(max=edge - 2).long()
    share = (places - low).float()
    first = (regions[:, None, None] * edge + low[..., 0]) * edge + low[..., 1]
    neighbours = first[..., None] + torch.tensor([0, 1, edge, edge + 1])
    in_x = torch.stack([1 - share[..., 0], share[..., 0]], dim=-1)
    in_y = torch.stack([1 - share[..., 1], share[..., 1]], dim=-1)
    shares = in_x[..., :, None] * in_y[..., None, :]
    return neighbours.flatten(0, 2), shares.flatten(0, 2).flatten(1)


def upright(crops: Crops, regions: Int[Tensor, " b"]) -> Batch:
    """Regions as they lie."""
    here = slice(crops.margin, crops.margin + crops.size)

    def cut(values: Tensor) -> Tensor:
        return values[regions, here, here].float().permute(0, 3, 1, 2)

    return Batch(cut(crops.signal), cut(crops.target), cut(crops.counts))


def counting_voxels(crops: Crops) -> Int[Tensor, " voxel"]:
    """Places in the regions, not their surroundings, where any target counts: flat indices."""
    counts = crops.counts.any(dim=-1)
    inner = torch.zeros_like(counts)
    here = slice(crops.margin, crops.margin + crops.size)
    inner[:, here, here] = counts[:, here, here]
    return inner.flatten().nonzero()[:, 0]


def single_voxels(crops: Crops, voxels: Int[Tensor, " n"]) -> Batch:
    """A batch of images of one voxel each, from flat indices of `counting_voxels`."""

    def at(values: Tensor) -> Tensor:
        return values.flatten(0, 2)[voxels].float()[:, :, None, None]

    return Batch(at(crops.signal), at(crops.target), at(crops.counts))
