"""Where tensors lie: in the CPU's memory, or in that of another device that torch knows."""

import torch
from torch import nn

CPU = "cpu"


def require_device(name: str) -> None:
    """Raise ValueError unless torch computes in double precision on that device, here."""
    try:
        torch.zeros(1, dtype=torch.float64, device=name)
    # torch raises any of these: not built for it, no kernel there, no such device, no float64
    except (AssertionError, NotImplementedError, RuntimeError, TypeError) as error:
        known = [CPU, *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
        raise ValueError(
            f"torch cannot compute in double precision on device {name!r} here; expected one of "
            f"{', '.join(known)}. Is this torch built for that device, and is its driver there?"
        ) from error


def device_of(module: nn.Module) -> torch.device:
    """Where a network's weights lie."""
    return next(module.parameters()).device


def free_memory(device: torch.device) -> int | None:
    """Bytes that nothing on the device takes yet; None where torch does not tell."""
    if device.type != "cuda":
        return None
    return torch.cuda.mem_get_info(device)[0]
