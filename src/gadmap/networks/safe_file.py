"""Weights as safetensors, which hold numbers and text and cannot run code; nothing else is read."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from gadmap.untrusted import by_name
from gadmap.whole_file import write_whole

_ZIP, _PICKLE = b"PK\x03\x04", b"\x80"
# what safetensors lets out: its own, and what torch and numpy say of a type or shape they lack
_UNREADABLE = (SafetensorError, ValueError, KeyError, AttributeError, TypeError, RuntimeError)


def write_weights(
    path: str | Path, kind: str, version: int, entries: Mapping[str, Any], module: nn.Module
) -> Path:
    """File of a network's weights, with each of the `entries` as JSON beside `kind` and `version`.

    It is there completely or not at all.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    path = Path(path)
    metadata = {name: json.dumps(entry, allow_nan=False) for name, entry in entries.items()}
    metadata |= {"format": kind, "version": str(version)}
    tensors = {name: t.detach().contiguous() for name, t in module.state_dict().items()}
    write_whole(path, save(tensors, metadata))
    return path


def safe_contents(path: str | Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Metadata and tensors of a file of weights.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no safetensors file, above all if it is a pickle.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path.name}: no such file of network weights")
    try:
        with by_name(path), safe_open(path, framework="pt") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except _UNREADABLE as error:
        if _is_pickle(path):
            raise ValueError(
                f"{path.name}: a pickle as torch.save writes it, which can run code when it is "
                "read; expected safetensors, as gadmap train writes them"
            ) from None
        raise ValueError(
            f"{path.name}: not safetensors, or damaged ({_line(error)}); expected a file of gadmap "
            "train"
        ) from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _is_pickle(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(4)
    return start == _ZIP or start[:1] == _PICKLE
