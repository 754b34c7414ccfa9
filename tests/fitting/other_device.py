"""A device that is not the CPU, for machines without one: behind it torch computes in CPU memory.

As on a graphics card an operation refuses tensors of two devices, and numpy cannot look into one.
What it cannot show is that card's own arithmetic, memory and speed.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch.utils._pytree import tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "elsewhere"
_ATEN = torch.ops.aten
_MAKERS = (
    "arange",
    "arange.start",
    "arange.start_step",
    "empty.memory_format",
    "empty_strided",
    "full",
    "linspace",
    "scalar_tensor",
)


class _Elsewhere(torch.Tensor):
    """A tensor of that device."""

    behind: torch.Tensor

    @staticmethod
    def __new__(cls, behind: torch.Tensor) -> "_Elsewhere":
        tensor = torch.Tensor._make_wrapper_subclass(
            cls,
            behind.shape,
            strides=behind.stride(),
            storage_offset=behind.storage_offset(),
            dtype=behind.dtype,
            device=torch.device(NAME, 0),
        )
        tensor.behind = behind
        return tensor

    def __init__(self, behind: torch.Tensor) -> None: ...

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):  # torch's
        if function is torch.Tensor.tolist:  # torch itself refuses it of any subclass
            return args[0].behind.tolist()
        with torch._C.DisableTorchFunctionSubclass():
            return function(*args, **(kwargs or {}))

    @classmethod
    def __torch_dispatch__(cls, op, types, args=(), kwargs=None):  # torch's
        kwargs = kwargs or {}
        steps = op.decompose(*args, **kwargs)  # into what moves tensors and what computes
        if steps is not NotImplemented:
            return steps
        if op is _ATEN._to_copy.default:
            return _moved(args[0], **kwargs)
        if op is _ATEN.copy_.default:
            _cpu(args[0]).copy_(_cpu(args[1]))
            return args[0]
        given, named = tree_map(_behind, (args, kwargs))
        found = op(*given, **named)
        if given and found is given[0]:  # changed in place
            return args[0]
        return tree_map(lambda value: cls(value) if torch.is_tensor(value) else value, found)


def _moved(tensor: torch.Tensor, *, device: torch.device | None = None, **kwargs: Any):
    kwargs.pop("pin_memory", None)
    found = _ATEN._to_copy.default(_cpu(tensor), **kwargs)
    return found if device is not None and device.type == "cpu" else _Elsewhere(found)


def _cpu(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.behind if isinstance(tensor, _Elsewhere) else tensor


def _behind(value: Any) -> Any:
    """What an operation there sees of its argument; a lone number may come from the CPU."""
    if isinstance(value, torch.device):
        return torch.device("cpu")
    if torch.is_tensor(value) and value.dim() and not isinstance(value, _Elsewhere):
        raise RuntimeError("a tensor of the CPU meets one of another device")
    return _cpu(value) if torch.is_tensor(value) else value


def _maker(name: str) -> Callable[..., torch.Tensor]:
    packet, _, overload = name.partition(".")
    make = getattr(getattr(_ATEN, packet), overload or "default")

    def there(*args: Any, device: Any = None, pin_memory: Any = None, **kwargs: Any):
        return _Elsewhere(make(*args, **kwargs))

    return there


@cache
def other_device() -> torch.library.Library:
    """Make the device known to torch, as `NAME`, for as long as the process lives."""
    _setup_privateuseone_for_python_backend(NAME)
    makers = torch.library.Library("aten", "IMPL")
    for name in _MAKERS:
        makers.impl(name, _maker(name), "PrivateUse1")
    return makers
