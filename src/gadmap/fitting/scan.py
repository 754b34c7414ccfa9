"""A coarse scan over the rate: the cells in which each curve's optimum may lie."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
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
from gadmap.fitting.problem import Problem
from gadmap.fitting.products import ColumnProducts, CurveProducts
from gadmap.fitting.rate_grid import REACH, SCAN_STRIDE, STENCIL, RateGrid

SCANNED = slice(REACH, -REACH, SCAN_STRIDE)


class Starts(NamedTuple):
    """Cells that may hold an optimum, one a row; a curve has one or a few.

    Attributes
    ----------
    curve
        Row of the curve.
    scanned
        Node of the scan at a minimum.
    profile
        Sum of squares there and at the nodes of the scan before and after (twice the same at an
        end).
    share
        Product of the curve with the plasma.
    exponential
        Products of the curve with the exponentials on the stencil around the node.
    """

    curve: Int[Tensor, " start"]
    scanned: Int[Tensor, " start"]
    profile: Float[Tensor, "3 start"]
    share: Float[Tensor, " start"]
    exponential: Float[Tensor, "stencil start"]

    @property
    def node(self) -> Int[Tensor, " start"]:
        """Inner node of the rate grid at the minimum."""
        return SCAN_STRIDE * self.scanned

    def vertex(self) -> Float[Tensor, " start"]:
        """Lowest place of the parabola through the scan, in steps from the node."""
        before, here, after = self.profile.unbind()
        place = 0.5 * (before - after) / (before - 2 * here + after)
        return SCAN_STRIDE * place.clamp(-0.5, 0.5).nan_to_num()

    def none(self) -> "Starts":
        """No start at all."""
        return Starts(*(values[..., :0] for values in self))


class ScanTable(NamedTuple):
    """Products of the columns at the nodes of the scan, and what follows from them alone."""

    share: Float[Tensor, " #voxel"]
    cross: Float[Tensor, "scan #voxel"]
    exponential: Float[Tensor, "scan #voxel"]
    solve: Solver
    limits: Interval

    def rows(self, rows: slice | Tensor) -> "ScanTable":
        """The same for some curves; all of it where they share it."""
        if self.share.shape[0] == 1:
            return self
        return ScanTable(
            self.share[rows],
            self.cross[:, rows],
            self.exponential[:, rows],
            Solver(*(values[:, rows] for values in self.solve)),
            self.limits,
        )


def scan_table(problem: Problem, grid: RateGrid, columns: ColumnProducts) -> ScanTable:
    """Table for the scan of any curves under these products of the columns."""
    share = columns.share[:, 0]
    cross = columns.cross[:, SCANNED].T.contiguous()
    exponential = columns.exponential[:, SCANNED].T.contiguous()
    solve = solver(problem, share, cross, exponential)
    limits = interval(problem, grid.positions[::SCAN_STRIDE, None])
    return ScanTable(share, cross, exponential, solve, limits)


def scan(problem: Problem, table: ScanTable, curves: CurveProducts) -> tuple[Starts, Starts]:
    """Every curve's lowest node in the scan, and the rivals that may be lower in truth."""
    profile = _profile(problem, table, curves)
    lowest, best = profile.min(dim=0)
    first = _starts(profile, curves, torch.arange(best.numel(), device=best.device), best)
    rows = _several_minima(profile)
    if not rows.numel():
        return first, first.none()
    profile = profile[:, rows]
    at_end = _free_at_low_end(problem, table.rows(rows), curves, rows)
    which, rivals = _rivals(profile, lowest[rows], best[rows], at_end)
    rows = rows[which]
    theirs = curves._replace(share=curves.share[rows], exponential=curves.exponential[:, rows])
    return first, _starts(profile[:, which], theirs, rows, rivals)


def _starts(profile: Tensor, curves: CurveProducts, curve: Tensor, best: Tensor) -> Starts:
    stencil = SCAN_STRIDE * best + torch.arange(STENCIL, device=best.device)[:, None]
    three = best + torch.arange(-1, 2, device=best.device)[:, None]
    return Starts(
        curve,
        best,
        profile.gather(0, three.clamp_(0, profile.shape[0] - 1)),
        curves.share,
        curves.exponential.gather(0, stencil),
    )


def _profile(
    problem: Problem, table: ScanTable, curves: CurveProducts
) -> Float[Tensor, "scan voxel"]:
    """Projected sum of squares at every node of the scan, less that of the curve."""
    moment = curves.exponential[SCANNED]
    forms = Forms(curves.share, moment, table.share, table.cross, table.exponential)
    return reduction(problem, forms, *amplitudes(problem, forms, table.solve, table.limits))


def _several_minima(profile: Float[Tensor, "scan voxel"]) -> Int[Tensor, " row"]:
    """Rows that rise and fall again."""
    falls = profile[1:] < profile[:-1]
    return torch.nonzero((falls[1:] > falls[:-1]).any(dim=0)).squeeze(1)


def _free_at_low_end(
    problem: Problem, table: ScanTable, curves: CurveProducts, rows: Tensor
) -> Float[Tensor, " row"]:
    """Sum of squares at the lowest rate without bounds, less that of the curve.

    Towards rate 0 the bound of ve closes on the amplitude, so a minimum may lie as close to the
    end as it likes, unseen by any node; but not lower than this.
    """
    moment, exponential = curves.exponential[REACH, rows], table.exponential[0]
    if problem.share_bounds is None:
        return -moment.square() / exponential
    share_moment, share, cross = curves.share[rows], table.share, table.cross[0]
    beside = moment - share_moment * cross / share
    return -share_moment.square() / share - beside.square() / (exponential - cross.square() / share)


def _rivals(profile: Tensor, lowest: Tensor, best: Tensor, at_end: Tensor) -> tuple[Tensor, Tensor]:
    """Rows and nodes of further local minima that may be the lowest between the nodes.

    A minimum lies below its node by about an eighth of the second difference there; a quarter is
    allowed for. In the first cell it may lie as low as `at_end`.
    """
    falls = torch.nn.functional.pad(profile[1:] < profile[:-1], (0, 0, 1, 1))
    falls[0] = True
    minima = falls[:-1] & ~falls[1:]
    bend = profile[2:] + profile[:-2] - 2 * profile[1:-1]
    floor = profile - torch.nn.functional.pad(bend / 4, (0, 0, 1, 1))
    floor[:2] = torch.minimum(floor[:2], at_end)
    minima &= floor <= lowest
    minima.scatter_(0, best[None], False)
    nodes, rows = torch.nonzero(minima).unbind(dim=1)
    return rows, nodes
