"""The minimum of the projected sum of squares in a cell of the scan, whatever limit may hold.

With the amplitudes projected out (Golub and Pereyra, SIAM J Numer Anal 1973;10:413-432) the sum of
squares is a function of the rate alone. Where a limit of an amplitude becomes active its slope
bends sharply, which derivatives serve badly; zooming in on the lowest of many points does not mind.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gadmap.fitting.amplitudes import amplitudes, interval, reduction, solver
from gadmap.fitting.local import Local, polynomial_value
from gadmap.fitting.problem import Problem
from gadmap.fitting.rate_grid import SCAN_STRIDE, RateGrid, stencil_polynomials

FEW = 512  # starts; fewer zooms of more points then, as calls cost more than points
PLAN_OF_FEW = (33, 5)  # points and zooms, 16-fold each: to 2e-6 of a step
PLAN_OF_MANY = (9, 10)  # 4-fold each: to 2e-6 of a step


def limited_minimum(
    problem: Problem, grid: RateGrid, around: Local, node: Int[Tensor, " start"]
) -> Float[Tensor, " start"]:
    """Place of the minimum in the cell of every start, in steps from its node."""
    last = grid.positions.numel() - 1
    low = torch.where(node == 0, 0.0, -SCAN_STRIDE).to(around.centre)
    high = torch.where(node == last, 0.0, SCAN_STRIDE).to(around.centre)
    polynomials = (stencil_polynomials(around.centre)[0] @ around.products)[:, :, None]
    points, zooms = PLAN_OF_FEW if node.numel() <= FEW else PLAN_OF_MANY
    sweep = torch.linspace(0, 1, points, dtype=low.dtype, device=low.device)[:, None]
    place = low
    for _ in range(zooms):
        places = torch.lerp(low, high, sweep)
        forms = around.forms(polynomial_value(polynomials, places))
        solve = solver(problem, forms.share, forms.cross, forms.exponential)
        limits = interval(problem, around.centre + grid.step * places)
        lowest = reduction(problem, forms, *amplitudes(problem, forms, solve, limits)).argmin(dim=0)
        place = places.gather(0, lowest[None])[0]
        low = places.gather(0, (lowest - 1).clamp(min=0)[None])[0]
        high = places.gather(0, (lowest + 1).clamp(max=points - 1)[None])[0]
    return place
