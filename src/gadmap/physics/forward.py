"""From parameters to tissue concentration."""

from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor

from gadmap.physics.convolution import (
    dispersed,
    dispersed_exponential_convolution,
    exponential_convolution,
    exponential_convolution_at,
    plasma_at,
)
from gadmap.physics.kinetics import ImpulseResponse, KineticModel
from gadmap.quantities import SECONDS_PER_MINUTE


def tissue_concentration(
    model: KineticModel,
    parameters: Mapping[str, Float[Tensor, "*grid"]],
    t: Float[Tensor, " time"],
    plasma: Float[Tensor, " time"],
    delay: Float[Tensor, "*grid"] | None = None,
    dispersion: Float[Tensor, "*grid"] | None = None,
) -> Float[Tensor, "*grid time"]:
    """Tissue concentration [mmol/L] at times `t` [s] under a `plasma` concentration [mmol/L].

    `parameters` holds every quantity of `model.parameters` by name, in its unit. The plasma curve
    is taken as linear between its samples. With a `delay` [s] it reaches the tissue that much
    later; there is nothing before its first sample, and its last one lasts. With a `dispersion` [s]
    it is smeared on its way by the transport function exp(-t / dispersion) / dispersion.

    Raises
    ------
    ValueError
        If both a delay and a dispersion are given.

    References
    ----------
    Calamante, Gadian and Connelly, Magn Reson Med 2000;44:466-473 (dispersion).
    """
    if delay is not None and dispersion is not None:
        raise ValueError("a delay and a dispersion are both given; expected one of them or none")
    response = model.impulse_response(*(parameters[q.name] for q in model.parameters))
    return response_to(response, t, plasma, delay, dispersion)


def response_to(
    response: ImpulseResponse,
    t: Float[Tensor, " time"],
    plasma: Float[Tensor, " time"],
    delay: Float[Tensor, "*grid"] | None = None,
    dispersion: Float[Tensor, "*grid"] | None = None,
) -> Float[Tensor, "*grid time"]:
    """What an impulse response makes of a `plasma` concentration, in its unit [mmol/L].

    `t`, `plasma`, `delay` and `dispersion` are as in `tissue_concentration`.
    """
    minutes = t / SECONDS_PER_MINUTE
    if dispersion is not None:
        tau = dispersion / SECONDS_PER_MINUTE
        terms = dispersed_exponential_convolution(plasma, minutes, response.rate, tau[..., None])
        plasma = dispersed(plasma, minutes, tau)
    elif delay is None:
        terms = exponential_convolution(plasma, minutes, response.rate)
    else:
        when = minutes - delay[..., None] / SECONDS_PER_MINUTE
        terms = exponential_convolution_at(plasma, minutes, response.rate, when[..., None, :])
        plasma = plasma_at(plasma, minutes, when)
    tissue = (response.amplitude[..., None] * terms).sum(dim=-2)
    return tissue if response.plasma is None else tissue + response.plasma[..., None] * plasma
