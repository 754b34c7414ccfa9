"""What is said of curves once they are fitted: within bounds, how well, and with which care.

As machine code, whatever the device: the results leave it here, and so many small steps cost more
as calls than as work.
"""

from typing import NamedTuple, no_type_check

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numba import njit
from torch import Tensor

from gadmap.data import Reason
from gadmap.fitting.problem import Problem
from gadmap.quantities import R2

AT_BOUND = 1e-9  # of the distance of the bounds
_AT_BOUND, _NO_ENHANCEMENT = int(Reason.AT_BOUND), int(Reason.NO_ENHANCEMENT)
_NOT_DETERMINED, _NOT_FINITE = int(Reason.NOT_DETERMINED), int(Reason.NOT_FINITE)


class Found(NamedTuple):
    """What a search found.

    Attributes
    ----------
    parameters, errors
        And their standard errors, by name.
    sse
        Weighted sum of squared residuals; NaN where the weighted samples do not determine the
        parameters.
    total, squares
        Weighted sums of the curves and of their squares.
    remark
        A reason for care that the search itself knows of, 0 for none; None where it knows of none.
    """

    parameters: dict[str, Tensor]
    errors: dict[str, Tensor]
    sse: Float[Tensor, " voxel"]
    total: Float[Tensor, " voxel"]
    squares: Float[Tensor, " voxel"]
    remark: UInt8[np.ndarray, " voxel"] | None = None


class Results(NamedTuple):
    """Results of curves, NaN where there are none; parameters and r2 are the values."""

    values: dict[str, Float[np.ndarray, " voxel"]]
    errors: dict[str, Float[np.ndarray, " voxel"]]
    sse: Float[np.ndarray, " voxel"]
    reason: UInt8[np.ndarray, " voxel"]


def results(
    problem: Problem,
    found: Found,
    weight: Float[np.ndarray, " #voxel"],
    needed_gain: Float[np.ndarray, " #voxel"],
) -> Results:
    """Results from what was found, the sum of the weights and the gain that noise alone may bring.

    `needed_gain` is what a fit must take off the sum of squares, over what it leaves.
    """
    parameters, errors, *sums, remark = found
    table = torch.stack([*parameters.values(), *errors.values(), *sums]).cpu().numpy()
    bounds = np.array([problem.bounds.get(name, (-np.inf, np.inf)) for name in parameters])
    reason = np.zeros(table.shape[1], np.uint8) if remark is None else remark
    _judge(table, bounds, weight, needed_gain, reason)
    *rows, sse, r2, _ = table
    return Results(
        dict(zip(parameters, rows, strict=False)) | {R2.name: r2},
        dict(zip(errors, rows[len(parameters) :], strict=True)),
        sse,
        reason,
    )


@njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def _judge(table, bounds, weight, needed_gain, reason):
    """Put parameters on the bound that rounding puts them beyond, r2 over the total, and reasons.

    The rows of `table` are parameters, as many as bounds, errors, sse, total and squares; all but
    the last are NaN where there is no fit. `reason` holds what the search remarks. Of several
    reasons the last that applies is given, but a remark rather than a bound.
    """
    own, kept = len(weight) > 1, len(table) - 1
    for voxel in range(len(reason)):
        row, code = voxel if own else 0, reason[voxel]
        sse, total, squares = table[-3, voxel], table[-2, voxel], table[-1, voxel]
        for parameter in range(len(bounds)):
            low, high = bounds[parameter, 0], bounds[parameter, 1]
            value = min(max(table[parameter, voxel], low), high)
            table[parameter, voxel] = value
            slack = AT_BOUND * (high - low)
            at_low = value <= low + slack and low != 0  # at 0 it ends by nature: no plasma
            if np.isfinite(slack) and (at_low or value >= high - slack) and not reason[voxel]:
                code = _AT_BOUND
        if squares - sse <= needed_gain[row] * sse:
            code = _NO_ENHANCEMENT
        if not np.isfinite(sse):
            code = _NOT_DETERMINED
        if not np.isfinite(squares):
            code = _NOT_FINITE
        reason[voxel] = code
        spread = squares - total * total / weight[row]
        table[-2, voxel] = 1 - sse / spread if spread > 0 else np.nan
        if not (np.isfinite(sse) and np.isfinite(squares)):
            for result in range(kept):
                table[result, voxel] = np.nan
