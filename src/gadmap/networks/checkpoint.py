"""Trained networks as files: safetensors, which hold numbers and text and cannot run code.

All that a network needs to be used stands in the file's metadata, each entry as JSON: `format`,
`version`, `network`, `configuration`, `quantities`, `scales`, `frame_grid`, `provenance`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gadmap.networks import NETWORKS
from gadmap.networks.checks import (
    ENTRIES,
    require_entries,
    require_metadata,
    require_tensors,
)
from gadmap.networks.frame_grid import FrameGrid
from gadmap.networks.safe_file import safe_contents, write_weights
from gadmap.untrusted import json_value

FORMAT = "gadmap network"
VERSION = 1


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainedNetwork:
    """A network with weights, and what they were made for.

    Attributes
    ----------
    network
        Name in `NETWORKS`.
    configuration
        What the network is built with: `frames` and `outputs`.
    quantities
        Name of the quantity of each output channel.
    scales
        Quantity name to the value, in the quantity's unit, that an output of 1 stands for.
    grid
        Frames that the input is brought to.
    provenance
        How the weights came about, for records and reports; what JSON can hold. Where it has
        `acquisition`, a mapping from a field of `Acquisition` (`tr` [s], `flip_angle` [rad],
        `field_strength` [T]) to [lowest, highest] of the training data, an examination outside is
        remarked on.
    module
        The network itself.

    Raises
    ------
    ValueError
        If these do not fit together.
    """

    network: str
    configuration: Mapping[str, int]
    quantities: tuple[str, ...]
    scales: Mapping[str, float]
    grid: FrameGrid
    provenance: Mapping[str, Any]
    module: nn.Module

    def __post_init__(self) -> None:
        require_metadata(self.network, self.configuration, self.quantities, self.scales, self.grid)
        built = built_network(self.network, self.configuration).state_dict()
        require_tensors(self.module.state_dict(), built)


def built_network(network: str, configuration: Mapping[str, int]) -> nn.Module:
    """A network without training, ready for use: no gradients, convolutions channels last."""
    module = NETWORKS[network](**configuration).eval().requires_grad_(False)
    return nn.utils.convert_conv2d_weight_memory_format(module, torch.channels_last)


def write_network(path: str | Path, trained: TrainedNetwork) -> Path:
    """File of a trained network; it is there completely or not at all.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    entries = {
        "network": trained.network,
        "configuration": dict(trained.configuration),
        "quantities": list(trained.quantities),
        "scales": dict(trained.scales),
        "frame_grid": asdict(trained.grid),
        "provenance": dict(trained.provenance),
    }
    return write_weights(path, FORMAT, VERSION, entries, trained.module)


def read_network(path: str | Path) -> TrainedNetwork:
    """The trained network of a file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is of another kind, above all a pickle; is damaged; names a network that there
        is not; or holds other tensors than its metadata tell.
    """
    metadata, tensors = safe_contents(path)
    try:
        return _trained(_entries(metadata), tensors)
    except ValueError as error:
        raise ValueError(f"{Path(path).name}: {error}") from error


def _entries(metadata: Mapping[str, str]) -> dict[str, Any]:
    """The metadata, parsed."""
    if metadata.get("format") != FORMAT:
        raise ValueError("holds no network of gadmap; expected a file that gadmap train wrote")
    if metadata.get("version") != str(VERSION):
        raise ValueError(
            f"format version {metadata.get('version')}; this gadmap reads {VERSION}. "
            "Was it written by a newer one?"
        )
    try:
        entries = {name: json_value(metadata[name], f"metadata {name}") for name in ENTRIES}
    except KeyError as error:
        raise ValueError(f"metadata lack {error.args[0]!r}; was the file edited?") from error
    require_entries(entries)
    return entries


def _trained(entries: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> TrainedNetwork:
    grid, quantities = FrameGrid(**entries["frame_grid"]), tuple(entries["quantities"])
    network, configuration, scales = (entries[n] for n in ("network", "configuration", "scales"))
    require_metadata(network, configuration, quantities, scales, grid)
    with torch.device("meta"):  # shapes without memory: the metadata may ask for gigabytes
        expected = NETWORKS[network](**configuration).state_dict()
    require_tensors(tensors, expected)
    module = built_network(network, configuration)
    module.load_state_dict(dict(tensors))
    return TrainedNetwork(
        network=network,
        configuration=configuration,
        quantities=quantities,
        scales=scales,
        grid=grid,
        provenance=entries["provenance"],
        module=module,
    )
