"""A training at one step, as safetensors: weights, Adam's moments, the best weights so far.

Lightning's own checkpoints are pickles, which can run code when they are read.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from gadmap.networks.safe_file import safe_contents
from gadmap.untrusted import json_value
from gadmap.whole_file import write_whole

FORMAT, VERSION = "gadmap training", "1"


@dataclass(frozen=True, eq=False)
class Moments:
    """What Adam knows, by parameter of the network; empty before the first step."""

    tensors: Mapping[str, Mapping[str, Tensor]] = field(default_factory=dict)

    @classmethod
    def of(cls, optimizer: torch.optim.Optimizer, network: nn.Module) -> "Moments":
        """A copy of the optimizer's state."""
        return cls(
            {
                name: {key: value.detach().cpu().clone() for key, value in state.items()}
                for name, parameter in network.named_parameters()
                if (state := optimizer.state.get(parameter))
            }
        )

    def into(self, optimizer: torch.optim.Optimizer, network: nn.Module) -> None:
        """Give the optimizer this state."""
        for name, parameter in network.named_parameters():
            if name in self.tensors:
                optimizer.state[parameter] = {
                    key: value.clone() if key == "step" else value.to(parameter.device).clone()
                    for key, value in self.tensors[name].items()
                }


@dataclass(frozen=True, eq=False, kw_only=True)
class Best:
    """The weights with the lowest error on the validation patients so far."""

    step: int = 0
    loss: float = inf
    weights: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, kw_only=True)
class Snapshot:
    """All that a training needs to go on as if it had not stopped.

    Attributes
    ----------
    step
        Steps done.
    weights
        Of the network.
    moments
        Of Adam.
    best
        The best weights so far.
    since
        Sum and number of the training losses since the curve's last point.
    identity
        Recipe and patients: a snapshot of another training is refused.
    """

    step: int
    weights: Mapping[str, Tensor]
    moments: Moments
    best: Best
    since: tuple[float, int]
    identity: Mapping[str, Any]


def weights_of(network: nn.Module) -> dict[str, Tensor]:
    """A copy of a network's weights."""
    return {name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()}


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """A file of the snapshot in place of the last one, there completely or not at all."""
    tensors = {f"weights/{name}": tensor for name, tensor in snapshot.weights.items()}
    tensors |= {f"best/{name}": tensor for name, tensor in snapshot.best.weights.items()}
    for name, state in snapshot.moments.tensors.items():
        tensors |= {f"adam/{name}/{key}": value for key, value in state.items()}
    best = snapshot.best
    record = {
        "step": snapshot.step,
        "best": {"step": best.step, "loss": best.loss} if best.weights else None,
        "since": list(snapshot.since),
        "identity": dict(snapshot.identity),
    }
    metadata = {"format": FORMAT, "version": VERSION, "record": json.dumps(record)}
    whole = {name: tensor.contiguous() for name, tensor in tensors.items()}
    write_whole(path, save(whole, metadata))


def read_snapshot(path: Path) -> Snapshot:
    """The snapshot in a file of `write_snapshot`.

    Raises
    ------
    ValueError
        If the file is damaged or something else.
    """
    metadata, tensors = safe_contents(path)
    if (metadata.get("format"), metadata.get("version")) != (FORMAT, VERSION):
        raise ValueError(f"{path.name}: no checkpoint of this version of gadmap; start anew")
    try:
        return _snapshot(json_value(metadata["record"], "its record"), tensors)
    except (KeyError, TypeError, ValueError) as error:
        line = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"{path.name}: damaged checkpoint ({line[:200]}); start anew") from error


def _snapshot(record: Any, tensors: Mapping[str, Tensor]) -> Snapshot:
    moments: dict[str, dict[str, Tensor]] = {}
    for name, tensor in _below(tensors, "adam/").items():
        parameter, _, key = name.rpartition("/")
        moments.setdefault(parameter, {})[key] = tensor
    best, (total, count) = record["best"], record["since"]
    if best:
        best = Best(
            step=int(best["step"]), loss=float(best["loss"]), weights=_below(tensors, "best/")
        )
    return Snapshot(
        step=int(record["step"]),
        weights=_below(tensors, "weights/"),
        moments=Moments(moments),
        best=best or Best(),
        since=(float(total), int(count)),
        identity=dict(record["identity"]),
    )


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
