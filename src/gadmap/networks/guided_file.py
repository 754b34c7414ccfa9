"""Trained guided networks as files: safetensors with the network's calibration beside it.

The metadata hold, each as JSON: `format`, `version`, `network`, `quantities`, `calibration`,
`provenance`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gadmap.networks.checks import require_tensors
from gadmap.networks.fcsa_guided import FcsaGuided
from gadmap.networks.safe_file import safe_contents, write_weights
from gadmap.quantities import QUANTITIES
from gadmap.untrusted import finite, json_value, shown

GUIDED_NETWORK = "fcsa-net-guided"
FORMAT, VERSION = "gadmap guided network", 3


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainedGuided:
    """A guided network with weights.

    Attributes
    ----------
    quantities
        Name of the quantity of each output.
    calibration
        Quantity name to the factor that makes a predicted error cover what it should.
    provenance
        How the weights came about; what JSON can hold.
    module
        The network.
    """

    quantities: tuple[str, ...]
    calibration: Mapping[str, float]
    provenance: Mapping[str, Any]
    module: FcsaGuided

    def __post_init__(self) -> None:
        if set(self.calibration) != set(self.quantities) or not all(
            (finite(factor) or 0) > 0 for factor in self.calibration.values()
        ):
            raise ValueError(
                f"calibration is {shown(dict(self.calibration))}; expected a number above 0 for "
                f"each of {', '.join(self.quantities)}"
            )


def built_guided(outputs: int) -> FcsaGuided:
    """A guided network without training, ready for use."""
    module = FcsaGuided(outputs=outputs)
    nn.utils.convert_conv2d_weight_memory_format(module, torch.channels_last)
    return module.eval().requires_grad_(False)


def write_guided(path: str | Path, trained: TrainedGuided) -> Path:
    """File of a trained guided network; it is there completely or not at all."""
    entries = {
        "network": GUIDED_NETWORK,
        "quantities": list(trained.quantities),
        "calibration": dict(trained.calibration),
        "provenance": dict(trained.provenance),
    }
    return write_weights(path, FORMAT, VERSION, entries, trained.module)


def is_guided(path: str | Path) -> bool:
    """Whether a file says that it holds a guided network.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or it is no safetensors file.
    """
    return safe_contents(path)[0].get("format") == FORMAT


def read_guided(path: str | Path) -> TrainedGuided:
    """The guided network of a file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is of another kind, damaged, or its parts do not fit together.
    """
    path = Path(path)
    metadata, tensors = safe_contents(path)
    try:
        return _trained(metadata, tensors)
    except KeyError as error:
        raise ValueError(f"{path.name}: metadata lack {error.args[0]!r}") from error
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error


def _trained(metadata: Mapping[str, str], tensors: Mapping[str, Tensor]) -> TrainedGuided:
    if (metadata.get("format"), metadata.get("version")) != (FORMAT, str(VERSION)):
        raise ValueError("holds no guided network of this version of gadmap")
    quantities, calibration, provenance = (
        json_value(metadata[name], f"metadata {name}")
        for name in ("quantities", "calibration", "provenance")
    )
    _require_quantities(quantities)
    if not isinstance(calibration, dict) or None in map(finite, calibration.values()):
        raise ValueError(f"metadata: calibration is {shown(calibration)}; was the file edited?")
    if not isinstance(provenance, dict):
        raise ValueError(f"metadata: provenance is {shown(provenance)}; was the file edited?")
    module = built_guided(len(quantities))
    require_tensors(tensors, module.state_dict())
    module.load_state_dict(dict(tensors))
    return TrainedGuided(
        quantities=tuple(quantities),
        calibration={name: float(factor) for name, factor in calibration.items()},
        provenance=provenance,
        module=module,
    )


def _require_quantities(names: Any) -> None:
    """Raise ValueError unless these are names of quantities, each once: so many outputs it has."""
    known = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not known or not names or not set(names) <= set(QUANTITIES) or len(set(names)) < len(names):
        raise ValueError(f"metadata: quantities are {shown(names)}; was the file edited?")
