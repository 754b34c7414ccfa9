"""Steps of all parameters and the dispersion together, on exact derivatives in machine code."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from gadmap.fitting.compiled_dispersion import dispersed_quadratics
from gadmap.fitting.levenberg_marquardt import (
    NOTHING,
    PROMISE,
    Minimum,
    Quadratic,
    descent,
    slopes,
)
from gadmap.fitting.problem import Problem
from gadmap.quantities import SECONDS_PER_MINUTE

UNKNOWNS = 4  # share of plasma, amplitude and rate of the exponential, and tau
STEPS = 200  # where exchange is about as fast as dispersion few are not enough
SAME = 12  # digits in which the lengths of two segments are one


def dispersed_minimum(
    problem: Problem,
    samples: Float[Tensor, "voxel time"],
    weights: Float[Tensor, "#voxel time"],
    curve: Int[Tensor, " start"],
    start: Float[Tensor, "parameter start"],
    bounds: Float[Tensor, "2 parameter 1"],
) -> Minimum:
    """Minimum of the sum of squares of each start's curve that steps reach within `bounds`.

    The last of the parameters is the dispersion [s].
    """
    minutes, plasma = problem.arrival.minutes.numpy(), problem.arrival.source.numpy()
    lengths = np.diff(minutes)
    _, first, which = np.unique(
        np.round(lengths / lengths.max(), SAME), return_index=True, return_inverse=True
    )

    def at(values: Tensor, starts: Tensor) -> Quadratic:
        unknowns, turn = slopes(lambda there: _unknowns(problem, there), values)
        count = values.shape[1]
        normal, slope = np.empty((count, UNKNOWNS, UNKNOWNS)), np.empty((count, UNKNOWNS))
        sse = np.empty(count)
        dispersed_quadratics(
            lengths[first], which, plasma, samples.numpy(), weights.numpy(),
            curve[starts].numpy(), unknowns.numpy(), normal, slope, sse,
        )  # fmt: skip
        turned = turn.transpose(0, 1)
        return Quadratic(
            turned @ torch.from_numpy(normal) @ turned.mT,
            (turn * torch.from_numpy(slope)).sum(dim=2),
            torch.from_numpy(sse),
        )

    rows = weights if len(weights) == 1 else weights[curve]
    nothing = NOTHING * (rows * samples[curve].square()).sum(dim=1)
    return descent(at, start, bounds, lambda sse: PROMISE * sse + nothing, STEPS)


def _unknowns(
    problem: Problem, values: Float[Tensor, "parameter *batch voxel"]
) -> Float[Tensor, "*batch voxel unknown"]:
    """Share of plasma, amplitude, rate [1/min] and tau [min]; 0 of what the model does not have."""
    response = problem.model.impulse_response(*values[:-1])
    none = torch.zeros_like(values[-1])
    one = (
        [response.amplitude[..., 0], response.rate[..., 0]]
        if response.rate.shape[-1]
        else 2 * [none]
    )
    share = none if response.plasma is None else response.plasma
    return torch.stack([share, *one, values[-1] / SECONDS_PER_MINUTE], dim=-1)
