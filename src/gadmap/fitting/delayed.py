"""The fit with an arterial delay: exact fits at even delays, then all parameters together.

At a given delay the fit is the exact one of `chunk`. Over the delay the sum of squares may have
several minima, a frame or so apart; from the lowest of them, and from both sides of the lowest,
Levenberg and Marquardt's steps take the delay off its grid.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gadmap.fitting.chunk import Weighting, find
from gadmap.fitting.levenberg_marquardt import bounded_minimum, slopes
from gadmap.fitting.problem import Problem
from gadmap.fitting.results import Found, Results, results
from gadmap.fitting.uncertainty import inverse_normal
from gadmap.physics.forward import tissue_concentration
from gadmap.quantities import DELAY, SECONDS_PER_MINUTE

MINIMA = 5  # of the sum of squares over the delay, at most


class Starts(NamedTuple):
    """Parameters from which to step, and the row of the curve; a curve has one or a few."""

    curve: Int[Tensor, " start"]
    values: Float[Tensor, "parameter start"]


def fit_delayed_chunk(
    problems: Sequence[Problem],
    weighted: Sequence[Weighting],
    curves: Float[Tensor, "voxel time"],
    *,
    standard_error: bool,
) -> Results:
    """Fit `curves` [mmol/L] with the delay free between those of the first and last problem."""
    first, samples = problems[0], curves.double()
    empty = ~torch.isfinite(samples).all(dim=1, keepdim=True)
    fits = [
        find(problem, weights, curves, standard_error=False)
        for problem, weights in zip(problems, weighted, strict=True)
    ]
    starts = _starts(problems, fits)
    model = partial(_delayed, first)
    weights = weighted[0].weights
    minimum = bounded_minimum(
        model,
        samples.masked_fill(empty, 0)[starts.curve],
        weights if len(weights) == 1 else weights[starts.curve],
        starts.values,
        _bounds(problems).to(samples),
    )
    best = _best_start(starts.curve, minimum.sse, len(curves))
    values, normal, sse = minimum.values[:, best], minimum.normal[best], minimum.sse[best]
    determined = torch.diagonal(normal, dim1=1, dim2=2)[:, 0] > 0
    found = Found(
        _parameters(first, values),
        _errors(first, weighted[0], values, normal, sse) if standard_error else {},
        sse.masked_fill(~determined, torch.nan),
        (weights * samples).sum(dim=1),
        (weights * samples.square()).sum(dim=1),
    )
    return results(first, found, weighted[0].total, weighted[0].needed_gain)


def _delayed(
    problem: Problem, values: Float[Tensor, "parameter *grid"]
) -> Float[Tensor, "*grid time"]:
    """Curves of the model's parameters and, last, the delay."""
    named = {q.name: v for q, v in zip(problem.model.parameters, values, strict=False)}
    t = problem.arrival.minutes * SECONDS_PER_MINUTE
    return tissue_concentration(problem.model, named, t, problem.arrival.source, values[-1])


def _bounds(problems: Sequence[Problem]) -> Float[Tensor, "2 parameter 1"]:
    box = [problems[0].bounds[q.name] for q in problems[0].model.parameters]
    box.append((_delay(problems[0]), _delay(problems[-1])))
    return torch.tensor(box, dtype=torch.float64).T[..., None]


def _delay(problem: Problem) -> float:
    return problem.arrival.delay * SECONDS_PER_MINUTE


def _starts(problems: Sequence[Problem], fits: Sequence[Found]) -> Starts:
    """The lowest local minima of the sum of squares over the delay."""
    sse = torch.stack([fit.sse for fit in fits]).nan_to_num(nan=0.0)
    beside = torch.nn.functional.pad(sse, (0, 0, 1, 1), value=torch.inf)
    minima = (sse <= beside[:-2]) & (sse < beside[2:])
    lowest = sse.argmin(dim=0)
    for neighbour in (lowest - 1, lowest, lowest + 1):  # the slope bends where samples meet frames
        minima.scatter_(0, neighbour.clamp(0, len(problems) - 1)[None], True)
    height, node = torch.where(minima, sse, torch.inf).topk(
        min(MINIMA, len(problems)), dim=0, largest=False
    )
    rank, curve = torch.nonzero(torch.isfinite(height)).unbind(dim=1)
    node = node[rank, curve]
    values = [
        torch.stack([fit.parameters[q.name] for fit in fits])[node, curve].nan_to_num()
        for q in problems[0].model.parameters
    ]
    delay = torch.tensor([_delay(problem) for problem in problems]).to(sse)[node]
    return Starts(curve, torch.stack([*values, delay]))


def _best_start(
    curve: Int[Tensor, " start"], sse: Float[Tensor, " start"], count: int
) -> Int[Tensor, " voxel"]:
    """Of each curve's starts the one that led lowest."""
    order = torch.argsort(sse, descending=True, stable=True)
    best = torch.zeros(count, dtype=torch.long, device=sse.device)
    best[curve[order]] = order  # the last that is written, the lowest, stays
    return best


def _parameters(
    problem: Problem, values: Float[Tensor, "parameter *grid"]
) -> dict[str, Float[Tensor, "*grid"]]:
    """Every parameter, those that follow from others too."""
    model = problem.model
    fitted = {q.name: v for q, v in zip(model.parameters, values, strict=False)}
    return fitted | model.derived(*values[:-1]) | {DELAY.name: values[-1]}


def _errors(
    problem: Problem,
    weighted: Weighting,
    values: Float[Tensor, "parameter voxel"],
    normal: Float[Tensor, "voxel parameter parameter"],
    sse: Float[Tensor, " voxel"],
) -> dict[str, Float[Tensor, " voxel"]]:
    """Standard errors from (J' W J)^-1, as in `uncertainty`."""
    covariance = inverse_normal(normal)
    variance = sse / torch.as_tensor(weighted.freedom).to(sse)
    errors = {}
    for name in _parameters(problem, values):
        _, gradient = slopes(lambda there, name=name: _parameters(problem, there)[name], values)
        spread = torch.einsum("pv,vpq,qv->v", gradient, covariance, gradient)
        error = torch.sqrt(spread * variance)
        errors[name] = torch.where(torch.isfinite(error), error, torch.nan)
    return errors
