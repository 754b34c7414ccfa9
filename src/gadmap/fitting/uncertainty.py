"""Standard errors of the parameters at the optimum.

The covariance is (J' W J)^-1 SSE / (frames - parameters), with J the derivative of the model curve
by its parameters (Seber and Wild, Nonlinear Regression, 1989, section 5.1). Bounds are not
considered: at one, the error is that of the fit without it.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.fitting.local import polynomial_value
from gadmap.fitting.problem import Problem
from gadmap.fitting.products import ColumnProducts
from gadmap.fitting.rate_grid import STENCIL, RateGrid, column_slopes, stencil_polynomials


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
    inner = grid.positions.numel() - 1
    node = torch.round((position - grid.positions[0]) / grid.step).clamp(0, inner).long()
    place = (position - grid.positions[node]) / grid.step
    value, first, _ = stencil_polynomials(columns.cross).unbind()
    wanted = (
        (columns.cross, value),
        (columns.cross, first / grid.step),
        (columns.exponential, value),
        (columns.exponential, first / (2 * grid.step)),
        (slopes, value),
    )
    if slopes.shape[0] == 1:
        tables = [matrix @ products[0].unfold(0, STENCIL, 1).T for products, matrix in wanted]
        polynomials = torch.stack(tables).index_select(2, node)
    else:
        own = torch.arange(node.numel(), device=node.device)
        polynomials = torch.stack(
            [matrix @ products.unfold(1, STENCIL, 1)[own, node].T for products, matrix in wanted]
        )
    return Curvature(columns.share[:, 0], *polynomial_value(polynomials, place).unbind())


def standard_errors(
    problem: Problem,
    at: Curvature,
    share: Float[Tensor, " voxel"],
    amplitude: Float[Tensor, " voxel"],
    rate: Float[Tensor, " voxel"],
    variance: Float[Tensor, " voxel"],
) -> dict[str, Float[Tensor, " voxel"]]:
    """Standard error of every parameter, in its unit; NaN where the curve does not determine it.

    `amplitude` and `rate` are those of the convolution [1/min], `variance` that of the noise of a
    sample of weight 1.
    """
    shifted = rate + problem.offset
    covariance = _covariance(problem, at, amplitude / shifted)
    errors = {}
    for name, (by_share, by_amplitude, by_rate) in _gradients(
        problem, share, amplitude, rate
    ).items():
        # by the share, the column's amplitude and log(rate + offset)
        gradient = torch.stack(
            [by_share, shifted * by_amplitude, amplitude * by_amplitude + shifted * by_rate]
        )
        spread = (gradient[:, None] * covariance * gradient).sum(dim=(0, 1))
        error = torch.sqrt(spread * variance)
        errors[name] = torch.where(torch.isfinite(error), error, torch.nan)
    return errors


def _gradients(
    problem: Problem, share: Tensor, amplitude: Tensor, rate: Tensor
) -> dict[str, tuple[Tensor, ...]]:
    """Derivatives of every parameter by share, amplitude and rate, voxel by voxel."""
    point = tuple(values.detach().clone().requires_grad_() for values in (share, amplitude, rate))
    with torch.enable_grad():
        parameters = problem.model.linear_form.parameters(
            point[0], point[1], point[2], problem.bounds
        )
        return {
            name: torch.autograd.grad(values.sum(), point, materialize_grads=True)
            for name, values in parameters.items()
        }


def _covariance(problem: Problem, at: Curvature, amplitude: Tensor) -> Float[Tensor, "3 3 voxel"]:
    """Inverse of J' W J for the share of plasma, the column's amplitude and log(rate + offset).

    Rows of what the model does not have are 0. The share is eliminated first.
    """
    covariance = torch.zeros((3, 3, amplitude.numel()), dtype=amplitude.dtype).to(amplitude)
    exponential = at.exponential
    mixed, slope = amplitude * at.exponential_slope, amplitude.square() * at.slope
    toward = torch.stack([at.cross, amplitude * at.cross_slope]) / at.share
    if problem.share_bounds is not None:
        exponential = exponential - at.share * toward[0].square()
        mixed = mixed - at.share * toward[0] * toward[1]
        slope = slope - at.share * toward[1].square()
    if problem.grid is None:
        covariance[1, 1] = 1 / exponential
    else:
        determinant = exponential * slope - mixed.square()
        covariance[1, 1] = slope / determinant
        covariance[2, 2] = exponential / determinant
        covariance[1, 2] = covariance[2, 1] = -mixed / determinant
    if problem.share_bounds is not None:
        reach = (covariance[1:, 1:] * toward).sum(dim=1)
        covariance[0, 1:] = covariance[1:, 0] = -reach
        covariance[0, 0] = 1 / at.share + (toward * reach).sum(dim=0)
    return covariance
