"""The fit with something of the arterial input: exact fits at given values, then all together.

At a given delay or dispersion the fit is the exact one of `chunk`. Over these the sum of squares
may have several minima; from the lowest of them, and from both sides of the lowest, Levenberg and
Marquardt's steps take the delay or the dispersion off its grid.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from math import ceil, inf
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from gadmap.fitting.chunk import Weighting, find
from gadmap.fitting.delay_tables import delays
from gadmap.fitting.dispersed_steps import dispersed_minimum
from gadmap.fitting.levenberg_marquardt import Minimum, bounded_minimum, slopes
from gadmap.fitting.mirrored import mirrored
from gadmap.fitting.problem import Problem
from gadmap.fitting.results import Found, Results, results
from gadmap.fitting.uncertainty import inverse_normal
from gadmap.physics.device import CPU
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import Bounds
from gadmap.quantities import DELAY, DISPERSION, SECONDS_PER_MINUTE, Quantity

MINIMA = 5  # of the sum of squares over the values, at most
SLOW = 0.05  # exchange, of the rate of the transport function
SHORT, DISPERSION_STEP = 1.0, 0.2  # s, and step of log(dispersion + SHORT), at most
AS_LOW = 1e-6  # of the sum of squares: parameters of the same curve


class Starts(NamedTuple):
    """Parameters from which to step, and the row of the curve; a curve has one or a few."""

    curve: Int[Tensor, " start"]
    values: Float[Tensor, "parameter start"]


def problems_of_input(
    make: Callable[..., Problem], of_input: Quantity | None, bounds: Bounds
) -> list[Problem]:
    """Problems at rising delays or dispersions; `make` takes which, the value and a fastest rate.

    Of dispersions there are two runs where plasma has a share: one with exchange no faster than the
    transport function (faster exchange is the same curve), and one with much slower exchange. There
    the curve is all plasma's, in a narrow valley that is not seen beside the other.
    """
    if of_input is DELAY:
        return [make(DELAY, delay) for delay in delays(*bounds[DELAY.name])]
    values = dispersions(*bounds[DISPERSION.name])
    problems = [make(DISPERSION, tau, _rate(tau)) for tau in values]
    if problems[0].grid and problems[0].share_bounds:
        problems += [make(DISPERSION, tau, SLOW * _rate(tau)) for tau in values]
    return problems


def dispersions(low: float, high: float) -> list[float]:
    """Dispersions [s] from `low` to `high`, even in log(dispersion + SHORT)."""
    first, last = np.log(low + SHORT), np.log(high + SHORT)
    count = max(2, ceil((last - first) / DISPERSION_STEP) + 1)
    inner = np.exp(np.linspace(first, last, count)[1:-1]) - SHORT
    return [low, *inner.tolist(), high]


def _rate(tau: float) -> float:
    """Rate [1/min] of the transport function."""
    return SECONDS_PER_MINUTE / tau if tau else inf


def fit_chunk_by_input(
    problems: Sequence[Problem],
    weighted: Sequence[Weighting],
    curves: Float[Tensor, "voxel time"],
    *,
    standard_error: bool,
) -> Results:
    """Fit `curves` [mmol/L] with the input between those of the first and last problem."""
    first, samples = problems[0], curves.double()
    empty = ~torch.isfinite(samples).all(dim=1, keepdim=True)
    fits = [
        find(problem, weights, curves, standard_error=False)
        for problem, weights in zip(problems, weighted, strict=True)
    ]
    weights = weighted[0].weights
    steps = _Steps(problems, weights, samples.masked_fill(empty, 0))
    starts = _starts(problems, fits)
    found = steps.minimum(starts)
    best = _best_start(starts.curve, found.sse, len(curves))
    found = Minimum(found.values[:, best], found.sse[best], found.normal[best])
    if first.of_input is DISPERSION:
        found = _slower_exchange(steps, found)
    values, sse, normal = found
    determined = torch.diagonal(normal, dim1=1, dim2=2)[:, 0] > 0
    return results(
        first,
        Found(
            _parameters(first, values),
            _errors(first, weighted[0], values, normal, sse) if standard_error else {},
            sse.masked_fill(~determined, torch.nan),
            (weights * samples).sum(dim=1),
            (weights * samples.square()).sum(dim=1),
        ),
        weighted[0].total,
        weighted[0].needed_gain,
    )


class _Steps:
    """Steps of all parameters together, for the curves of a chunk."""

    def __init__(
        self,
        problems: Sequence[Problem],
        weights: Float[Tensor, "#voxel time"],
        samples: Float[Tensor, "voxel time"],
    ) -> None:
        self.problem, self.bounds = problems[0], _bounds(problems).to(samples)
        self._weights, self._samples = weights, samples

    def minimum(self, starts: Starts) -> Minimum:
        """The minima that they reach."""
        on_cpu = self._samples.device.type == CPU
        if self.problem.of_input is DISPERSION and on_cpu:
            return dispersed_minimum(
                self.problem, self._samples, self._weights, *starts, self.bounds
            )
        shared = len(self._weights) == 1
        return bounded_minimum(
            partial(_modelled, self.problem),
            self._samples[starts.curve],
            self._weights if shared else self._weights[starts.curve],
            starts.values,
            self.bounds,
        )


def _modelled(
    problem: Problem, values: Float[Tensor, "parameter *grid"]
) -> Float[Tensor, "*grid time"]:
    """Curves of the model's parameters and, last, the input's."""
    assert problem.of_input is not None
    named = {q.name: v for q, v in zip(problem.model.parameters, values, strict=False)}
    t = problem.arrival.minutes * SECONDS_PER_MINUTE
    of_input = {problem.of_input.name: values[-1]}
    return tissue_concentration(problem.model, named, t, problem.arrival.source, **of_input)


def _bounds(problems: Sequence[Problem]) -> Float[Tensor, "2 parameter 1"]:
    box = [problems[0].bounds[q.name] for q in problems[0].model.parameters]
    box.append((_value(problems[0]), _value(problems[-1])))
    return torch.tensor(box, dtype=torch.float64).T[..., None]


def _value(problem: Problem) -> float:
    """The input's delay or dispersion [s]."""
    return (problem.arrival.delay + problem.arrival.dispersion) * SECONDS_PER_MINUTE


