"""The minimum of the projected sum of squares while no limit holds the exponential's amplitude.

There the problem is to turn a unit column towards the curve: with the column made orthogonal to the
plasma (or, with the share of plasma at a bound, that share taken off the curve) and of unit length,
the sum of squares falls by the square of one inner product, and Newton's method needs nothing else.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from gadmap.fitting.local import Local, polynomial_value
from gadmap.fitting.rate_grid import REACH, SCAN_STRIDE, stencil_polynomials

STEPS = 4
TOLERANCE = 1e-4  # of a step; Newton's next error is about its square


def free_minimum(
    local: Local,
    share: Float[Tensor, " #start"],
    share_held: Bool[Tensor, " start"] | None,
    place: Float[Tensor, " start"],
) -> tuple[Float[Tensor, " start"], Bool[Tensor, " start"]]:
    """Where Newton's steps from `place` lead, and whether they settled at a minimum in the cell.

    `share_held` tells where the share of plasma is at a bound, `share`; None without plasma.
    """
    toward = _product(local, share, share_held)
    matrix = stencil_polynomials(toward)[1:, :-1]
    polynomials = (matrix.flatten(0, 1) @ toward).unflatten(0, matrix.shape[:2])
    before, second = place, place
    for _ in range(STEPS):
        before = place
        first, second = polynomial_value(polynomials, place)
        place = (place - first / second).clamp(-SCAN_STRIDE, SCAN_STRIDE)
    settled = (place - before).abs() <= TOLERANCE
    settled &= (place.abs() < SCAN_STRIDE) & (second * toward[REACH] < 0)
    return torch.where(settled, place, 0.0), settled


def _product(local: Local, share: Tensor, share_held: Tensor | None) -> Tensor:
    """Product of the curve with the unit column on the stencil."""
    moment, exponential = local.products[0], local.products[1]
    if share_held is None:
        return moment * exponential.rsqrt()
    cross = local.products[2]
    taken = torch.where(share_held, share, local.share_moment / local.share)
    parallel = torch.where(share_held, 0.0, 1 / local.share)
    return (moment - taken * cross) * (exponential - parallel * cross.square()).rsqrt()
