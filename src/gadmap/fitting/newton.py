"""The minimum of the projected sum of squares in a cell of the scan, whatever limit may hold.

With the amplitudes projected out (Golub and Pereyra, SIAM J Numer Anal 1973;10:413-432) the sum of
squares is a function of the rate alone. It is once continuously differentiable even where a bound
becomes active, because the amplitudes minimise it in their box at each rate.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from gadmap.fitting.amplitudes import amplitudes, interval, share_given
from gadmap.fitting.local import Local, polynomial_value
from gadmap.fitting.problem import Problem
from gadmap.fitting.rate_grid import SCAN_STRIDE, RateGrid, stencil_polynomials

MAX_STEPS = 60
STEPS_TOGETHER = 1  # before the curves that have settled are set aside
TOLERANCE = 3e-5  # of a step; Newton's next error is about its square


def limited_minimum(
    problem: Problem, grid: RateGrid, around: Local, node: Int[Tensor, " start"]
) -> tuple[Float[Tensor, " start"], Bool[Tensor, " start"]]:
    """Place of the minimum in the cell of every start, and whether the steps settled.

    Where a Newton step leaves the bracket, the slope bends sharply inside it because a limit of
    the amplitude becomes active there: then a step along that limit comes first, and the middle
    of the bracket if that leaves it too.
    """
    last = grid.positions.numel() - 1
    low = torch.where(node == 0, 0.0, -SCAN_STRIDE).to(around.centre)
    high = torch.where(node == last, 0.0, SCAN_STRIDE).to(around.centre)
    place = torch.zeros_like(around.centre)
    matrix = stencil_polynomials(around.products)
    polynomials = matrix.flatten(0, 1) @ around.products
    local = around._replace(products=polynomials.unflatten(1, matrix.shape[:2]))
    settled = place.clone()
    converged = torch.zeros_like(place, dtype=torch.bool)
    going = torch.arange(place.numel(), device=place.device)
    for count in range(MAX_STEPS):
        slope, curvature = _derivatives(problem, grid, local, place, on_limit=False)
        rising = slope > 0
        high, low = torch.where(rising, place, high), torch.where(rising, low, place)
        following = place - slope / curvature
        stray = torch.nonzero(~((following >= low) & (following <= high))).squeeze(1)
        if stray.numel():
            at = place[stray]
            bent = _derivatives(problem, grid, local.rows(stray), at, on_limit=True)
            along = at - bent[0] / bent[1]
            inside = (along > low[stray]) & (along < high[stray])
            middle = (low[stray] + high[stray]) / 2
            following[stray] = torch.where(inside, along, middle)
        done = (following - place).abs() <= TOLERANCE
        settled[going], converged[going] = following, done
        if bool(done.all()):
            break
        place = following
        if count >= STEPS_TOGETHER:
            rest = torch.nonzero(~done).squeeze(1)
            going, place, low, high = going[rest], place[rest], low[rest], high[rest]
            local = local.rows(rest)
    return settled, converged


def _derivatives(
    problem: Problem, grid: RateGrid, local: Local, place: Tensor, *, on_limit: bool
) -> tuple[Tensor, Tensor]:
    """First and second derivative, by `place`, of half the projected sum of squares.

    The amplitudes follow the rate: free ones keep their own derivative at zero, one at a limit
    moves with it. On which side a limit holds shows in the excess, half the derivative by the
    amplitude.
    """
    values = polynomial_value(local.products, place)
    here, first, second = (local.forms(v) for v in values.unbind(dim=1))
    limits = interval(problem, local.centre + grid.step * place)
    share, amplitude = amplitudes(problem, here, limits)
    at_high = amplitude < limits.high
    held = torch.ones_like(at_high)
    if on_limit:
        amplitude = torch.where(at_high, limits.high, limits.low)
        if problem.share_bounds is not None:
            share = share_given(here, amplitude, problem.share_bounds)

    excess = amplitude * here.exponential - here.moment
    mixed = amplitude * first.exponential - first.moment
    slope = amplitude * (0.5 * amplitude * first.exponential - first.moment)
    curvature = amplitude * (0.5 * amplitude * second.exponential - second.moment)
    if problem.share_bounds is not None:
        excess = torch.addcmul(excess, share, here.cross)
        mixed = torch.addcmul(mixed, share, first.cross)
        slope = slope + share * amplitude * first.cross
        curvature = curvature + share * amplitude * second.cross

    if not on_limit:
        at_high = (amplitude >= limits.high) & (excess < 0)
        held = at_high | ((amplitude <= limits.low) & (excess > 0))
    fall = grid.step * torch.where(at_high, limits.high_fall, limits.low_fall)
    pace = torch.where(held, -fall, -mixed / here.exponential)
    if problem.share_bounds is not None:
        share_excess = share * here.share + amplitude * here.cross - here.share_moment
        share_mixed = amplitude * first.cross
        lowest, highest = problem.share_bounds
        share_held = (share <= lowest) & (share_excess > 0)
        share_held |= (share >= highest) & (share_excess < 0)
        determinant = here.share * here.exponential - here.cross.square()
        both = (share_mixed * here.cross - mixed * here.share) / determinant
        pace = torch.where(held | share_held, pace, both)
        share_pace = -(share_mixed + here.cross * pace) / here.share
        share_pace = torch.where(share_held, 0.0, share_pace)
        slope = slope + share_excess * share_pace
        curvature = curvature + share_pace * (
            2 * share_mixed + 2 * here.cross * pace + here.share * share_pace
        )
    slope = slope + excess * pace
    curvature = curvature + pace * (2 * mixed + here.exponential * pace)
    return slope, curvature + torch.where(held, grid.step * excess * fall, 0.0)
