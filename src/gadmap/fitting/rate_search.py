"""Best rate and amplitudes of every curve."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from gadmap.fitting.amplitudes import (
    Forms,
    Interval,
    Solver,
    amplitudes,
    interval,
    reduction,
    solver,
)
from gadmap.fitting.free import free_minimum
from gadmap.fitting.limited import limited_minimum
from gadmap.fitting.local import Local, local, polynomial_value
from gadmap.fitting.problem import Problem
from gadmap.fitting.products import ColumnProducts
from gadmap.fitting.rate_grid import RateGrid, stencil_polynomials
from gadmap.fitting.scan import Starts


class Optimum(NamedTuple):
    """Best rate and amplitudes of curves.

    Attributes
    ----------
    share
        Of plasma.
    exponential
        Amplitude of the exponential's column.
    position
        log(rate + offset).
    reduction
        Sum of squares less that of the curve itself; at most 0.
    """

    share: Float[Tensor, " voxel"]
    exponential: Float[Tensor, " voxel"]
    position: Float[Tensor, " voxel"]
    reduction: Float[Tensor, " voxel"]


def search(
    problem: Problem, grid: RateGrid, columns: ColumnProducts, starts: Starts, curves: int
) -> Optimum:
    """Lowest minimum of every curve among its starts; the first starts are one a curve."""
    around = local(problem, grid, columns, starts)
    share = _share_at_node(problem, around)
    found, settled = _free_optimum(problem, grid, around, share, starts.vertex())
    rest = torch.nonzero(~settled).squeeze(1)
    if rest.numel() and problem.share_bounds is not None:
        again = around.rows(rest)  # the share of plasma met or left its bound on the way
        there, settled = _free_optimum(
            problem, grid, again, found.share[rest], starts.vertex()[rest]
        )
        _put(found, rest[settled], Optimum(*(values[settled] for values in there)))
        rest = rest[~settled]
    if rest.numel():
        limited = around.rows(rest)
        place = limited_minimum(problem, grid, limited, starts.node[rest])
        _put(found, rest, _optimum(problem, grid, limited, place)[0])
    return _lowest(starts.curve, found, curves)


def _share_at_node(problem: Problem, around: Local) -> Float[Tensor, " #start"]:
    """Share of plasma at the node; 0 where the model has none."""
    if problem.share_bounds is None:
        return around.centre.new_zeros(1)
    forms = around.forms_at_node()
    limits = interval(problem, around.centre)
    return amplitudes(problem, forms, _solver(problem, forms), limits)[0]


def _free_optimum(
    problem: Problem, grid: RateGrid, around: Local, share: Tensor, place: Tensor
) -> tuple[Optimum, Bool[Tensor, " start"]]:
    """Optimum if no limit holds, taking the share of plasma as free or at the bound it is at.

    Also where that is what it turns out to be.
    """
    held = _share_held(problem, share)
    place, settled = free_minimum(around, share, held, place)
    found, limits = _optimum(problem, grid, around, place)
    return found, settled & _stays_free(problem, grid, found, limits, held)


def _put(optimum: Optimum, rows: Tensor, there: Optimum) -> None:
    for kept, other in zip(optimum, there, strict=True):
        kept[rows] = other


def _solver(problem: Problem, forms: Forms) -> Solver:
    return solver(problem, forms.share, forms.cross, forms.exponential)


def _share_held(problem: Problem, share: Tensor) -> Tensor | None:
    """Where the share of plasma is at a bound; None where the model has none."""
    if problem.share_bounds is None:
        return None
    lowest, highest = problem.share_bounds
    return (share <= lowest) | (share >= highest)


def _stays_free(
    problem: Problem,
    grid: RateGrid,
    found: Optimum,
    limits: Interval,
    share_held: Tensor | None,
) -> Tensor:
    """Where rate and amplitude lie between their limits and the share is held as it was taken."""
    free = (found.exponential > limits.low) & (found.exponential < limits.high)
    free &= (found.position > grid.first) & (found.position < grid.last)
    if share_held is not None:
        free &= _share_held(problem, found.share) == share_held
    return free


def _optimum(
    problem: Problem, grid: RateGrid, around: Local, place: Tensor
) -> tuple[Optimum, Interval]:
    """Amplitudes and sum of squares at `place`, and the limits there."""
    polynomials = stencil_polynomials(place)[0] @ around.products
    forms = around.forms(polynomial_value(polynomials, place))
    position = around.centre + grid.step * place
    limits = interval(problem, position)
    share, exponential = amplitudes(problem, forms, _solver(problem, forms), limits)
    lowest = reduction(problem, forms, share, exponential)
    share = share.expand_as(exponential).clone()
    return Optimum(share, exponential, position, lowest), limits


def _lowest(curve: Int[Tensor, " start"], found: Optimum, count: int) -> Optimum:
    """The best minimum of each of `count` curves."""
    rows = curve[count:]
    if not rows.numel():
        return found
    best = Optimum(*(f[:count].clone() for f in found))
    rival = Optimum(*(f[count:] for f in found))
    lowest = best.reduction.scatter_reduce(0, rows, rival.reduction, "amin")
    wins = (rival.reduction < best.reduction[rows]) & (rival.reduction == lowest[rows])
    for kept, other in zip(best, rival, strict=True):
        kept[rows[wins]] = other[wins]
    return best
