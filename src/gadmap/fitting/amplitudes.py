"""Amplitudes at a given rate: least squares in their box, in closed form."""

from functools import reduce
from typing import NamedTuple

import torch
from torch import Tensor

from gadmap.fitting.problem import Problem
from gadmap.physics.kinetics import Limit


class Forms(NamedTuple):
    """Inner products at one rate a curve (or at every node): the quadratic form to minimise."""

    share_moment: Tensor
    moment: Tensor
    share: Tensor
    cross: Tensor
    exponential: Tensor


class Solver(NamedTuple):
    """What solves the normal equations at one rate, from the columns alone.

    Attributes
    ----------
    per_exponential
        1 over the exponential with itself; the rest only where the model has a share of plasma.
    cross_per_exponential, cross_per_share
        Cross product over that of either column with itself.
    from_moment, from_share_moment
        What the exponential's amplitude takes from either moment when both amplitudes are free.
    """

    per_exponential: Tensor
    cross_per_exponential: Tensor
    cross_per_share: Tensor
    from_moment: Tensor
    from_share_moment: Tensor


class Interval(NamedTuple):
    """Lowest and highest amplitude of the exponential's column."""

    low: Tensor
    high: Tensor


def solver(problem: Problem, share: Tensor, cross: Tensor, exponential: Tensor) -> Solver:
    """Solver for these inner products of the columns."""
    inverse = exponential.reciprocal()
    if problem.share_bounds is None:
        return Solver(inverse, inverse, inverse, inverse, inverse)
    per_determinant = (share * exponential - cross.square()).reciprocal()
    return Solver(
        inverse, cross * inverse, cross / share, share * per_determinant, cross * per_determinant
    )


def interval(problem: Problem, position: Tensor) -> Interval:
    """Tightest limits of the column's amplitude at log(rate + offset) = `position`.

    A limit constant + slope rate of the convolution's amplitude becomes that over (rate + offset).
    """
    inverse = torch.exp(-position)
    rate_share = 1 - problem.offset * inverse

    def over_shifted_rate(limit: Limit) -> Tensor:
        if limit.slope == 0:
            return limit.constant * inverse
        if limit.constant == 0:
            return limit.slope * rate_share
        return limit.constant * inverse + limit.slope * rate_share

    return Interval(
        reduce(torch.maximum, map(over_shifted_rate, problem.lower)),
        reduce(torch.minimum, map(over_shifted_rate, problem.upper)),
    )


def amplitudes(
    problem: Problem, forms: Forms, solve: Solver, limits: Interval
) -> tuple[Tensor, Tensor]:
    """Share of plasma and amplitude of the exponential that minimise the form in the box.

    With two: clip the exponential's with the share free, then the share given it, then the
    exponential's given the share. As no inner product of columns is negative, this meets the
    optimum on every face and corner of the box, and the one inside.
    """
    if problem.share_bounds is None:
        free = forms.moment * solve.per_exponential
        return free.new_zeros(1), torch.clamp(free, *limits)
    free = forms.moment * solve.from_moment
    free = torch.addcmul(free, forms.share_moment, solve.from_share_moment, value=-1)
    alone = forms.share_moment / forms.share
    clipped = torch.clamp(free, *limits)
    share = torch.addcmul(alone, clipped, solve.cross_per_share, value=-1)
    share = share.clamp(*problem.share_bounds)
    free = forms.moment * solve.per_exponential
    free = torch.addcmul(free, share, solve.cross_per_exponential, value=-1)
    return share, torch.clamp(free, *limits)


def reduction(problem: Problem, forms: Forms, share: Tensor, exponential: Tensor) -> Tensor:
    """Sum of squares at these amplitudes, less that of the curve itself."""
    alone = exponential * torch.sub(exponential * forms.exponential, forms.moment, alpha=2)
    if problem.share_bounds is None:
        return alone
    beside = torch.sub(share * forms.share, forms.share_moment, alpha=2)
    return torch.addcmul(alone, share, torch.addcmul(beside, exponential, forms.cross, value=2))
