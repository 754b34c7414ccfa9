"""Best rates and amplitudes of curves on a CPU: a matrix product a tile, then curve by curve."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.fitting.compiled import search
from gadmap.fitting.compiled_types import Box, Products
from gadmap.fitting.problem import Problem
from gadmap.fitting.products import ColumnProducts
from gadmap.fitting.rate_grid import RateGrid
from gadmap.fitting.rate_search import Optimum
from gadmap.fitting.scan import SCANNED
from gadmap.physics.kinetics import Limit

CURVES_A_TILE = 1 << 9  # samples and products stay in the cache


class Tables(NamedTuple):
    """What the search knows besides the curves.

    Attributes
    ----------
    box, products
        As the search takes them.
    matrix
        Scanned columns, the plasma and 1, times the weights that all curves share.
    """

    box: Box
    products: Products
    matrix: Float[Tensor, "column time"]


def tables(
    problem: Problem,
    grid: RateGrid,
    weights: Float[Tensor, "#voxel time"],
    columns: ColumnProducts,
) -> Tables:
    """Tables for the search under `weights`."""
    shared = weights if weights.shape[0] == 1 else 1.0
    share_low, share_high = problem.share_bounds or (0, 0)
    first, last = grid.positions[[0, -1]].tolist()
    box = Box(
        first,
        last,
        grid.step,
        grid.offset,
        problem.share_bounds is not None,
        float(share_low),
        float(share_high),
        _pairs(problem.lower),
        _pairs(problem.upper),
    )
    products = Products(
        (problem.exponentials * shared).numpy(), columns.share[:, 0].numpy(),
        columns.cross.numpy(), columns.exponential.numpy(),
    )  # fmt: skip
    scanned = torch.cat([problem.exponentials[SCANNED], problem.columns[-2:]])
    return Tables(box, products, scanned * shared)


def optimum_by_curve(
    table: Tables, weights: Float[Tensor, "#voxel time"], curves: Float[Tensor, "voxel time"]
) -> tuple[Float[Tensor, " voxel"], Float[Tensor, " voxel"], Optimum]:
    """Weighted sums of the curves and of their squares, and the best amplitudes and rates."""
    shared = weights.shape[0] == 1
    totals, squares = curves.new_empty((2, len(curves)), dtype=torch.float64)
    found = np.empty((len(curves), 4))
    for start in range(0, len(curves), CURVES_A_TILE):
        tile = slice(start, start + CURVES_A_TILE)
        samples = curves[tile].double()
        weighted = samples if shared else samples * weights[tile]
        moments = table.matrix @ weighted.T
        totals[tile] = moments[-1]
        squares[tile] = (
            samples.square() @ weights[0] if shared else torch.linalg.vecdot(weighted, samples)
        )
        products = table.products if shared else _rows(table.products, tile)
        search(table.box, products, weighted.numpy(), moments.numpy(), found[tile])
    return totals, squares, Optimum(*torch.from_numpy(found).unbind(dim=1))


def _rows(products: Products, rows: slice) -> Products:
    """Products of the columns of some curves, where each has its own."""
    return Products(products.columns, *(values[rows] for values in products[1:]))


def _pairs(limits: tuple[Limit, ...]) -> tuple[tuple[float, float], ...]:
    return tuple((float(limit.constant), float(limit.slope)) for limit in limits)
