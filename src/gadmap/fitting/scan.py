"""A coarse scan over the rate: the cells in which each curve's optimum may lie."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gadmap.fitting.amplitudes import Forms, amplitudes, interval, reduction
from gadmap.fitting.problem import Problem
from gadmap.fitting.products import ColumnProducts, CurveProducts
from gadmap.fitting.rate_grid import REACH, SCAN_STRIDE, STENCIL, RateGrid


class Starts(NamedTuple):
    """Cells that may hold an optimum, one a row; a curve has one or a few.

    Attributes
    ----------
    curve
        Row of the curve.
    node
        Inner node at a minimum of the scan.
    place
        First guess of the optimum, in steps from the node.
    share
        Product of the curve with the plasma.
    exponential
        Products of the curve with the exponentials on the stencil around the node.
    """

    curve: Int[Tensor, " start"]
    node: Int[Tensor, " start"]
    place: Float[Tensor, " start"]
    share: Float[Tensor, " start"]
    exponential: Float[Tensor, "start stencil"]


def scan(
    problem: Problem, grid: RateGrid, columns: ColumnProducts, curves: CurveProducts
) -> tuple[Starts, Starts]:
    """Every curve's lowest node in the scan, and the rivals that may be lower in truth."""
    profile = _profile(problem, grid, columns, curves)
    lowest, best = profile.min(dim=1)
    rows, rivals = _rivals(profile, lowest, best)
    everyone = torch.arange(best.numel(), device=best.device)
    theirs = curves._replace(share=curves.share[rows], exponential=curves.exponential[rows])
    return (
        _starts(profile, curves, everyone, best),
        _starts(profile[rows], theirs, rows, rivals),
    )


def _starts(profile: Tensor, curves: CurveProducts, curve: Tensor, best: Tensor) -> Starts:
    return Starts(
        curve, *_cell(profile, best), curves.share[:, 0], _stencils(curves.exponential, best)
    )


def _stencils(exponential: Tensor, best: Tensor) -> Tensor:
    offsets = torch.arange(STENCIL, device=best.device)
    return exponential.gather(1, SCAN_STRIDE * best[:, None] + offsets)


def _cell(profile: Tensor, best: Tensor) -> tuple[Tensor, Tensor]:
    """Node of the scan's minimum and the vertex of the parabola there, in steps.

    The vertex lies at most half the scan's distance away.
    """
    last = profile.shape[1] - 1
    three = (best[:, None] + torch.arange(-1, 2, device=best.device)).clamp(0, last)
    before, here, after = profile.gather(1, three).unbind(dim=1)
    bend = before - 2 * here + after
    inner = (best > 0) & (best < last) & (bend > 0)
    place = (0.5 * (before - after) / bend).clamp(-0.5, 0.5)
    return SCAN_STRIDE * best, SCAN_STRIDE * torch.where(inner, place, 0.0)


def _profile(
    problem: Problem, grid: RateGrid, columns: ColumnProducts, curves: CurveProducts
) -> Float[Tensor, "voxel scan"]:
    """Projected sum of squares at every node of the scan, less that of the curve."""
    nodes = slice(REACH, -REACH, SCAN_STRIDE)
    forms = Forms(
        curves.share,
        curves.exponential[:, nodes].contiguous(),
        columns.share,
        columns.cross[:, nodes].contiguous(),
        columns.exponential[:, nodes].contiguous(),
    )
    limits = interval(problem, grid.positions[::SCAN_STRIDE])
    return reduction(problem, forms, *amplitudes(problem, forms, limits))


def _rivals(profile: Tensor, lowest: Tensor, best: Tensor) -> tuple[Tensor, Tensor]:
    """Rows and nodes of further local minima that may be the lowest between the nodes.

    A minimum lies below its node by about an eighth of the second difference there; a quarter is
    allowed for.
    """
    falls = profile[:, 1:] < profile[:, :-1]
    turns = falls[:, :-1] & ~falls[:, 1:]
    minima_count = turns.sum(dim=1) + ~falls[:, 0] + falls[:, -1]
    rows = torch.nonzero(minima_count > 1).squeeze(1)
    values = profile[rows]
    minima = torch.cat([~falls[rows, :1], turns[rows], falls[rows, -1:]], dim=1)
    bend = values[:, 2:] + values[:, :-2] - 2 * values[:, 1:-1]
    reachable = torch.nn.functional.pad(bend / 4, (1, 1))
    minima &= values - reachable <= lowest[rows, None]
    minima.scatter_(1, best[rows, None], False)
    which, node = torch.nonzero(minima).unbind(dim=1)
    return rows[which], node
