"""What estimates are worth beside the truth."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from peers.tofts_curve import concentration

Values = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Accuracy:
    """How far estimates are from the truth.

    Attributes
    ----------
    bias
        Median relative error of each parameter, of what did not fail.
    failed
        Share of curves without an estimate or with one that cannot be: ktrans or ve below 0, ve
        above 1.
    """

    bias: Mapping[str, float]
    failed: float


def failures(found: Values) -> np.ndarray:
    """Which curves have no estimate that can be."""
    lost = ~np.all([np.isfinite(values) for values in found.values()], axis=0)
    return lost | (found["ktrans"] < 0) | (found["ve"] < 0) | (found["ve"] > 1)


def accuracy(found: Values, truth: Values) -> Accuracy:
    """How far estimates are from the truth."""
    failed = failures(found)
    error = {name: found[name] / truth[name] - 1 for name in truth}
    bias = {name: float(np.median(values[~failed])) for name, values in error.items()}
    return Accuracy(bias, float(failed.mean()))


def root_mean_square(found: Values, truth: Values, among: np.ndarray) -> dict[str, float]:
    """Error of each parameter, in its unit, over the curves that `among` marks."""
    error = {name: (found[name] - truth[name])[among] for name in truth}
    return {name: float(np.sqrt(np.mean(values**2))) for name, values in error.items()}


def sum_of_squares(
    found: Values, curves: np.ndarray, t: np.ndarray, plasma: np.ndarray
) -> np.ndarray:
    """Of the residuals of each curve, by the exact convolution; NaN where the fit failed."""
    result = np.full(len(curves), np.nan)
    for k in np.flatnonzero(~failures(found)):
        values = {name: max(float(column[k]), 1e-9) for name, column in found.items()}
        result[k] = np.sum((concentration(t / 60, plasma, **values) - curves[k]) ** 2)
    return result
