"""Best rates and amplitudes of curves on a CPU, in machine code."""

from math import ceil
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.fitting.compiled import BLOCK, search
from gadmap.fitting.compiled_types import Box, Products
from gadmap.fitting.problem import Problem
from gadmap.fitting.products import ColumnProducts
from gadmap.fitting.rate_search import Optimum
from gadmap.fitting.scan import SCANNED
from gadmap.physics.kinetics import Limit


class Tables(NamedTuple):
    """What the search knows besides the curves.

    Attributes
    ----------
    box, products
        As the search takes them.
    matrix
        Scanned columns, the plasma and 1, times the weights that all curves share; padded with 0
        to whole blocks.
    """

    box: Box
    products: Products
    matrix: Float[np.ndarray, "padded_column padded_time"]


def tables(
    problem: Problem, weights: Float[Tensor, "#voxel time"], columns: ColumnProducts
) -> Tables:
    """Tables for the search under `weights`."""
    grid, all_columns = problem.grid, problem.columns.numpy()
    if weights.shape[0] == 1:
        all_columns = all_columns * weights.numpy()
    exponentials = all_columns[:-2]
    scanned = exponentials[SCANNED] if grid else exponentials
    box = rate_box(problem, len(scanned))
    products = Products(
        exponentials, columns.share[:, 0].numpy(),
        columns.cross.numpy(), columns.exponential.numpy(),
    )  # fmt: skip
    rows, times = len(scanned) + 2, all_columns.shape[1]
    matrix = np.zeros([b * ceil(n / b) for n, b in zip((rows, times), BLOCK, strict=True)])
    matrix[: rows - 2, :times] = scanned
    matrix[rows - 2 : rows, :times] = all_columns[-2:]
    return Tables(box, products, matrix)


def optimum_by_curve(
    table: Tables, weights: Float[Tensor, "#voxel time"], curves: Float[Tensor, "voxel time"]
) -> tuple[Float[Tensor, " voxel"], Float[Tensor, " voxel"], Optimum]:
    """Weighted sums of the curves and of their squares, and the best amplitudes and rates."""
    found = np.empty((6, len(curves)))
    search(table.box, table.products, table.matrix, weights.numpy(), curves.numpy(), found)
    share, amplitude, position, reduction, total, squares = torch.from_numpy(found).unbind()
    return total, squares, Optimum(share, amplitude, position, reduction)


def rate_box(problem: Problem, scanned: int) -> Box:
    """Coordinate of the rate, `scanned` times, and limits of share and amplitude."""
    grid = problem.grid
    share_low, share_high = problem.share_bounds or (0, 0)
    return Box(
        scanned,
        grid.first if grid else 0.0,
        grid.last if grid else 0.0,
        grid.step if grid else 0.0,
        problem.offset,
        problem.share_bounds is not None,
        float(share_low),
        float(share_high),
        _pair(problem.lower),
        _pair(problem.upper),
    )


def _pair(limits: tuple[Limit, ...]) -> tuple[tuple[float, float], tuple[float, float]]:
    """The first and the last limit: two for every model, so that one machine code serves all."""
    first, last = ((float(limits[i].constant), float(limits[i].slope)) for i in (0, -1))
    return first, last
