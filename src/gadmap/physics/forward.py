"""From parameters to tissue concentration."""

from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor

from gadmap.physics.convolution import (
    exponential_convolution,
    exponential_convolution_at,
    plasma_at,
)
from gadmap.physics.kinetics import KineticModel
from gadmap.quantities import SECONDS_PER_MINUTE


def tissue_concentration(
    model: KineticModel,
    parameters: Mapping[str, Float[Tensor, "*grid"]],
    t: Float[Tensor, " time"],
    plasma: Float[Tensor, " time"],
    delay: Float[Tensor, "*grid"] | None = None,
) -> Float[Tensor, "*grid time"]:
    """Tissue concentration [mmol/L] at times `t` [s] under a `plasma` concentration [mmol/L].

    `parameters` holds every quantity of `model.parameters` by name, in its unit. The plasma curve
    is taken as linear between its samples. With a `delay` [s] it reaches the tissue that much
    later; there is nothing before its first sample, and its last one lasts.
    """
    response = model.impulse_response(*(parameters[q.name] for q in model.parameters))
    minutes = t / SECONDS_PER_MINUTE
    if delay is None:
        terms = exponential_convolution(plasma, minutes, response.rate)
    else:
        when = minutes - delay[..., None] / SECONDS_PER_MINUTE
        terms = exponential_convolution_at(plasma, minutes, response.rate, when[..., None, :])
        plasma = plasma_at(plasma, minutes, when)
    tissue = (response.amplitude[..., None] * terms).sum(dim=-2)
    return tissue if response.plasma is None else tissue + response.plasma[..., None] * plasma
