"""Frame times that a user gives, and a look at those that files give."""

import math

import numpy as np
from jaxtyping import Float

_SHORTEST, _LONGEST = 0.1, 600.0


def even_times(step: float, frames: int) -> tuple[Float[np.ndarray, " time"], str]:
    """Times of frames that follow each other every `step` [s], and where they come from."""
    if not (math.isfinite(step) and step > 0):
        raise ValueError(f"--frame-step is {step:g} s; expected more than 0")
    t = step * np.arange(frames, dtype=np.float64)
    require_plausible_step(t, "--frame-step", "dynamic series")
    return t, f"--frame-step {step:g} s"


def require_plausible_step(t: Float[np.ndarray, " time"], source: str, what: str) -> None:
    """Raise ValueError where the usual step between frames smells of another unit."""
    if t.size < 2:
        return
    step = float(np.median(np.diff(t)))
    if 0 < step < _SHORTEST or step > _LONGEST:
        unit = "minutes" if step < _SHORTEST else "ms"
        raise ValueError(
            f"{what}: {step:g} s between frames by {source}; expected {_SHORTEST:g} to "
            f"{_LONGEST:g} s. Is it in {unit}?"
        )
