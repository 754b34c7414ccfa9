"""What describes curves without a kinetic model."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from gadmap.data.frozen import freeze, freeze_arrays_of
from gadmap.data.maps import lookup


@dataclass(frozen=True, eq=False, kw_only=True)
class CurveDescriptors:
    """Descriptors of concentration curves, on a grid of any shape.

    `found["iauc60"]` is the array of a descriptor, NaN where `valid` is false.

    Attributes
    ----------
    values
        Quantity name to array.
    standard_error
        Quantity name to array, in the quantity's unit: of those that have an honest one.
    valid
        True where the curve was described.
    reason
        A `Reason` for each curve.
    """

    values: Mapping[str, Float[np.ndarray, "*grid"]]
    standard_error: Mapping[str, Float[np.ndarray, "*grid"]]
    valid: Bool[np.ndarray, "*grid"]
    reason: UInt8[np.ndarray, "*grid"]

    def __post_init__(self) -> None:
        freeze(self, "valid", "reason")
        freeze_arrays_of(self, "values", "standard_error")

    def __getitem__(self, name: str) -> np.ndarray:
        return lookup(self.values, name)
