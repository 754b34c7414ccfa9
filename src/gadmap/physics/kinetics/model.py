"""What a kinetic model is: an impulse response that is linear in its amplitudes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
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


def in_step(like: Tensor) -> ImpulseResponse:
    """Of a space whose concentration is that of the arterial plasma at once."""
    none = like.new_zeros((*like.shape, 0))
    return ImpulseResponse(amplitude=none, rate=none, plasma=torch.ones_like(like))


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
        None where the model has no exponential.
    rate_bounds
        Bounds to the lowest and highest rate [1/min] with room between those limits; None where
        the rate is 0.
    parameters
        (share, amplitude, rate, bounds) to every parameter of the model and kep if it has one.
    coupling
        Rate r [1/min], where the exponential comes with the plasma: `amplitude` is then that of
        the plasma curve plus (r - rate) times its convolution. None where it comes alone.
    """

    share_bounds: Callable[[Bounds], tuple[float, float]] | None
    amplitude_limits: Callable[[Bounds], tuple[tuple[Limit, ...], tuple[Limit, ...]]] | None
    rate_bounds: Callable[[Bounds], tuple[float, float]] | None
    parameters: Callable[[Tensor, Tensor, Tensor, Bounds], dict[str, Tensor]]
    coupling: float | None = None


@dataclass(frozen=True)
class CompartmentForm:
    """Two compartments as a fit sees them: two exponentials, and two rates to search.

    Flow, exchange and volumes are not linear in the amplitudes, so neither are their bounds: the
    fit steps in the parameters themselves, `fp`, `ps`, `vp` and, where agent returns, `ve`.

    Attributes
    ----------
    returns
        Whether agent returns to the plasma; where it does not, the slow rate is 0.
    """

    returns: bool


Spaces = Callable[..., dict[str, ImpulseResponse]]


def _nothing(*_: Tensor) -> dict[str, Tensor]:
    return {}


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
    form
        The inverse road, for fits.
    derived
        Parameters, in the same order, to what follows from them (kep, ktrans), by name.
    spaces
        Parameters, in the same order, to the impulse response of the agent's concentration in each
        space that holds it, by the name of the space's volume; None where the model leaves a
        volume open. Times the volumes they add up to `impulse_response`.
    """

    name: str
    code: str
    parameters: tuple[Quantity, ...]
    impulse_response: Callable[..., ImpulseResponse]
    form: LinearForm | CompartmentForm
    derived: Callable[..., dict[str, Tensor]] = _nothing
    spaces: Spaces | None = None
