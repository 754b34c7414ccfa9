"""One fitted curve, and what can tell it."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from gadmap.data.frozen import freeze


@dataclass(frozen=True, eq=False, kw_only=True)
class FittedCurve:
    """What was fitted and what came out.

    Attributes
    ----------
    t
        Times of the samples [s].
    measured, fitted
        Tissue concentration [mmol/L].
    """

    t: Float[np.ndarray, " time"]
    measured: Float[np.ndarray, " time"]
    fitted: Float[np.ndarray, " time"]

    def __post_init__(self) -> None:
        freeze(self, "t", "measured", "fitted")


@runtime_checkable
class CurveSource(Protocol):
    """What still knows the curves of a fit, and its model."""

    def curve(self, index: tuple[int, ...], parameters: dict[str, float]) -> FittedCurve:
        """The curve at that place of the grid, with the model's at those parameters."""
        ...
