"""Standard errors of the parameters at the optimum.

The covariance is (J' W J)^-1 SSE / (frames - parameters), with J the derivative of the model curve
by its parameters (Seber and Wild, Nonlinear Regression, 1989, section 5.1). Bounds are not
considered: at one, the error is that of the fit without it.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.fitting.compiled_columns import values_at
from gadmap.fitting.local import polynomial_value
from gadmap.fitting.parameters import parameters_at
from gadmap.fitting.problem import Problem
from gadmap.fitting.products import ColumnProducts
from gadmap.fitting.rate_grid import STENCIL, RateGrid, column_slopes, stencil_polynomials
from gadmap.fitting.rate_search import Optimum

SHARE, AMPLITUDE, POSITION = range(3)
"""The unknowns: share of plasma, amplitude of the exponential's column, log(rate + offset)."""

Gradient = tuple[Tensor | None, ...]
Covariance = dict[tuple[int, int], Tensor]


class Curvature(NamedTuple):
    """Inner products of the columns, and of their derivatives by log(rate + offset), at a rate.

    Attributes
    ----------
    share
        The plasma with itself.
    cross, cross_slope
        The plasma with the exponential and with its derivative.
    exponential, exponential_slope
        The exponential with itself and with its derivative.
    slope
        The derivative with itself; 0 where no rate is searched.
    """

    share: Tensor
    cross: Tensor
    cross_slope: Tensor
    exponential: Tensor
    exponential_slope: Tensor
    slope: Tensor


def slope_products(
    problem: Problem, weights: Float[Tensor, "#voxel time"]
) -> Float[Tensor, "#voxel node"] | None:
    """Derivatives of the columns with themselves, at every node; None without a rate to search."""
    if problem.grid is None:
        return None
    slopes = column_slopes(problem.grid, problem.arrival)
    return weights @ slopes.square().T


def curvature(
    grid: RateGrid | None,
    columns: ColumnProducts,
    slopes: Float[Tensor, "#voxel node"] | None,
    position: Float[Tensor, " voxel"],
) -> Curvature:
    """Products at log(rate + offset) = `position`."""
    if grid is None or slopes is None:
        none = torch.zeros_like(position)
        share, cross, exponential = (p[:, 0].expand_as(position) for p in columns)
        return Curvature(share, cross, none, exponential, none, none)
    steps = (position - grid.first) / grid.step
    node = torch.round(steps).clamp(0, grid.positions.numel() - 1).long()
    value, first, _ = stencil_polynomials(columns.cross).unbind()
    wanted = (
        (columns.cross, value),
        (columns.cross, first / grid.step),
        (columns.exponential, value),
        (columns.exponential, first / (2 * grid.step)),
        (slopes, value),
    )
    share, place = columns.share[:, 0], steps - node
    if slopes.shape[0] > 1:
        own = torch.arange(node.numel(), device=node.device)
        polynomials = torch.stack(
            [matrix @ products.unfold(1, STENCIL, 1)[own, node].T for products, matrix in wanted]
        )
        return Curvature(share, *polynomial_value(polynomials, place).unbind())
    table = torch.stack([products[0].unfold(0, STENCIL, 1) @ m.T for products, m in wanted], dim=1)
    if table.device.type == "cpu":
        values = values_at(table.numpy(), node.numpy(), place.numpy())
        return Curvature(share, *torch.from_numpy(values).unbind())
    polynomials = table.movedim(0, 2).index_select(2, node)
    return Curvature(share, *polynomial_value(polynomials, place).unbind())


def standard_errors(
    problem: Problem, at: Curvature, optimum: Optimum, variance: Float[Tensor, " voxel"]
) -> dict[str, Float[Tensor, " voxel"]]:
    """Standard error of every parameter, in its unit; NaN where the curve does not determine it.

    `variance` is that of the noise of a sample of weight 1.
    """
    return errors_of(problem, optimum, _covariance(problem, at, optimum.exponential), variance)


def errors_of(
    problem: Problem, optimum: Optimum, covariance: Covariance, variance: Float[Tensor, " voxel"]
) -> dict[str, Float[Tensor, " voxel"]]:
    """Standard errors of the parameters from the inverse of J' W J over the unknowns."""
    errors = {}
    for name, gradient in _gradients(problem, optimum).items():
        error = torch.sqrt(_spread(gradient, covariance) * variance)
        errors[name] = torch.where(torch.isfinite(error), error, torch.nan)
    return errors


def inverse_normal(
    normal: Float[Tensor, "voxel parameter parameter"],
) -> Float[Tensor, "voxel parameter parameter"]:
    """Inverse of J' W J; NaN where the curve does not determine the parameters."""
    scale = torch.diagonal(normal, dim1=1, dim2=2).clamp(min=1e-300).rsqrt()
    both = scale[:, :, None] * scale[:, None, :]
    inverse, failed = torch.linalg.inv_ex(normal * both)
    return torch.where((failed == 0)[:, None, None], inverse * both, torch.nan)


def _spread(gradient: Gradient, covariance: Covariance) -> Float[Tensor, " voxel"]:
    """Gradient' covariance gradient, without what is 0 everywhere."""
    terms = [
        slope * other * (value if one == two else 2 * value)
        for (one, two), value in covariance.items()
        if (slope := gradient[one]) is not None and (other := gradient[two]) is not None
    ]
    return torch.stack(terms).sum(dim=0)


def _gradients(problem: Problem, optimum: Optimum) -> dict[str, Gradient]:
    """Derivatives of every parameter, voxel by voxel; None by what it does not depend on."""
    point = Optimum(*(values.detach().clone().requires_grad_() for values in optimum))
    unknown = point.share, point.exponential, point.position
    with torch.enable_grad():
        return {
            name: torch.autograd.grad(values.sum(), unknown, retain_graph=True, allow_unused=True)
            for name, values in parameters_at(problem, point).items()
        }


def _covariance(problem: Problem, at: Curvature, amplitude: Float[Tensor, " voxel"]) -> Covariance:
    """Inverse of J' W J, with the share of plasma eliminated first."""
    if not problem.has_exponential:
        return {(SHARE, SHARE): (1 / at.share).expand_as(amplitude)}
    exponential = at.exponential
    mixed, slope = amplitude * at.exponential_slope, amplitude.square() * at.slope
    toward = at.cross / at.share, amplitude * at.cross_slope / at.share
    if problem.share_bounds is not None:
        exponential = exponential - at.share * toward[0].square()
        mixed = mixed - at.share * toward[0] * toward[1]
        slope = slope - at.share * toward[1].square()
    if problem.grid is None:
        covariance = {(AMPLITUDE, AMPLITUDE): 1 / exponential}
        reach = {AMPLITUDE: toward[0] / exponential}
    else:
        per_determinant = 1 / (exponential * slope - mixed.square())
        own = slope * per_determinant, -mixed * per_determinant, exponential * per_determinant
        covariance = {
            (AMPLITUDE, AMPLITUDE): own[0],
            (AMPLITUDE, POSITION): own[1],
            (POSITION, POSITION): own[2],
        }
        reach = {
            AMPLITUDE: own[0] * toward[0] + own[1] * toward[1],
            POSITION: own[1] * toward[0] + own[2] * toward[1],
        }
    if problem.share_bounds is not None:
        beside = sum(toward[unknown - AMPLITUDE] * value for unknown, value in reach.items())
        covariance |= {(SHARE, unknown): -value for unknown, value in reach.items()}
        covariance[SHARE, SHARE] = 1 / at.share + beside
    return covariance
