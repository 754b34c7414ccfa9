"""Two tissues that have one curve: dispersion and exchange change places.

Dispersed plasma in a tissue of one rate is two exponentials, one of the transport function and one
of the exchange, and the curve does not tell which is which.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from gadmap.fitting.problem import Problem
from gadmap.physics.kinetics import LinearForm
from gadmap.quantities import SECONDS_PER_MINUTE


def mirrored(
    problem: Problem, values: Float[Tensor, "parameter voxel"]
) -> tuple[Float[Tensor, "parameter voxel"], Bool[Tensor, " voxel"]]:
    """The other tissue with the curve of `values`, where it is looked for, and where that is.

    The last of `values` are dispersions [s]. It is looked for where the exchange, of rate k, is
    faster than the transport function, of rate q. Of a curve v q exp(-q t) + a q (exp(-k t) -
    exp(-q t)) / (q - k), v being the share of plasma and a the amplitude, both rates are swapped:
    the share is then v q / k and the amplitude q (a + v (k - q)) / k. It may lie out of the bounds.
    """
    form, parameters = problem.model.form, problem.model.parameters
    assert isinstance(form, LinearForm)
    response = problem.model.impulse_response(*values[:-1])
    if not response.rate.shape[-1]:
        return values, torch.zeros_like(values[-1], dtype=torch.bool)
    rate, amplitude = response.rate[..., 0], response.amplitude[..., 0]
    share = torch.zeros_like(rate) if response.plasma is None else response.plasma
    faster = rate * values[-1] > SECONDS_PER_MINUTE
    own = torch.where(faster, SECONDS_PER_MINUTE / values[-1], 1.0)
    rate = torch.where(faster, rate, 1.0)
    other = form.parameters(
        share * own / rate, own * (amplitude + share * (rate - own)) / rate, own, problem.bounds
    )
    swapped = torch.stack([*(other[q.name] for q in parameters), SECONDS_PER_MINUTE / rate])
    return torch.where(faster, swapped, values), faster
