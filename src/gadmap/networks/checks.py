"""What a file of weights must hold to be used: each fault is one line."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from gadmap.networks import NETWORKS
from gadmap.networks.frame_grid import FrameGrid
from gadmap.quantities import QUANTITIES
from gadmap.untrusted import finite, shown

_MOST_CHANNELS = 4096


ENTRIES: dict[str, type] = {
    "network": str,
    "configuration": dict,
    "quantities": list,
    "scales": dict,
    "frame_grid": dict,
    "provenance": dict,
}
"""What a file's metadata hold, and what each is in JSON."""


def require_entries(entries: Mapping[str, Any]) -> None:
    """Raise ValueError unless the entries of a file are what they should be in JSON."""
    for name, kind in ENTRIES.items():
        if not isinstance(entries[name], kind):
            raise ValueError(
                f"metadata: {name} is {shown(entries[name])}; expected a {kind.__name__}. "
                "Was the file edited?"
            )
    if not all(isinstance(name, str) for name in entries["quantities"]):
        raise ValueError(f"metadata: quantities are {shown(entries['quantities'])}; expected names")
    grid = entries["frame_grid"]
    if set(grid) != {"step", "frames", "baseline"} or finite(grid["step"]) is None:
        raise ValueError(
            f"metadata: frame_grid is {shown(grid)}; expected numbers for step, frames and baseline"
        )
    if type(grid["frames"]) is not int or type(grid["baseline"]) is not int:
        raise ValueError(f"metadata: frame_grid is {shown(grid)}; expected whole numbers of frames")


def require_metadata(
    network: str,
    configuration: Mapping[str, Any],
    quantities: tuple[Any, ...],
    scales: Mapping[str, Any],
    grid: FrameGrid,
) -> None:
    """Raise ValueError unless the description is that of a network there is, and agrees."""
    if network not in NETWORKS:
        raise ValueError(f"network {shown(network)}; there are {', '.join(NETWORKS)}")
    frames, outputs = _channels(configuration)
    if frames != grid.frames:
        raise ValueError(
            f"network of {frames} frames with a grid of {grid.frames}; expected the same number"
        )
    if len(quantities) != outputs or len(set(quantities)) != outputs:
        raise ValueError(
            f"network of {outputs} outputs for {len(quantities)} quantities "
            f"({shown(quantities)}); expected one each"
        )
    unknown = [name for name in quantities if name not in QUANTITIES]
    if unknown:
        raise ValueError(f"quantity {shown(unknown[0])}; there are {', '.join(QUANTITIES)}")
    _require_scales(quantities, scales)


def _channels(configuration: Mapping[str, Any]) -> tuple[int, int]:
    """Frames and outputs."""
    if set(configuration) != {"frames", "outputs"}:
        raise ValueError(f"configuration {shown(configuration)}; expected 'frames' and 'outputs'")
    for name, count in configuration.items():
        if type(count) is not int or not 1 <= count <= _MOST_CHANNELS:
            raise ValueError(f"{name} is {shown(count)}; expected 1 to {_MOST_CHANNELS}")
    return configuration["frames"], configuration["outputs"]


def _require_scales(quantities: Sequence[str], scales: Mapping[str, Any]) -> None:
    if set(scales) != set(quantities):
        raise ValueError(
            f"scales {shown(scales)}; expected one for each of {', '.join(quantities)}"
        )
    for name, scale in scales.items():
        if (finite(scale) or 0) <= 0:
            raise ValueError(f"scale of {name} is {shown(scale)}; expected a number above 0")


def require_tensors(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Raise ValueError unless the tensors are those of the network: names, shapes, finite."""
    missing, unknown = expected.keys() - found.keys(), found.keys() - expected.keys()
    if missing or unknown:
        faults = [f"{shown(min(missing))} is missing"] if missing else []
        faults += [f"{shown(min(unknown))} is unknown"] if unknown else []
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