def _starts(problems: Sequence[Problem], fits: Sequence[Found]) -> Starts:
    """The lowest local minima of the sum of squares over each run of delays or dispersions."""
    values = [_value(problem) for problem in problems]
    ends = [i for i, (one, other) in enumerate(pairwise(values), start=1) if other < one]
    found = [
        _starts_of_run(problems[first:last], fits[first:last])
        for first, last in pairwise([0, *ends, len(problems)])
    ]
    curve, values = zip(*found, strict=True)
    return Starts(torch.cat(curve), torch.cat(values, dim=1))


def _starts_of_run(problems: Sequence[Problem], fits: Sequence[Found]) -> Starts:
    sse = torch.stack([fit.sse for fit in fits]).nan_to_num(nan=0.0)
    beside = torch.nn.functional.pad(sse, (0, 0, 1, 1), value=torch.inf)
    minima = (sse <= beside[:-2]) & (sse < beside[2:])
    lowest = sse.argmin(dim=0)
    beside = (-1, 0, 1) if problems[0].of_input is DELAY else (0,)
    for neighbour in (lowest + steps for steps in beside):  # slopes bend where samples meet frames
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
    of_input = torch.tensor([_value(problem) for problem in problems]).to(sse)[node]
    return Starts(curve, torch.stack([*values, of_input]))


def _best_start(
    curve: Int[Tensor, " start"], sse: Float[Tensor, " start"], count: int
) -> Int[Tensor, " voxel"]:
    """Of each curve's starts the one that led lowest."""
    order = torch.argsort(sse, descending=True, stable=True)
    best = torch.zeros(count, dtype=torch.long, device=sse.device)
    best[curve[order]] = order  # the last that is written, the lowest, stays
    return best


def _slower_exchange(steps: _Steps, found: Minimum) -> Minimum:
    """Of two tissues with the same curve the one whose exchange is slower than its dispersion."""
    values, faster = mirrored(steps.problem, found.values)
    low, high = steps.bounds
    curve = torch.nonzero(faster)[:, 0]
    there = steps.minimum(Starts(curve, values[:, curve].clamp(low, high)))
    slower = ~mirrored(steps.problem, there.values)[1]
    taken = slower & (there.sse <= (1 + AS_LOW) * found.sse[curve])
    for kept, other in zip(found[1:], there[1:], strict=True):
        kept[curve[taken]] = other[taken]
    found.values[:, curve[taken]] = there.values[:, taken]
    return found


def _parameters(
    problem: Problem, values: Float[Tensor, "parameter *grid"]
) -> dict[str, Float[Tensor, "*grid"]]:
    """Every parameter, those that follow from others too."""
    assert problem.of_input is not None
    model = problem.model
    fitted = {q.name: v for q, v in zip(model.parameters, values, strict=False)}
    return fitted | model.derived(*values[:-1]) | {problem.of_input.name: values[-1]}


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
