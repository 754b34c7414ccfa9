"""Results: parameters of fitted curves, and the same as maps on a grid."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from jaxtyping import Bool, Float, UInt8

from gadmap.data.frozen import freeze, freeze_arrays_of


class Reason(IntEnum):
    """Why a voxel has no estimate (1 to 9), or must be read with care (10 and above)."""

    ESTIMATED = 0
    OUTSIDE_MASK = 1
    NOT_FINITE = 2
    NO_SIGNAL = 3
    NEGATIVE_SIGNAL = 4
    NO_T10 = 5
    SIGNAL_TOO_HIGH = 6
    NOT_DETERMINED = 7
    NO_ENHANCEMENT = 10
    AT_BOUND = 11

    @property
    def sentence(self) -> str:
        """What the code means, for a legend."""
        return _SENTENCES[self]


_SENTENCES = {
    Reason.ESTIMATED: "estimated",
    Reason.OUTSIDE_MASK: "outside the mask",
    Reason.NOT_FINITE: "a sample is NaN or infinite",
    Reason.NO_SIGNAL: "no signal before contrast",
    Reason.NEGATIVE_SIGNAL: "a sample is negative: padding, or not a magnitude image",
    Reason.NO_T10: "no T1 there",
    Reason.SIGNAL_TOO_HIGH: "signal above what any T1 can give",
    Reason.NOT_DETERMINED: "no weighted sample has contrast agent in the plasma",
    Reason.NO_ENHANCEMENT: "estimated; no enhancement above noise",
    Reason.AT_BOUND: "estimated; a parameter is at its bound",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class CurveFit:
    """Parameters of concentration curves, on a grid of any shape.

    `fit["ktrans"]` is the array of a parameter, NaN where `valid` is false.

    Attributes
    ----------
    model
        Name of the kinetic model.
    values
        Quantity name to array: the model's parameters, derived ones (kep), and r2.
    standard_error
        Quantity name to array, in the quantity's unit; empty where it was not asked for.
    sse
        Weighted sum of squared residuals [mmol²/L²].
    valid
        True where the curve was estimated.
    reason
        A `Reason` for each curve.
    """

    model: str
    values: Mapping[str, Float[np.ndarray, "*grid"]]
    standard_error: Mapping[str, Float[np.ndarray, "*grid"]]
    sse: Float[np.ndarray, "*grid"]
    valid: Bool[np.ndarray, "*grid"]
    reason: UInt8[np.ndarray, "*grid"]

    def __post_init__(self) -> None:
        freeze(self, "sse", "valid", "reason")
        freeze_arrays_of(self, "values", "standard_error")

    def __getitem__(self, name: str) -> np.ndarray:
        return _lookup(self.values, name)


@dataclass(frozen=True, eq=False, kw_only=True)
class ParameterMaps:
    """Parameter maps of an examination.

    `maps["ktrans"]` is the array of a quantity (x, y, z), NaN where `valid` is false.

    Attributes
    ----------
    values
        Quantity name to map, in the unit of `gadmap.quantities.QUANTITIES`.
    standard_error
        Quantity name to map of its standard error, same unit; may be empty.
    valid
        True where the voxel was estimated.
    reason
        A `Reason` for each voxel.
    affine
        Voxel index to patient millimetres, RAS+ as in NIfTI.
    estimator
        Who estimated: "least-squares", a network's name, "truth" for a phantom.
    model
        Name of the kinetic model.
    settings
        What the estimator was set to, for the report: bounds, weights.
    """

    values: Mapping[str, Float[np.ndarray, "x y z"]]
    standard_error: Mapping[str, Float[np.ndarray, "x y z"]]
    valid: Bool[np.ndarray, "x y z"]
    reason: UInt8[np.ndarray, "x y z"]
    affine: Float[np.ndarray, "4 4"]
    estimator: str
    model: str
    settings: Mapping[str, object]

    def __post_init__(self) -> None:
        freeze(self, "valid", "reason", "affine")
        freeze_arrays_of(self, "values", "standard_error")

    def __getitem__(self, name: str) -> np.ndarray:
        return _lookup(self.values, name)


def _lookup(values: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    if name not in values:
        raise KeyError(f"no map of {name!r} here; there are {', '.join(values)}")
    return values[name]
