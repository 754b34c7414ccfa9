"""Inner products around the nodes where searches start, as polynomials of the place between."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.fitting.amplitudes import Forms
from gadmap.fitting.problem import Problem
from gadmap.fitting.products import ColumnProducts
from gadmap.fitting.rate_grid import REACH, STENCIL, RateGrid
from gadmap.fitting.scan import Starts


class Local(NamedTuple):
    """Inner products on the stencil around the node of every start.

    Attributes
    ----------
    products
        Of the curve with the exponential, of the exponential with itself and, where the model has
        a share of plasma, of the exponential with the plasma.
    share_moment, share
        The curve with the plasma, the plasma with itself.
    centre
        log(rate + offset) of the node.
    """

    products: Float[Tensor, "function stencil start"]
    share_moment: Float[Tensor, " start"]
    share: Float[Tensor, " start"]
    centre: Float[Tensor, " start"]

    def rows(self, rows: Tensor) -> "Local":
        """The same for some starts only."""
        return Local(*(products[..., rows] for products in self))

    def forms(self, values: Float[Tensor, "function *start"]) -> Forms:
        """Quadratic form of the amplitudes from the values (or a derivative) of the products."""
        return Forms(self.share_moment, values[0], self.share, values[-1], values[1])

    def forms_at_node(self) -> Forms:
        """Quadratic form at the node itself."""
        return self.forms(self.products[:, REACH])


def local(problem: Problem, grid: RateGrid, columns: ColumnProducts, starts: Starts) -> Local:
    """Products around `starts`."""
    node = starts.node
    products = [starts.exponential, _around(columns.exponential, starts.curve, node)]
    if problem.share_bounds is not None:
        products.append(_around(columns.cross, starts.curve, node))
    share = columns.share[:, 0]
    return Local(
        torch.stack(products),
        starts.share,
        share.expand_as(starts.share) if share.numel() == 1 else share[starts.curve],
        grid.positions[node],
    )


def _around(values: Float[Tensor, "#voxel node"], curve: Tensor, node: Tensor) -> Tensor:
    stencils = values.unfold(1, STENCIL, 1)
    if values.shape[0] == 1:
        return stencils[0].T.contiguous().index_select(1, node)
    return stencils[curve, node].T


def polynomial_value(polynomials: Float[Tensor, "..."], place: Tensor) -> Tensor:
    """Values of polynomials (function, power, ...) at `place` (...), by Horner's rule."""
    *lower, value = polynomials.unbind(dim=1)
    for coefficient in reversed(lower):
        value = torch.addcmul(coefficient, value, place)
    return value
