"""What one curve says of its parameters: covariance, and profiles of the likelihood."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from gadmap.data.frozen import freeze
from gadmap.data.maps import Reason


class Interval(NamedTuple):
    """An interval of confidence.

    Attributes
    ----------
    low, high
        Its ends, in the quantity's unit; the bound where an end is open.
    low_open, high_open
        Whether the data do not limit the quantity on that side within the bounds of the fit.
    """

    low: float
    high: float
    low_open: bool
    high_open: bool

    def __str__(self) -> str:
        low = "open" if self.low_open else f"{self.low:.4g}"
        high = "open" if self.high_open else f"{self.high:.4g}"
        return f"{low} to {high}"


@dataclass(frozen=True, eq=False, kw_only=True)
class Profile:
    """Lowest sum of squares with one quantity held, all others free within their bounds.

    Attributes
    ----------
    held
        Values at which the quantity is held, rising, in its unit.
    rise
        What the sum of squares rises by above the optimum's, over the variance of the residuals:
        the square of a t statistic, where the model is linear.
    intervals
        Level of confidence, 0 to 1, to the interval in which `rise` stays below that level's
        quantile of F.
    """

    held: Float[np.ndarray, " point"]
    rise: Float[np.ndarray, " point"]
    intervals: Mapping[float, Interval]

    def __post_init__(self) -> None:
        freeze(self, "held", "rise")


@dataclass(frozen=True, eq=False, kw_only=True)
class Likelihood:
    """How well one curve determines its parameters.

    Attributes
    ----------
    names
        Parameters of the model, then what follows from them, in the order of `covariance`.
    values
        At the optimum, in the quantity's unit.
    covariance
        (J'J)^-1 times the variance of the residuals; of what follows from the parameters by its
        slopes, so that the whole is singular. NaN where the curve does not determine it.
    variance
        Of the residuals [mmol²/L²]: the lowest sum of squares over `freedom`.
    freedom
        Samples less parameters.
    quantiles
        Level of confidence to the rise that bounds its intervals, the quantile of F with 1 and
        `freedom` degrees of freedom.
    profiles
        Of every quantity, by name.
    fitted
        The model's curve at the optimum [mmol/L].
    reason
        A `Reason`: estimated, or why to read it with care.
    """

    names: tuple[str, ...]
    values: Float[np.ndarray, " quantity"]
    covariance: Float[np.ndarray, "quantity quantity"]
    variance: float
    freedom: int
    quantiles: Mapping[float, float]
    profiles: Mapping[str, Profile]
    fitted: Float[np.ndarray, " time"]
    reason: Reason

    def __post_init__(self) -> None:
        freeze(self, "values", "covariance", "fitted")

    @property
    def standard_error(self) -> Float[np.ndarray, " quantity"]:
        """Roots of the covariance's diagonal."""
        return np.sqrt(np.diagonal(self.covariance))

    @property
    def correlation(self) -> Float[np.ndarray, "quantity quantity"]:
        """The covariance over the standard errors; NaN where one of these is 0."""
        error = self.standard_error
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.covariance / np.outer(error, error)
