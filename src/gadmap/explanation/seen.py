"""A region of an examination as a network sees it: what every explanation starts from."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from gadmap.data import Exam, Reason
from gadmap.estimators import NetworkInput, network_input
from gadmap.explanation.region import Region, largest_slices
from gadmap.networks import VOXELWISE
from gadmap.networks.checkpoint import TrainedNetwork


@dataclass(frozen=True, eq=False, kw_only=True)
class SeenRegion:
    """The slices that hold most of a region, and what the network makes of them.

    Attributes
    ----------
    trained
        The network.
    quantity
        Which of its quantities is explained.
    slices
        Indices of the slices in the examination.
    signal
        What the network is given: signal on its frames over the scale.
    inside
        Voxels of the body, as the network is told them; of a voxelwise network the region's.
    body
        Voxels of the body in view.
    region
        Voxels of the region.
    """

    trained: TrainedNetwork
    quantity: str
    slices: tuple[int, ...]
    signal: Float[Tensor, "b frames h w"]
    inside: Bool[Tensor, "b h w"]
    body: Bool[Tensor, "b h w"]
    region: Bool[Tensor, "b h w"]

    def total(self, signal: Float[Tensor, "1 frames h w"], index: int) -> Float[Tensor, ""]:
        """Sum of the estimates in the region of one slice, in the quantity's unit.

        Estimates are those of the map, but that values below 0 are not raised to 0.
        """
        channel = self.trained.quantities.index(self.quantity)
        found = self.trained.module(signal, self.inside[index : index + 1])[0, channel]
        return self.trained.scales[self.quantity] * found[self.region[index]].sum()

    def estimate(self, signal: Float[Tensor, "b frames h w"]) -> float:
        """Mean estimate over the region, were this the signal, in the quantity's unit."""
        with torch.inference_mode():
            totals = [
                float(self.total(signal[index : index + 1], index))
                for index in range(len(self.slices))
            ]
        return sum(totals) / int(self.region.sum())

    def before_contrast(self) -> Float[Tensor, "b frames h w"]:
        """The same slices without contrast agent: each voxel's mean of the frames before it."""
        count = self.trained.grid.baseline
        return self.signal[:, :count].mean(dim=1, keepdim=True).expand_as(self.signal)

    def curve(self) -> Float[np.ndarray, " frames"]:
        """Mean signal of the region on the network's frames."""
        return self.signal.movedim(1, -1)[self.region].mean(dim=0).numpy()


def explained_quantity(trained: TrainedNetwork) -> str:
    """Ktrans, or the first quantity of a network that does not map it."""
    return "ktrans" if "ktrans" in trained.quantities else trained.quantities[0]


def seen_region(trained: TrainedNetwork, exam: Exam, region: Region, quantity: str) -> SeenRegion:
    """The region's largest slices as the network sees them.

    Raises
    ------
    ValueError
        If the network does not map the quantity, the series is too short or too coarse for it, or
        no voxel of the region is in the mask and has a usable signal.
    """
    return seen_slices(trained, network_input(exam, trained.grid), region, quantity)


def seen_slices(
    trained: TrainedNetwork, seen: NetworkInput, region: Region, quantity: str
) -> SeenRegion:
    """The same of an examination that is on the network's frames already.

    Raises
    ------
    ValueError
        If the network does not map the quantity, or no voxel of the region is in the mask and has
        a usable signal.
    """
    if quantity not in trained.quantities:
        raise ValueError(
            f"{trained.network} maps {', '.join(trained.quantities)}; expected a network of "
            f"{quantity}, which is explained here"
        )
    usable = region.mask & (seen.reason == Reason.ESTIMATED)
    if not usable.any():
        raise ValueError(
            f"region ({region.words}) holds no voxel that can be estimated. Does it lie on the "
            "body, and in the mask?"
        )
    slices = largest_slices(usable)
    counted = usable if trained.network in VOXELWISE else seen.body
    return SeenRegion(
        trained=trained,
        quantity=quantity,
        slices=slices,
        signal=_planes(seen, slices),
        inside=_slices_of(counted, slices),
        body=_slices_of(seen.body, slices),
        region=_slices_of(usable, slices),
    )


def _planes(seen: NetworkInput, slices: tuple[int, ...]) -> Float[Tensor, "b frames h w"]:
    planes = np.stack([seen.plane(z) for z in slices])
    return torch.from_numpy(planes).movedim(-1, 1)


def _slices_of(volume: Bool[np.ndarray, "x y z"], slices: tuple[int, ...]) -> Bool[Tensor, "b h w"]:
    return torch.tensor(np.moveaxis(volume[..., list(slices)], -1, 0))
