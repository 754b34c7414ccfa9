"""Best rates and amplitudes of many curves at once, in tiles: on any device, and without a rate."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from gadmap.fitting.amplitudes import Forms, amplitudes, interval, reduction, solver
from gadmap.fitting.problem import Problem
from gadmap.fitting.products import ColumnProducts, CurveProducts, curve_products
from gadmap.fitting.rate_search import Optimum, search
from gadmap.fitting.scan import ScanTable, Starts, scan
from gadmap.physics.device import CPU

CURVES_A_TILE = 1 << 10  # their inner products stay in the cache
CURVES_A_TILE_FIXED_RATE = 1 << 13  # with one column instead of a hundred


def optimum_by_tile(
    problem: Problem,
    table: ScanTable | None,
    columns: ColumnProducts,
    weights: Float[Tensor, "#voxel time"],
    curves: Float[Tensor, "voxel time"],
) -> tuple[Tensor, Tensor, Optimum]:
    """Weighted sums of the curves and of their squares, and the best amplitudes and rates."""
    totals, squares, firsts, rivals, fixed = [], [], [], [], []
    size = _curves_a_tile(problem, curves)
    for start in range(0, max(len(curves), 1), size):
        tile = slice(start, start + size)
        products = curve_products(problem, curves[tile].double(), _rows(weights, tile))
        totals.append(products.total)
        squares.append(products.squares)
        finite = torch.isfinite(products.squares)
        if not bool(finite.all()):
            products = _emptied(products, ~finite)
        if table is None:
            of_these = ColumnProducts(*(_rows(p, tile) for p in columns))
            fixed.append(_fixed_rate(problem, of_these, products))
        else:
            first, rival = scan(problem, table.rows(tile), products)
            firsts.append(first._replace(curve=first.curve + start))
            rivals.append(rival._replace(curve=rival.curve + start))
    if problem.grid is None:
        optimum = Optimum(*map(torch.cat, zip(*fixed, strict=True)))
    else:
        parts = zip(*firsts, *rivals, strict=True)
        starts = Starts(*(torch.cat(values, dim=-1) for values in parts))
        optimum = search(problem, problem.grid, columns, starts, len(curves))
    return torch.cat(totals), torch.cat(squares), optimum


def _curves_a_tile(problem: Problem, curves: Tensor) -> int:
    if curves.device.type != CPU:  # where a call costs more than the cache saves
        return max(len(curves), 1)
    return CURVES_A_TILE if problem.grid else CURVES_A_TILE_FIXED_RATE


def _rows(products: Tensor, rows: slice) -> Tensor:
    """Those rows, or the one row that all curves share."""
    return products if products.shape[0] == 1 else products[rows]


def _emptied(products: CurveProducts, rows: Bool[Tensor, " voxel"]) -> CurveProducts:
    """The same with an empty curve's products in some rows."""
    return products._replace(
        share=products.share.masked_fill(rows, 0),
        exponential=products.exponential.masked_fill(rows, 0),
    )


def _fixed_rate(problem: Problem, columns: ColumnProducts, curves: CurveProducts) -> Optimum:
    """Best amplitudes of a model whose only rate is 0."""
    forms = Forms(
        curves.share,
        curves.exponential[0],
        columns.share[:, 0],
        columns.cross[:, 0],
        columns.exponential[:, 0],
    )
    position = torch.zeros_like(forms.moment)
    solve = solver(problem, forms.share, forms.cross, forms.exponential)
    share, exponential = amplitudes(problem, forms, solve, interval(problem, position))
    lowest = reduction(problem, forms, share, exponential)
    return Optimum(share, exponential, position, lowest)
