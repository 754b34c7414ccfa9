"""Bounded least squares of any kinetic model from a start, many curves at once.

For what no table can hold: a fitted delay, models with several exponentials, the signal itself.
Steps are Marquardt's; a parameter at a bound that its slope pushes against stays there for the
step.

References
----------
Marquardt, J Soc Indust Appl Math 1963;11:431-441.
Bertsekas, SIAM J Control Optim 1982;20:221-246 (which bounds are held).
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

STEPS = 60
FIRST_DAMPING, MOST_DAMPING = 1e-3, 1e8
EASE, TIGHTEN = 0.2, 5.0  # of the damping after a step that kept its promise, or not
KEPT = 0.25  # of the fall that a step promised: less where it went too far
PROMISE, NOTHING = 1e-9, 1e-24  # of the sum of squares, and of the curve's, to go another step

ROUNDING = 1e-12  # of a bound: a start as near lies on it
DIFFERENCE, SMALLEST = 1e-6, 1e-3  # relative size of a difference, and of what

Curves = Callable[[Float[Tensor, "parameter *batch voxel"]], Float[Tensor, "*batch voxel time"]]


class Minimum(NamedTuple):
    """Where the steps led.

    Attributes
    ----------
    values
        Parameters, within their bounds.
    sse
        Weighted sum of squares.
    normal
        J' W J there.
    """

    values: Float[Tensor, "parameter voxel"]
    sse: Float[Tensor, " voxel"]
    normal: Float[Tensor, "voxel parameter parameter"]


class Quadratic(NamedTuple):
    """What is minimised, as a quadratic form around some values of the parameters.

    Attributes
    ----------
    normal
        Half the curvature: J' W J of a sum of squares.
    slope
        Half the slope.
    sse
        Its height.
    """

    normal: Float[Tensor, "voxel parameter parameter"]
    slope: Float[Tensor, "parameter voxel"]
    sse: Float[Tensor, " voxel"]


def quadratic(
    loss: Float[Tensor, "voxel time"],
    slope: Float[Tensor, "voxel time"],
    curvature: Float[Tensor, "#voxel time"],
    jacobian: Float[Tensor, "parameter voxel time"],
) -> Quadratic:
    """Sum of a loss over the samples, from half its slope and curvature by the modelled samples."""
    return Quadratic(
        torch.einsum("pvt,qvt->vpq", curvature * jacobian, jacobian),
        (slope * jacobian).sum(dim=2),
        loss.sum(dim=1),
    )


def bounded_minimum(
    curves: Curves,
    samples: Float[Tensor, "voxel time"],
    weights: Float[Tensor, "#voxel time"],
    start: Float[Tensor, "parameter voxel"],
    bounds: Float[Tensor, "2 parameter #voxel"],
) -> Minimum:
    """Minimum of the weighted sum of squares that steps from `start` reach within `bounds`.

    Where both bounds of a parameter are one, it is held there.
    """

    def at(values: Tensor, rows: Tensor) -> Quadratic:
        modelled, jacobian = slopes(curves, values)
        own = weights if len(weights) == 1 else weights[rows]
        residual = modelled - samples[rows]
        return quadratic(own * residual.square(), own * residual, own, jacobian)

    nothing = NOTHING * (weights * samples.square()).sum(dim=1)
    return descent(at, start, bounds, lambda sse: PROMISE * sse + nothing)


def descent(
    at: Callable[[Float[Tensor, "parameter voxel"], Int[Tensor, " voxel"]], Quadratic],
    start: Float[Tensor, "parameter voxel"],
    bounds: Float[Tensor, "2 parameter #voxel"],
    enough: Callable[[Float[Tensor, " voxel"]], Float[Tensor, " voxel"]],
    steps: int = STEPS,
) -> Minimum:
    """Minimum that Marquardt's steps from `start` reach within `bounds`.

    Parameters
    ----------
    at
        Values, and the rows of the voxels that they are of, to what is minimised there.
    enough
        What is minimised at the start, to the fall that is not worth another step.
    steps
        How many, at most.
    """
    low, high = bounds.expand(-1, -1, start.shape[1])
    values = start.clamp(low, high)
    for bound in (low, high):  # of which rounding may have left it short
        values = torch.where(torch.isclose(values, bound, rtol=ROUNDING, atol=0), bound, values)
    normal, slope, sse = at(values, torch.arange(start.shape[1], device=start.device))
    least_fall = enough(sse)
    damping = torch.full_like(sse, FIRST_DAMPING)
    going = torch.nonzero(torch.isfinite(sse))[:, 0]
    for _ in range(steps):
        here, down = values[:, going], slope[:, going]
        least, most = low[:, going], high[:, going]
        held = ((here <= least) & (down > 0)) | ((here >= most) & (down < 0))
        room = torch.stack([least - here, most - here])
        step = _step(normal[going], down, held, damping[going], room)
        trial = (here + step).clamp(least, most)
        promise = (down * (here - trial)).sum(dim=0)
        worth = promise > least_fall[going]
        going, trial, promise = going[worth], trial[:, worth], promise[worth]
        if not going.numel():
            break
        there = at(trial, going)
        fall = sse[going] - there.sse
        lower = fall > 0
        down = going[lower]
        values[:, down], slope[:, down] = trial[:, lower], there.slope[:, lower]
        normal[down], sse[down] = there.normal[lower], there.sse[lower]
        damping[going] *= torch.where(fall > KEPT * promise, EASE, TIGHTEN)
        going = going[damping[going] < MOST_DAMPING]
    return Minimum(values, sse, normal)


def slopes(
    function: Callable[[Float[Tensor, "parameter *batch voxel"]], Float[Tensor, "..."]],
    values: Float[Tensor, "parameter voxel"],
) -> tuple[Float[Tensor, "..."], Float[Tensor, "parameter ..."]]:
    """Values of a function of each voxel's parameters, and its derivatives by them.

    By central differences, right to about 1e-10: forward derivatives of torch cannot be taken in
    several threads at once.
    """
    count = len(values)
    size = values.abs().clamp(min=SMALLEST) * DIFFERENCE
    there = values[:, None].repeat(1, 2 * count + 1, 1)
    for parameter in range(count):
        there[parameter, 1 + parameter] += size[parameter]
        there[parameter, 1 + count + parameter] -= size[parameter]
    of_all = function(there)
    own = torch.arange(count, device=values.device)
    spans = there[own, 1 + own] - there[own, 1 + count + own]
    spans = spans.reshape(*spans.shape, *[1] * (of_all.ndim - 2))
    return of_all[0], (of_all[1 : 1 + count] - of_all[1 + count :]) / spans


def _step(
    normal: Float[Tensor, "voxel parameter parameter"],
    slope: Float[Tensor, "parameter voxel"],
    held: Bool[Tensor, "parameter voxel"],
    damping: Float[Tensor, " voxel"],
    room: Float[Tensor, "2 parameter voxel"],
) -> Float[Tensor, "parameter voxel"]:
    """Marquardt's step of the parameters that are not held, within the `room` to their bounds.

    One that would go beyond stops at its bound, and the others' step is sought again beside it.
    """
    step, free, rows = (
        torch.zeros_like(slope),
        ~held,
        torch.arange(len(damping), device=slope.device),
    )
    for _ in range(len(slope)):
        own = free[:, rows]
        pushed = torch.einsum("vpq,qv->pv", normal[rows], torch.where(own, 0.0, step[:, rows]))
        found = _free_step(normal[rows], slope[:, rows] + pushed, own, damping[rows])
        wanted = torch.where(own, found, step[:, rows])
        inside = wanted.clamp(*room[..., rows])
        step[:, rows], beyond = inside, own & (inside != wanted)
        free[:, rows] = own & ~beyond
        rows = rows[beyond.any(dim=0)]
        if not rows.numel():
            break
    return step


def _free_step(
    normal: Float[Tensor, "voxel parameter parameter"],
    slope: Float[Tensor, "parameter voxel"],
    free: Bool[Tensor, "parameter voxel"],
    damping: Float[Tensor, " voxel"],
) -> Float[Tensor, "parameter voxel"]:
    """Marquardt's step of the parameters that are free; 0 of the others."""
    free = free.T
    scale = torch.diagonal(normal, dim1=1, dim2=2).sqrt()
    scale = torch.where(scale > 0, scale, 1.0)
    both = (free[:, :, None] & free[:, None, :]) / (scale[:, :, None] * scale[:, None, :])
    damped = normal * both + torch.diag_embed(torch.where(free, damping[:, None], 1.0))
    factor, _ = torch.linalg.cholesky_ex(damped)
    wanted = (torch.where(free, -slope.T, 0.0) / scale)[..., None]
    return (torch.cholesky_solve(wanted, factor)[..., 0] / scale).T.nan_to_num()
