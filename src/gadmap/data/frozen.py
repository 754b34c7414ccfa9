"""Read-only arrays and checks shared by the containers."""

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


def require_rising(t: np.ndarray, what: str) -> None:
    """Raise ValueError unless the times rise strictly and are finite."""
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
