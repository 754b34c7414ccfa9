"""What a kinetic model is: an impulse response that is linear in its amplitudes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor

from gadmap.quantities import Quantity

Bounds = Mapping[str, tuple[float, float]]


class ImpulseResponse(NamedTuple):
    """Sum of exponentials plus a share that follows the plasma at once.

    Attributes
    ----------
    amplitude
        Of each exponential [1/min].
    rate
        Of each exponential [1/min].
    plasma
        Fraction of the plasma concentration that adds to the tissue at once; None for none.
    """

    amplitude: Float[Tensor, "*grid exponential"]
    rate: Float[Tensor, "*grid exponential"]
    plasma: Float[Tensor, "*grid"] | None = None


class Limit(NamedTuple):
    """A limit of the exponential's amplitude that is linear in its rate: constant + slope rate."""

    constant: float
    slope: float


@dataclass(frozen=True)
class LinearForm:
    """The model as a fit sees it: amplitudes of known columns, and one rate to search.

    The tissue curve is `share` times the plasma curve plus `amplitude` times the plasma curve
    convolved with exp(-rate t). Bounds of the model's parameters are limits of these.

    Attributes
    ----------
    share_bounds
        Bounds to the lowest and highest share of plasma; None where the model has no such share.
    amplitude_limits
        Bounds to the lower and the upper limits of the amplitude; the tightest holds at each rate.
    rate_bounds
        Bounds to the lowest and highest rate [1/min] with room between those limits; None where
        the rate is 0.
    parameters
        (share, amplitude, rate, bounds) to every parameter of the model and kep if it has one.
    """

    share_bounds: Callable[[Bounds], tuple[float, float]] | None
    amplitude_limits: Callable[[Bounds], tuple[tuple[Limit, ...], tuple[Limit, ...]]]
    rate_bounds: Callable[[Bounds], tuple[float, float]] | None
    parameters: Callable[[Tensor, Tensor, Tensor, Bounds], dict[str, Tensor]]


@dataclass(frozen=True)
class KineticModel:
    """A kinetic model.

    Attributes
    ----------
    name
        The word used in Python, on the command line and in files.
    code
        OSIPI CAPLEX code.
    parameters
        Quantities in the order in which `impulse_response` takes them.
    impulse_response
        Parameters to impulse response.
    linear_form
        The inverse road, for fits.
    """

    name: str
    code: str
    parameters: tuple[Quantity, ...]
    impulse_response: Callable[..., ImpulseResponse]
    linear_form: LinearForm
