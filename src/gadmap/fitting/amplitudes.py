"""Amplitudes at a given rate: least squares in their box, in closed form."""

from collections.abc import Callable
from math import log
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


class Interval(NamedTuple):
    """Limits of the exponential's amplitude and how fast they fall with log(rate + offset)."""

    low: Tensor
    low_fall: Tensor
    high: Tensor
    high_fall: Tensor


def interval(problem: Problem, position: Tensor) -> Interval:
    """Tightest limits of the column's amplitude at log(rate + offset) = `position`.

    A limit constant + slope rate of the convolution's amplitude becomes that over (rate + offset).
    """
    inverse = torch.exp(-position)
    # rate over (rate + offset): exactly 0 at rate 0, where limits meet
    rate_share = -torch.expm1(log(problem.offset) - position)
    return Interval(
        *_tightest(problem.lower, inverse, rate_share, torch.ge),
        *_tightest(problem.upper, inverse, rate_share, torch.le),
    )


def _tightest(
    limits: tuple[Limit, ...],
    inverse: Tensor,
    rate_share: Tensor,
    tighter: Callable[[Tensor, Tensor], Tensor],
) -> tuple[Tensor, Tensor]:
    """Value and fall of the tightest limit; of two that meet, the first in the tuple."""
    value, fall = _limit(limits[0], inverse, rate_share)
    for limit in limits[1:]:
        other, other_fall = _limit(limit, inverse, rate_share)
        first = tighter(value, other)
        value, fall = torch.where(first, value, other), torch.where(first, fall, other_fall)
    return value, fall


def _limit(limit: Limit, inverse: Tensor, rate_share: Tensor) -> tuple[Tensor, Tensor]:
    constant = limit.constant * inverse
    return constant + limit.slope * rate_share, constant - limit.slope * (1 - rate_share)


def amplitudes(problem: Problem, forms: Forms, limits: Interval) -> tuple[Tensor, Tensor]:
    """Share of plasma and amplitude of the exponential that minimise the form in the box."""
    if problem.share_bounds is None:
        free = forms.moment * forms.exponential.reciprocal()
        return free.new_zeros(1), _clip(free, limits)
    return _two_amplitudes(forms, limits, problem.share_bounds)


def _two_amplitudes(
    forms: Forms, limits: Interval, share_bounds: tuple[float, float]
) -> tuple[Tensor, Tensor]:
    """Both amplitudes in their box.

    Clip the exponential's with the share free, then the share given it, then the exponential's
    given the share: as no inner product of columns is negative, this meets the optimum on every
    face and corner of the box, and the one inside.
    """
    inverse = (forms.share * forms.exponential - forms.cross * forms.cross).reciprocal()
    free = forms.moment * (forms.share * inverse) - forms.share_moment * (forms.cross * inverse)
    exponential = _clip(free, limits)
    share = share_given(forms, exponential, share_bounds)
    free = forms.moment * forms.exponential.reciprocal() - share * (forms.cross / forms.exponential)
    return share, _clip(free, limits)


def share_given(forms: Forms, exponential: Tensor, share_bounds: tuple[float, float]) -> Tensor:
    """Share of plasma in its bounds that is best beside this amplitude of the exponential."""
    share = forms.share_moment / forms.share - exponential * (forms.cross / forms.share)
    return share.clamp(*share_bounds)


def _clip(amplitude: Tensor, limits: Interval) -> Tensor:
    return torch.clamp(amplitude, limits.low, limits.high)


def reduction(problem: Problem, forms: Forms, share: Tensor, exponential: Tensor) -> Tensor:
    """Sum of squares at these amplitudes, less that of the curve itself."""
    alone = exponential * (exponential * forms.exponential - 2 * forms.moment)
    if problem.share_bounds is None:
        return alone
    both = share * forms.share + 2 * (exponential * forms.cross - forms.share_moment)
    return alone + share * both
