"""Read-only arrays and checks shared by the containers."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np


def freeze(instance: Any, *names: str) -> None:
    """Set the named array attributes of a frozen dataclass read-only.

    The attribute becomes a read-only view, so the caller's own array stays writable.
    """
    for name in names:
        view = np.asarray(getattr(instance, name)).view()
        view.flags.writeable = False
        object.__setattr__(instance, name, view)


def freeze_arrays_of(instance: Any, *names: str) -> None:
    """Set the arrays in the named mappings of a frozen dataclass, and the mappings, read-only."""
    for name in names:
        mapping: Mapping[str, np.ndarray] = getattr(instance, name)
        frozen = {key: np.asarray(array).view() for key, array in mapping.items()}
        for array in frozen.values():
            array.flags.writeable = False
        object.__setattr__(instance, name, MappingProxyType(frozen))


def require_rising(t: np.ndarray, what: str) -> None:
    """Raise ValueError unless the times rise strictly and are finite."""
    if t.size and -np.inf < t[0] and t[-1] < np.inf and (t[1:] > t[:-1]).all():
        return
    if not np.isfinite(t).all():
        raise ValueError(f"{what}: times hold values that are not finite")
    falls = np.flatnonzero(np.diff(t) <= 0)
    if falls.size:
        i = int(falls[0])
        raise ValueError(
            f"{what}: times do not rise: {t[i]:g} s then {t[i + 1]:g} s at frames {i} and {i + 1};"
            " expected strictly rising times. Are two acquisitions mixed?"
        )


def require_shape(array: np.ndarray, shape: tuple[int, ...], what: str) -> None:
    """Raise ValueError unless `array` has the expected shape."""
    if array.shape != shape:
        raise ValueError(f"{what} has shape {array.shape}; expected {shape}, the series' grid")
