"""Parameters and delay of models with one rate at their lowest sum of squares, in machine code."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.data import Reason
from gadmap.fitting.compiled_delays import search_delays
from gadmap.fitting.delay_tables import DelayTables
from gadmap.fitting.parameters import parameters_at
from gadmap.fitting.problem import Problem
from gadmap.fitting.rate_search import Optimum
from gadmap.fitting.results import Found
from gadmap.fitting.uncertainty import Covariance, errors_of
from gadmap.quantities import DELAY, SECONDS_PER_MINUTE

RESULTS = 16  # rows that the search fills
UNKNOWNS = 4  # share, amplitude, log(rate + offset), delay


def find_delayed(
    problem: Problem,
    tables: DelayTables,
    weights: Float[Tensor, "#voxel time"],
    freedom: Float[np.ndarray, " #voxel"],
    curves: Float[Tensor, "voxel time"],
    *,
    standard_error: bool,
) -> Found:
    """Parameters and delay of `curves` [mmol/L] at their lowest sum of squares."""
    table = np.empty((RESULTS, len(curves)))
    search_delays(tables.box, tables.source, tables.nodes, weights.numpy(), curves.numpy(), table)
    found = torch.from_numpy(table)
    share, amplitude, position, delay, sse, ended = found[:6].unbind()
    optimum = Optimum(share, amplitude, position, sse)
    samples = curves.double()
    errors = {}
    if standard_error:
        variance = sse / torch.as_tensor(freedom)
        covariance = _covariance(found[6:])
        of_delay = (covariance.pop((UNKNOWNS - 1, UNKNOWNS - 1)) * variance).sqrt()
        errors = errors_of(problem, optimum, covariance, variance)
        errors[DELAY.name] = of_delay * SECONDS_PER_MINUTE
    return Found(
        parameters_at(problem, optimum) | {DELAY.name: delay * SECONDS_PER_MINUTE},
        errors,
        sse,
        (samples * weights).sum(dim=1),
        (samples.square() * weights).sum(dim=1),
        np.where(ended.numpy() == 0, np.uint8(Reason.NOT_CONVERGED), np.uint8(0)),
    )


def _covariance(lower: Float[Tensor, "entry voxel"]) -> Covariance:
    """What the parameters depend on of a lower half, a row after the other, and the delay's own."""
    pairs = [(row, column) for row in range(UNKNOWNS) for column in range(row + 1)]
    mixed = {(UNKNOWNS - 1, column) for column in range(UNKNOWNS - 1)}
    return {pair: values for pair, values in zip(pairs, lower, strict=True) if pair not in mixed}
