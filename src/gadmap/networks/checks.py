"""What a file of weights must hold to be used: each fault is one line."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from gadmap.networks import NETWORKS
from gadmap.networks.frame_grid import FrameGrid
from gadmap.quantities import QUANTITIES

_MOST_CHANNELS = 4096


def require_metadata(
    network: Any, configuration: Any, quantities: Any, scales: Any, grid: FrameGrid
) -> None:
    """Raise ValueError unless the description is that of a network there is, and agrees."""
    if network not in NETWORKS:
        raise ValueError(f"network {network!r}; there are {', '.join(NETWORKS)}")
    frames, outputs = _channels(configuration)
    if frames != grid.frames:
        raise ValueError(
            f"network of {frames} frames with a grid of {grid.frames}; expected the same number"
        )
    if len(quantities) != outputs or len(set(quantities)) != outputs:
        raise ValueError(
            f"network of {outputs} outputs for {len(quantities)} quantities "
            f"({', '.join(map(str, quantities))}); expected one each"
        )
    unknown = [name for name in quantities if name not in QUANTITIES]
    if unknown:
        raise ValueError(f"quantity {unknown[0]!r}; there are {', '.join(QUANTITIES)}")
    _require_scales(quantities, scales)


def _channels(configuration: Any) -> tuple[int, int]:
    """Frames and outputs."""
    if not isinstance(configuration, Mapping) or set(configuration) != {"frames", "outputs"}:
        raise ValueError(f"configuration {configuration!r}; expected 'frames' and 'outputs'")
    for name, count in configuration.items():
        if not isinstance(count, int) or not 1 <= count <= _MOST_CHANNELS:
            raise ValueError(f"{name} is {count!r}; expected 1 to {_MOST_CHANNELS}")
    return configuration["frames"], configuration["outputs"]


def _require_scales(quantities: Sequence[str], scales: Any) -> None:
    if not isinstance(scales, Mapping) or set(scales) != set(quantities):
        raise ValueError(f"scales {scales!r}; expected one for each of {', '.join(quantities)}")
    for name, scale in scales.items():
        if not isinstance(scale, int | float) or not isfinite(scale) or scale <= 0:
            raise ValueError(f"scale of {name} is {scale!r}; expected a number above 0")


def require_tensors(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Raise ValueError unless the tensors are those of the network: names, shapes, finite."""
    missing, unknown = expected.keys() - found.keys(), found.keys() - expected.keys()
    if missing or unknown:
        faults = [f"{min(missing)!r} is missing"] if missing else []
        faults += [f"{min(unknown)!r} is unknown"] if unknown else []
        raise ValueError(
            f"tensors are not the network's: {' and '.join(faults)} "
            f"({len(missing)} missing, {len(unknown)} unknown); are the weights of another network?"
        )
    for name, tensor in found.items():
        shape, wanted = tuple(tensor.shape), tuple(expected[name].shape)
        if shape != wanted:
            raise ValueError(
                f"tensor {name!r} has shape {shape}; the metadata ask for {wanted}. Was it trained "
                "with another number of frames or outputs?"
            )
        if tensor.dtype != torch.float32:
            raise ValueError(f"tensor {name!r} is of {tensor.dtype}; expected torch.float32")
        if not torch.isfinite(tensor).all():
            raise ValueError(f"tensor {name!r} holds NaN or infinity; did the training diverge?")
