"""Plasma curves convolved with every rate: a table over the rate that interpolates to 1e-10.

The convolution with exp(-rate t) is an analytic function of log(rate + offset). On an even grid of
that coordinate, polynomials through the neighbouring nodes give it, its inner products and their
derivatives anywhere between, so a search over the rate never returns to the time axis.
"""

from dataclasses import dataclass
from math import ceil, log

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.fitting.arrival import Arrival

MAX_STEP = 0.1
REACH = 6
STENCIL = 2 * REACH + 1
SCAN_STRIDE = 2
OFFSET = 2.0
POWERS = 8  # of a column's polynomial, of 13: half a step away the next is below 1e-12


@dataclass(frozen=True, eq=False)
class RateGrid:
    """Columns of a range of rates.

    The column of a node is (rate + offset) times the convolution, which stays of the plasma's size
    over all rates. The first and the last inner node are the ends of the range; REACH nodes stand
    outside on either side, so that every inner node has a whole stencil.

    Attributes
    ----------
    offset
        Added to the rate before the logarithm [1/min]: twice one over the duration.
    first, last, step
        log(rate + offset) of the first and the last inner node, and the distance of two.
    nodes
        log(rate + offset) of all nodes.
    columns
        One a node.
    """

    offset: float
    first: float
    last: float
    step: float
    nodes: Float[Tensor, " node"]
    columns: Float[Tensor, "node time"]

    @property
    def positions(self) -> Float[Tensor, " inner"]:
        """log(rate + offset) of the inner nodes."""
        return self.nodes[REACH:-REACH]


def rate_grid(arrival: Arrival, rates: tuple[float, float]) -> RateGrid:
    """Table of the plasma curve convolved with rates in the range `rates` [1/min]."""
    minutes = arrival.minutes
    begin, *_, end = minutes.tolist()
    offset = OFFSET / (end - begin)
    low, high = (log(offset + rate) for rate in rates)
    cells = SCAN_STRIDE * max(1, ceil((high - low) / (SCAN_STRIDE * MAX_STEP)))
    step = (high - low) / cells
    nodes = torch.from_numpy(low + step * np.arange(-REACH, cells + REACH + 1)).to(minutes)
    return RateGrid(offset, low, high, step, nodes, arrival.columns(nodes, offset))


def column_slopes(grid: RateGrid, arrival: Arrival) -> Float[Tensor, "node time"]:
    """Derivative of the columns by log(rate + offset)."""
    reach = torch.arange(1, REACH + 1).to(grid.nodes) * grid.step
    outside = grid.nodes[0] - reach.flip(0), grid.nodes[-1] + reach
    nodes = torch.cat([outside[0], grid.nodes, outside[1]])
    at_middle = stencil_polynomials(nodes)[1, 0] / grid.step
    return arrival.columns(nodes, grid.offset).unfold(0, STENCIL, 1) @ at_middle


def column_polynomials(
    columns: Float[np.ndarray, "node time"],
) -> Float[np.ndarray, "inner power time"]:
    """Polynomials of the column around every inner node, of no more powers than matter."""
    stencils = np.lib.stride_tricks.sliding_window_view(columns, STENCIL, axis=0)
    polynomials = np.einsum("ps,nds->npd", POLYNOMIALS[0, :POWERS], stencils)
    return np.ascontiguousarray(polynomials)


def stencil_polynomials(like: Tensor) -> Float[Tensor, "derivative power stencil"]:
    """Values on a stencil to the coefficients of their polynomial and its two derivatives.

    The variable is the distance from the middle node in steps; the lowest power comes first.
    """
    return torch.tensor(POLYNOMIALS, dtype=like.dtype, device=like.device)


def _polynomials() -> np.ndarray:
    powers = np.arange(STENCIL)
    value = np.linalg.inv(np.arange(-REACH, REACH + 1.0)[:, None] ** powers)
    first = np.zeros_like(value)
    first[:-1] = value[1:] * powers[1:, None]
    second = np.zeros_like(value)
    second[:-1] = first[1:] * powers[1:, None]
    return np.stack([value, first, second])


POLYNOMIALS = _polynomials()
