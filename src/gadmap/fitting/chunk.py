"""The fit of a chunk of curves: products tile by tile, search, parameters, errors, reasons."""

from math import log
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, UInt8
from scipy.special import fdtri
from torch import Tensor

from gadmap.data import Reason
from gadmap.fitting.amplitudes import Forms, amplitudes, interval, reduction, solver
from gadmap.fitting.problem import Problem
from gadmap.fitting.products import ColumnProducts, CurveProducts, column_products, curve_products
from gadmap.fitting.rate_search import Optimum, search
from gadmap.fitting.scan import ScanTable, Starts, scan, scan_table
from gadmap.fitting.uncertainty import curvature, slope_products, standard_errors

CURVES_A_TILE = 1 << 10  # their inner products stay in the cache
CURVES_A_TILE_FIXED_RATE = 1 << 13  # with one column instead of a hundred
SIGNIFICANCE = 0.99  # of the F test for enhancement
AT_BOUND = 1e-9  # of the distance of the bounds


class Weighting(NamedTuple):
    """Weights of the samples and what depends on them alone: for all curves, or a row a curve.

    Attributes
    ----------
    weights
        Of each sample.
    columns, slopes
        Products of the columns, and of their derivatives, with themselves.
    table
        For the scan.
    freedom
        Degrees of freedom: samples with a weight, less parameters; NaN where none is left.
    needed_gain
        What a fit must take off the sum of squares to be above noise, over what it leaves.
    """

    weights: Float[Tensor, "#voxel time"]
    columns: ColumnProducts
    table: ScanTable | None
    slopes: Float[Tensor, "#voxel node"] | None
    freedom: Float[Tensor, " #voxel"]
    needed_gain: Float[Tensor, " #voxel"]


class ChunkFit(NamedTuple):
    """Results of a chunk of curves."""

    parameters: dict[str, Tensor]
    errors: dict[str, Tensor]
    sse: Float[Tensor, " voxel"]
    r2: Float[Tensor, " voxel"]
    reason: UInt8[Tensor, " voxel"]


def weighting(
    problem: Problem, weights: Float[Tensor, "#voxel time"], *, standard_error: bool
) -> Weighting:
    """Prepare weights for the fit of curves."""
    columns = column_products(problem, weights)
    count = len(problem.model.parameters)
    left = (weights > 0).sum(dim=1).double() - count
    freedom = torch.where(left > 0, left, torch.nan)
    threshold = torch.as_tensor(fdtri(count, freedom.cpu().numpy(), SIGNIFICANCE))
    return Weighting(
        weights,
        columns,
        scan_table(problem, problem.grid, columns) if problem.grid else None,
        slope_products(problem, weights) if standard_error else None,
        freedom,
        threshold.to(weights) * count / freedom,
    )


def fit_chunk(
    problem: Problem,
    weighted: Weighting,
    curves: Float[Tensor, "voxel time"],
    *,
    standard_error: bool,
) -> ChunkFit:
    """Fit `curves` [mmol/L]; a curve that is not finite gets NaN everywhere and its reason."""
    total, squares, optimum = _optimum(problem, weighted, curves)
    determined = torch.isfinite(optimum.reduction)
    finite = torch.isfinite(squares) & determined
    sse = (squares + optimum.reduction).clamp(min=0)
    spread = squares - total.square() / weighted.weights.sum(dim=1)
    amplitude = optimum.exponential * torch.exp(optimum.position)
    rate = problem.offset * torch.expm1(optimum.position - log(problem.offset))
    parameters = _parameters(problem, optimum.share, amplitude, rate)
    errors = {}
    if standard_error:
        at = curvature(problem.grid, weighted.columns, weighted.slopes, optimum.position)
        variance = sse / weighted.freedom
        errors = standard_errors(problem, at, optimum.share, amplitude, rate, variance)
    return ChunkFit(
        {name: _where(finite, values) for name, values in parameters.items()},
        {name: _where(finite, values) for name, values in errors.items()},
        _where(finite, sse),
        _where(finite & (spread > 0), 1 - sse / spread),
        _reason(problem, weighted, parameters, determined, squares, sse),
    )


def _optimum(
    problem: Problem, weighted: Weighting, curves: Tensor
) -> tuple[Tensor, Tensor, Optimum]:
    """Weighted sums of the curves and of their squares, and the best amplitudes and rates."""
    totals, squares, firsts, rivals, fixed = [], [], [], [], []
    size = CURVES_A_TILE if problem.grid else CURVES_A_TILE_FIXED_RATE
    for start in range(0, max(len(curves), 1), size):
        tile = slice(start, start + size)
        weights = _rows(weighted.weights, tile)
        products = curve_products(problem, curves[tile].double(), weights)
        totals.append(products.total)
        squares.append(products.squares)
        finite = torch.isfinite(products.squares)
        if not bool(finite.all()):
            products = _emptied(products, ~finite)
        if weighted.table is None:
            columns = ColumnProducts(*(_rows(p, tile) for p in weighted.columns))
            fixed.append(_fixed_rate(problem, columns, products))
        else:
            first, rival = scan(problem, weighted.table.rows(tile), products)
            firsts.append(first._replace(curve=first.curve + start))
            rivals.append(rival._replace(curve=rival.curve + start))
    if problem.grid is None:
        optimum = Optimum(*map(torch.cat, zip(*fixed, strict=True)))
    else:
        parts = zip(*firsts, *rivals, strict=True)
        starts = Starts(*(torch.cat(values, dim=-1) for values in parts))
        optimum = search(problem, problem.grid, weighted.columns, starts, len(curves))
    return torch.cat(totals), torch.cat(squares), optimum


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


def _parameters(
    problem: Problem, share: Tensor, amplitude: Tensor, rate: Tensor
) -> dict[str, Tensor]:
    """Parameters, on their bound where rounding puts them beyond it."""
    values = problem.model.linear_form.parameters(share, amplitude, rate, problem.bounds)
    return {
        name: value.clamp(*problem.bounds[name]) if name in problem.bounds else value
        for name, value in values.items()
    }


def _reason(
    problem: Problem,
    weighted: Weighting,
    parameters: dict[str, Tensor],
    determined: Tensor,
    squares: Tensor,
    sse: Tensor,
) -> UInt8[Tensor, " voxel"]:
    """Why a curve has no fit, or must be read with care; the last that applies."""
    reason = torch.full_like(squares, Reason.ESTIMATED, dtype=torch.uint8)
    for name, (low, high) in problem.bounds.items():
        slack = AT_BOUND * (high - low)
        value = parameters[name]
        at_bound = value >= high - slack
        if low > 0:  # at 0 a quantity ends by nature: no plasma, no uptake
            at_bound |= value <= low + slack
        reason[at_bound] = Reason.AT_BOUND
    reason[squares - sse <= weighted.needed_gain * sse] = Reason.NO_ENHANCEMENT
    reason[~determined] = Reason.NOT_DETERMINED
    reason[~torch.isfinite(squares)] = Reason.NOT_FINITE
    return reason


def _where(valid: Bool[Tensor, " voxel"], values: Tensor) -> Tensor:
    return torch.where(valid, values, torch.nan)
