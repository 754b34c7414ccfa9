"""Parameters of two compartments at their lowest sum of squares, in machine code."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.data import Reason
from gadmap.fitting.compiled_pairs import search_pairs
from gadmap.fitting.pairs import PARAMETERS, PER_100_ML, PairTables
from gadmap.fitting.problem import Problem
from gadmap.fitting.results import Found
from gadmap.quantities import KTRANS, PS

RESULTS = 13  # rows that the search fills: five values, their errors, the sum of squares, remarks


def find_pairs(
    problem: Problem,
    tables: PairTables,
    weights: Float[Tensor, "#voxel time"],
    freedom: Float[np.ndarray, " #voxel"],
    curves: Float[Tensor, "voxel time"],
    *,
    standard_error: bool,
) -> Found:
    """Parameters of `curves` [mmol/L] at their lowest sum of squares.

    Not resolved is a curve that does not tell flow or a volume from any other: an error as large
    as the value, or another minimum as low within two standard errors and with quite another flow.
    """
    samples, rows = curves.numpy().astype(np.float64), weights.numpy()
    total, squares = _sums(samples, rows)
    samples[~np.isfinite(squares)] = 0  # they get no fit
    beside = np.zeros_like(squares)
    if tables.basis is not None:
        samples = samples * np.sqrt(rows) @ tables.basis
        beside = np.maximum(squares - np.einsum("vd,vd->v", samples, samples), 0)
    table = np.empty((RESULTS, len(samples)))
    search_pairs(
        tables.box, tables.table, tables.lattice, tables.weights, samples,
        np.stack([beside, squares]), freedom, table,
    )  # fmt: skip
    sse = np.where(np.isfinite(table[10]), table[10], np.nan)
    names = [*PARAMETERS[: tables.box.fitted], KTRANS.name]
    lines = [*range(tables.box.fitted), 4]
    table[[0, 5]] *= PER_100_ML
    values = {name: table[line] for name, line in zip(names, lines, strict=True)}
    errors = {name: table[5 + line] for name, line in zip(names, lines, strict=True)}
    order = [*(q.name for q in problem.model.parameters), KTRANS.name]
    remark = np.where(table[11] == 1, np.uint8(0), np.uint8(Reason.NOT_CONVERGED))
    unresolved = table[12] == 1
    for name in set(PARAMETERS[: tables.box.fitted]) - {PS.name}:
        unresolved |= ~(errors[name] <= values[name])
    unresolved &= np.isfinite(freedom)
    remark[unresolved & (remark == 0)] = Reason.UNRESOLVED
    return Found(
        {name: torch.from_numpy(values[name]) for name in order},
        {name: torch.from_numpy(errors[name]) for name in order} if standard_error else {},
        torch.from_numpy(sse),
        torch.from_numpy(total),
        torch.from_numpy(squares),
        remark,
    )


def _sums(
    samples: Float[np.ndarray, "voxel time"], weights: Float[np.ndarray, "#voxel time"]
) -> tuple[Float[np.ndarray, " voxel"], Float[np.ndarray, " voxel"]]:
    """Weighted sums of the curves and of their squares."""
    if len(weights) == 1:
        return samples @ weights[0], samples**2 @ weights[0]
    return (samples * weights).sum(axis=1), (samples**2 * weights).sum(axis=1)
