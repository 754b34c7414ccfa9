"""R1 of voxels from their signals at several flip angles: exact nonlinear least squares.

The signal is linear in S0, so S0 is projected out (Golub and Pereyra, SIAM J Numer Anal
1973;10:413-432) and the sum of squares depends on R1 alone: it is scanned for the cell of its
lowest minimum, which Newton steps then polish from the straight line of Deoni.
"""

from collections.abc import Sequence
from math import log
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from gadmap.physics.spgr import spgr_signal

R1_RANGE = (0.1, 100.0)
"""Rates [1/s] that are searched; an optimum at an end is no estimate."""

_SCAN_POINTS = 25
_MAX_STEPS = 50
_TOLERANCE = 1e-10


class Echo(NamedTuple):
    """Signal [a.u.] of every voxel at one actual flip angle [rad] and repetition time [s]."""

    signal: Float[Tensor, " voxel"]
    flip_angle: Float[Tensor, " _"]
    tr: float


class _Products(NamedTuple):
    """Inner products over the echoes of unit signal p, its slopes d, e in log R1, and samples s."""

    pp: Tensor
    ps: Tensor
    dp: Tensor
    ds: Tensor
    dd: Tensor
    ep: Tensor
    es: Tensor


def least_squares_r1(
    echoes: Sequence[Echo],
) -> tuple[Float[Tensor, " voxel"], Float[Tensor, " voxel"]]:
    """R1 [1/s] of lowest sum of squares and its standard error [1/s].

    NaN where the optimum is not inside `R1_RANGE`. The error is that of (J'J)^-1 SSE / (n - 2),
    NaN for two echoes.

    References
    ----------
    Fram et al., Magn Reson Imaging 1987;5:201-208. Deoni et al., Magn Reson Med
    2003;49:515-526.
    """
    low, high, inside = _bracket(echoes)
    log_r1 = _polish(echoes, low, high, inside)
    r1 = torch.where(inside, log_r1.exp(), torch.nan)
    p = _products(echoes, log_r1)
    energy = torch.stack([echo.signal.square() for echo in echoes]).sum(dim=0)
    sse = (energy - p.ps.square() / p.pp).clamp(min=0)
    freedom = len(echoes) - 2 or torch.nan
    curvature = (p.ps / p.pp).square() * (p.dd - p.dp.square() / p.pp)
    return r1, r1 * (sse / freedom / curvature).sqrt()


def linear_r1(echoes: Sequence[Echo]) -> Float[Tensor, " voxel"]:
    """R1 [1/s] of the straight line of S/sin against S/tan; NaN where it has no such slope.

    Biased by noise, and by repetition times that differ: a start, not an estimate.

    References
    ----------
    Deoni et al., Magn Reson Med 2003;49:515-526, eq. 2.
    """
    y = torch.stack([echo.signal / echo.flip_angle.sin() for echo in echoes])
    x = torch.stack([echo.signal / echo.flip_angle.tan() for echo in echoes])
    x, y = x - x.mean(dim=0), y - y.mean(dim=0)
    slope = (x * y).sum(dim=0) / (x * x).sum(dim=0)
    mean_tr = sum(echo.tr for echo in echoes) / len(echoes)
    return -torch.where((slope > 0) & (slope < 1), slope, torch.nan).log() / mean_tr


def _bracket(echoes: Sequence[Echo]) -> tuple[Tensor, Tensor, Bool[Tensor, " voxel"]]:
    """Log R1 on both sides of the best point of a scan, and whether that is inside the range."""
    ends = [log(rate) for rate in R1_RANGE]
    grid = torch.linspace(ends[0], ends[1], _SCAN_POINTS, dtype=torch.float64)
    best = torch.zeros_like(echoes[0].signal)
    at = torch.zeros_like(best, dtype=torch.long)
    for k, log_r1 in enumerate(grid):
        pp, ps = torch.zeros(1, dtype=grid.dtype), torch.zeros_like(best)
        for echo in echoes:
            unit = spgr_signal(log_r1.exp(), torch.ones(()), echo.flip_angle, echo.tr)
            pp = pp + unit.square()
            ps = torch.addcmul(ps, unit, echo.signal)
        explained = ps.square() / pp
        better = explained > best
        best = torch.where(better, explained, best)
        at = torch.where(better, k, at)
    low, high = grid[(at - 1).clamp(min=0)], grid[(at + 1).clamp(max=_SCAN_POINTS - 1)]
    # At an end of the scan the optimum may still lie inside: the slope at the very end tells.
    inside = (_slope(_products(echoes, low)) > 0) & (_slope(_products(echoes, high)) < 0)
    return low, high, inside


def _polish(
    echoes: Sequence[Echo], low: Tensor, high: Tensor, inside: Bool[Tensor, " voxel"]
) -> Float[Tensor, " voxel"]:
    """Log R1 where the slope of the explained energy is 0, by Newton steps kept in the bracket."""
    start = linear_r1(echoes).log()
    middle = (low + high) / 2
    x = torch.where((start > low) & (start < high), start, middle)
    for _ in range(_MAX_STEPS):
        p = _products(echoes, x)
        slope = _slope(p)
        low, high = torch.where(slope > 0, x, low), torch.where(slope > 0, high, x)
        bend = p.es * p.pp + p.ds * p.dp - p.ps * (p.ep + p.dd)
        newton = x - slope / torch.where(bend < 0, bend, torch.nan)
        step_inside = (newton >= low) & (newton <= high)
        following = torch.where(step_inside, newton, (low + high) / 2)
        unfinished = inside & ((following - x).abs() > _TOLERANCE)
        x = following
        if not unfinished.any():
            break
    return x


def _slope(p: _Products) -> Tensor:
    """Sign and size of the slope of ps² / pp in log R1, up to a positive factor."""
    return p.ds * p.pp - p.ps * p.dp


def _products(echoes: Sequence[Echo], log_r1: Tensor) -> _Products:
    r1 = log_r1.exp()
    sums = [torch.zeros_like(log_r1) for _ in _Products._fields]
    for echo in echoes:
        cosine = echo.flip_angle.cos()
        x = echo.tr * r1
        e1 = torch.exp(-x)
        below = 1 / (1 - cosine * e1)
        p = -torch.expm1(-x) * echo.flip_angle.sin() * below
        # d/dlog R1 of (1 - E) / (1 - c E), and once more.
        d = x * e1 * (1 - cosine) * echo.flip_angle.sin() * below * below
        e = d * (1 - x * (1 + cosine * e1) * below)
        pairs = ((p, p), (p, echo.signal), (d, p), (d, echo.signal), (d, d), (e, p))
        for total, (a, b) in zip(sums, (*pairs, (e, echo.signal)), strict=True):
            total.addcmul_(a, b)
    return _Products(*sums)
