"""The fit of a chunk of curves: search, parameters, errors, reasons."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, UInt8
from scipy.special import fdtri
from torch import Tensor

from gadmap.data import Reason
from gadmap.fitting.by_curve import Tables, optimum_by_curve, tables
from gadmap.fitting.by_tile import optimum_by_tile
from gadmap.fitting.parameters import parameters_at
from gadmap.fitting.problem import Problem
from gadmap.fitting.products import ColumnProducts, column_products
from gadmap.fitting.scan import ScanTable, scan_table
from gadmap.fitting.uncertainty import curvature, slope_products, standard_errors

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
        For the search; None on another device where the model has no rate to search.
    freedom
        Degrees of freedom: samples with a weight, less parameters; NaN where none is left.
    needed_gain
        What a fit must take off the sum of squares to be above noise, over what it leaves.
    """

    weights: Float[Tensor, "#voxel time"]
    columns: ColumnProducts
    table: ScanTable | Tables | None
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
    count = problem.parameter_count
    left = (weights > 0).sum(dim=1).double() - count
    freedom = torch.where(left > 0, left, torch.nan)
    threshold = torch.as_tensor(fdtri(count, freedom.cpu().numpy(), SIGNIFICANCE))
    return Weighting(
        weights,
        columns,
        _table(problem, weights, columns),
        slope_products(problem, weights) if standard_error else None,
        freedom,
        threshold.to(weights) * count / freedom,
    )


def _table(problem: Problem, weights: Tensor, columns: ColumnProducts) -> ScanTable | Tables | None:
    """What the search needs on this device; None where that is nothing."""
    if weights.device.type == "cpu":
        return tables(problem, weights, columns)
    return scan_table(problem, problem.grid, columns) if problem.grid else None


class Found(NamedTuple):
    """Parameters of a chunk of curves and how well they fit.

    Attributes
    ----------
    parameters
        By name.
    sse
        Weighted sum of squared residuals.
    determined
        Where the weighted samples determine the parameters.
    """

    parameters: dict[str, Tensor]
    sse: Float[Tensor, " voxel"]
    determined: Bool[Tensor, " voxel"]


def fit_chunk(
    problem: Problem,
    weighted: Weighting,
    curves: Float[Tensor, "voxel time"],
    *,
    standard_error: bool,
) -> ChunkFit:
    """Fit `curves` [mmol/L]; a curve that is not finite gets NaN everywhere and its reason."""
    table = weighted.table
    total, squares, optimum = (
        optimum_by_curve(table, weighted.weights, curves)
        if isinstance(table, Tables)
        else optimum_by_tile(problem, table, weighted.columns, weighted.weights, curves)
    )
    sse = (squares + optimum.reduction).clamp(min=0)
    errors = {}
    if standard_error:
        at = curvature(problem.grid, weighted.columns, weighted.slopes, optimum.position)
        errors = standard_errors(problem, at, optimum, sse / weighted.freedom)
    parameters = _bounded(problem, parameters_at(problem, optimum))
    found = Found(parameters, sse, torch.isfinite(optimum.reduction))
    return chunk_fit(problem, weighted, found, total, squares, errors)


def chunk_fit(
    problem: Problem,
    weighted: Weighting,
    found: Found,
    total: Float[Tensor, " voxel"],
    squares: Float[Tensor, " voxel"],
    errors: dict[str, Tensor],
) -> ChunkFit:
    """Results from what was found, and the weighted sums of the curves and of their squares."""
    finite = torch.isfinite(squares) & found.determined
    spread = squares - total.square() / weighted.weights.sum(dim=1)
    return ChunkFit(
        {name: _where(finite, values) for name, values in found.parameters.items()},
        {name: _where(finite, values) for name, values in errors.items()},
        _where(finite, found.sse),
        _where(finite & (spread > 0), 1 - found.sse / spread),
        _reason(problem, weighted, found, squares),
    )


def _bounded(problem: Problem, parameters: dict[str, Tensor]) -> dict[str, Tensor]:
    """Parameters on their bound where rounding puts them beyond it."""
    return {
        name: value.clamp(*problem.bounds[name]) if name in problem.bounds else value
        for name, value in parameters.items()
    }


def _reason(
    problem: Problem, weighted: Weighting, found: Found, squares: Float[Tensor, " voxel"]
) -> UInt8[Tensor, " voxel"]:
    """Why a curve has no fit, or must be read with care; the last that applies."""
    reason = torch.full_like(squares, Reason.ESTIMATED, dtype=torch.uint8)
    for name, value in found.parameters.items():
        if name not in problem.bounds:
            continue
        low, high = problem.bounds[name]
        slack = AT_BOUND * (high - low)
        at_bound = value >= high - slack
        if low != 0:  # at 0 a quantity ends by nature: no plasma, no uptake
            at_bound |= value <= low + slack
        reason.masked_fill_(at_bound, Reason.AT_BOUND)
    idle = squares - found.sse <= weighted.needed_gain * found.sse
    reason.masked_fill_(idle, Reason.NO_ENHANCEMENT)
    reason.masked_fill_(~found.determined, Reason.NOT_DETERMINED)
    reason.masked_fill_(~torch.isfinite(squares), Reason.NOT_FINITE)
    return reason


def _where(valid: Bool[Tensor, " voxel"], values: Tensor) -> Tensor:
    return torch.where(valid, values, torch.nan)
