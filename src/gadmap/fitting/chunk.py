"""The fit of a chunk of curves: weights prepared, search, parameters, errors."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from scipy.special import fdtri
from torch import Tensor

from gadmap.fitting.by_curve import Tables, optimum_by_curve, tables
from gadmap.fitting.by_delay import find_delayed
from gadmap.fitting.by_pair import find_pairs
from gadmap.fitting.by_tile import optimum_by_tile
from gadmap.fitting.delay_tables import DelayTables, delay_tables
from gadmap.fitting.pairs import PairTables, pair_tables
from gadmap.fitting.parameters import parameters_at
from gadmap.fitting.problem import Problem
from gadmap.fitting.products import ColumnProducts, column_products
from gadmap.fitting.results import Found, Results, results
from gadmap.fitting.scan import ScanTable, scan_table
from gadmap.fitting.uncertainty import curvature, slope_products, standard_errors
from gadmap.physics.kinetics import CompartmentForm
from gadmap.quantities import DELAY

SIGNIFICANCE = 0.99  # of the F test for enhancement


class Weighting(NamedTuple):
    """Weights of the samples and what depends on them alone: for all curves, or a row a curve.

    Attributes
    ----------
    weights
        Of each sample.
    columns, slopes
        Products of the columns, and of their derivatives, with themselves; None where the search
        over pairs of rates, or over delay and rate, has its own.
    table
        For the search; None on another device where the model has no rate to search.
    total
        Sum of the weights.
    freedom
        Degrees of freedom: samples with a weight, less parameters; NaN where none is left.
    needed_gain
        What a fit must take off the sum of squares to be above noise, over what it leaves.
    """

    weights: Float[Tensor, "#voxel time"]
    columns: ColumnProducts | None
    table: ScanTable | Tables | PairTables | DelayTables | None
    slopes: Float[Tensor, "#voxel node"] | None
    total: Float[np.ndarray, " #voxel"]
    freedom: Float[np.ndarray, " #voxel"]
    needed_gain: Float[np.ndarray, " #voxel"]


def weighting(
    problem: Problem, weights: Float[Tensor, "#voxel time"], *, standard_error: bool
) -> Weighting:
    """Prepare weights for the fit of curves."""
    own = _own_tables(problem, weights)
    columns = None if own else column_products(problem, weights)
    count, samples = problem.parameter_count, weights.cpu().numpy()
    left = (samples > 0).sum(axis=1) - count
    freedom = np.where(left > 0, left, np.nan)
    return Weighting(
        weights,
        columns,
        _table(problem, weights, columns) if columns else own,
        slope_products(problem, weights) if standard_error and columns else None,
        samples.sum(axis=1),
        freedom,
        fdtri(count, freedom, SIGNIFICANCE) * count / freedom,
    )


def _own_tables(problem: Problem, weights: Tensor) -> PairTables | DelayTables | None:
    """What a search has that knows no products of one column with another; None for the others."""
    if isinstance(problem.model.form, CompartmentForm):
        return pair_tables(problem, weights.numpy())
    if problem.of_input is DELAY and weights.device.type == "cpu":
        return delay_tables(problem)
    return None


def _table(problem: Problem, weights: Tensor, columns: ColumnProducts) -> ScanTable | Tables | None:
    """What the search needs on this device; None where that is nothing."""
    if weights.device.type == "cpu":
        return tables(problem, weights, columns)
    return scan_table(problem, problem.grid, columns) if problem.grid else None


def fit_chunk(
    problem: Problem,
    weighted: Weighting,
    curves: Float[Tensor, "voxel time"],
    *,
    standard_error: bool,
) -> Results:
    """Fit `curves` [mmol/L]; a curve that is not finite gets NaN everywhere and its reason."""
    found = find(problem, weighted, curves, standard_error=standard_error)
    return results(problem, found, weighted.total, weighted.needed_gain)


def find(
    problem: Problem,
    weighted: Weighting,
    curves: Float[Tensor, "voxel time"],
    *,
    standard_error: bool,
) -> Found:
    """Parameters of `curves` [mmol/L] at their lowest sum of squares."""
    table, columns = weighted.table, weighted.columns
    given = weighted.weights, weighted.freedom, curves
    if isinstance(table, PairTables):
        return find_pairs(problem, table, *given, standard_error=standard_error)
    if isinstance(table, DelayTables):
        return find_delayed(problem, table, *given, standard_error=standard_error)
    assert columns is not None
    total, squares, optimum = (
        optimum_by_curve(table, weighted.weights, curves)
        if isinstance(table, Tables)
        else optimum_by_tile(problem, table, columns, weighted.weights, curves)
    )
    sse = (squares + optimum.reduction).clamp(min=0)
    errors = {}
    if standard_error:
        at = curvature(problem.grid, columns, weighted.slopes, optimum.position)
        variance = sse / torch.as_tensor(weighted.freedom).to(sse)
        errors = standard_errors(problem, at, optimum, variance)
    return Found(parameters_at(problem, optimum), errors, sse, total, squares)
