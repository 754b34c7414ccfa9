"""Grad-CAM of a dense estimate: Figure 8 of the paper.

A layer's features A_k (channel k) are weighed by how much the region's mean estimate y gains from
them, alpha_k = mean over space of dy/dA_k, and the map is relu(sum over k of alpha_k A_k).

References
----------
Selvaraju et al., ICCV 2017, Eq. 1 and 2. For a region as the target: Vinogradova, Dibrov and Myers,
AAAI 2020;34:13943 (Seg-Grad-CAM). Zeng and Zhou, IEEE BIBM 2021, Fig. 8.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from gadmap.explanation.seen import SeenRegion
from gadmap.networks.blocks import LearnedGate
from gadmap.networks.cbam import ConvolutionalBlockAttention
from gadmap.networks.csab import ChannelSpatialAttention

_ATTENTION = (LearnedGate, ChannelSpatialAttention, ConvolutionalBlockAttention)


@dataclass(frozen=True, eq=False, kw_only=True)
class GradCam:
    """Grad-CAM of one layer over its maximum in the slices; all 0 where nothing adds.

    Attributes
    ----------
    layer
        Name of the convolution that reads the features.
    values
        0 to 1.
    in_region, in_body
        Share of the map's sum in the region, and in the body.
    """

    layer: str
    values: Float[np.ndarray, "b h w"]
    in_region: float
    in_body: float


def cam_layers(module: nn.Module, frames: int) -> dict[str, nn.Conv2d]:
    """Convolutions by name, in the order in which the module has them.

    Not those that read the frames themselves, and not those inside attention, whose weights are
    shown as they are.
    """
    hidden = {
        id(part)
        for block in module.modules()
        if isinstance(block, _ATTENTION)
        for part in block.modules()
    }
    return {
        name: layer
        for name, layer in module.named_modules()
        if isinstance(layer, nn.Conv2d) and layer.in_channels != frames and id(layer) not in hidden
    }


def grad_cams(seen: SeenRegion) -> tuple[GradCam, ...]:
    """Grad-CAM of each layer's input features, the last one last; none without convolutions.

    Features are taken where a convolution reads them, after the ReLU, as the method asks.
    """
    layers = cam_layers(seen.trained.module, seen.trained.grid.frames)
    if not layers:
        return ()
    slices = [_slice_maps(seen, index, layers) for index in range(len(seen.slices))]
    return tuple(_cam(seen, name, torch.stack([maps[name] for maps in slices])) for name in layers)


def _slice_maps(
    seen: SeenRegion, index: int, layers: dict[str, nn.Conv2d]
) -> dict[str, Float[Tensor, "h w"]]:
    """Map of every layer in one slice."""
    features: dict[str, Tensor] = {}

    def keep(name: str):
        def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            features[name] = inputs[0]

        return hook

    hooks = [layer.register_forward_pre_hook(keep(name)) for name, layer in layers.items()]
    try:
        with torch.enable_grad():
            signal = seen.signal[index : index + 1].clone().requires_grad_()
            mean = seen.total(signal, index) / int(seen.region.sum())
            slopes = torch.autograd.grad(mean, list(features.values()), allow_unused=True)
    finally:
        for hook in hooks:
            hook.remove()
    found = {name: torch.zeros(signal.shape[-2:]) for name in layers}
    for (name, values), slope in zip(features.items(), slopes, strict=True):
        if slope is not None:
            found[name] = cam(values[0].detach(), slope[0])
    return found


def cam(
    features: Float[Tensor, "channel h w"], slopes: Float[Tensor, "channel h w"]
) -> Float[Tensor, "h w"]:
    """relu(sum over channels of mean slope times feature)."""
    return torch.relu(torch.einsum("c,chw->hw", slopes.mean(dim=(1, 2)), features))


def _cam(seen: SeenRegion, layer: str, maps: Float[Tensor, "b h w"]) -> GradCam:
    top, whole = float(maps.max()), float(maps.sum())
    return GradCam(
        layer=layer,
        values=(maps / top if top > 0 else maps).numpy(),
        in_region=float(maps[seen.region].sum()) / whole if whole > 0 else 0.0,
        in_body=float(maps[seen.body].sum()) / whole if whole > 0 else 0.0,
    )
