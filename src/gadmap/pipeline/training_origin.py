"""How weights came about: versions, and what they went on from."""

import hashlib
import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from torch import nn

from gadmap import __version__

_LIBRARIES = ("torch", "pytorch-lightning", "numpy")


def versions() -> dict[str, str]:
    """Of what a training's numbers depend on."""
    found = {"gadmap": __version__, "python": platform.python_version()}
    return found | {library: version(library) for library in _LIBRARIES}


def start_digest(module: nn.Module, scales: Mapping[str, float]) -> str:
    """Of weights that a training goes on from, and of what their outputs mean."""
    digest = hashlib.sha256(json.dumps(dict(scales), sort_keys=True).encode())
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(name.encode() + tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def with_start(provenance: Mapping[str, Any], start: Mapping[str, Any]) -> dict[str, Any]:
    """How weights came about that go on from others: whom these have seen, they have seen too."""
    seen = {*provenance["seen"], *start.get("seen", ())}
    return {**provenance, "seen": sorted(seen), "start": dict(start)}
