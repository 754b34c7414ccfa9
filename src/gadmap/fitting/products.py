"""Weighted inner products of curves and columns: all that a search needs of the time axis."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.fitting.compiled_columns import products_of
from gadmap.fitting.problem import Problem


class ColumnProducts(NamedTuple):
    """Columns with each other: one row, or one a curve where the weights differ.

    Attributes
    ----------
    share
        The plasma with itself.
    cross
        The plasma with the exponentials.
    exponential
        Each exponential with itself.
    """

    share: Float[Tensor, "#voxel 1"]
    cross: Float[Tensor, "#voxel node"]
    exponential: Float[Tensor, "#voxel node"]


class CurveProducts(NamedTuple):
    """Curves with the plasma, the exponentials, 1 and themselves."""

    share: Float[Tensor, " voxel"]
    exponential: Float[Tensor, "node voxel"]
    total: Float[Tensor, " voxel"]
    squares: Float[Tensor, " voxel"]


def column_products(problem: Problem, weights: Float[Tensor, "#voxel time"]) -> ColumnProducts:
    """Inner products of the columns of `problem` with each other."""
    if weights.device.type == "cpu" and weights.shape[0] == 1:
        products = products_of(problem.columns.numpy(), weights[0].numpy())
        return ColumnProducts(*map(torch.from_numpy, products))
    columns, plasma = problem.exponentials, problem.columns[-2]
    weighted = weights * plasma
    return ColumnProducts(
        share=(weighted @ plasma)[:, None],
        cross=weighted @ columns.T,
        exponential=weights @ columns.square().T,
    )


def curve_products(
    problem: Problem, curves: Float[Tensor, "voxel time"], weights: Float[Tensor, "#voxel time"]
) -> CurveProducts:
    """Inner products of `curves` with the columns of `problem`."""
    weighted = curves * weights
    products = problem.columns @ weighted.T
    return CurveProducts(
        share=products[-2],
        exponential=products[:-2],
        total=products[-1],
        squares=torch.linalg.vecdot(weighted, curves),
    )
