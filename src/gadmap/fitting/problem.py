"""What all curves of one fit share: the columns and their limits."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.fitting.rate_grid import RateGrid, rate_grid
from gadmap.physics.convolution import running_integral
from gadmap.physics.kinetics import Bounds, KineticModel, Limit
from gadmap.quantities import SECONDS_PER_MINUTE


@dataclass(frozen=True, eq=False)
class Problem:
    """A model under a plasma curve, ready to meet curves.

    Attributes
    ----------
    model, bounds
        What is fitted, in which box.
    grid
        Rates to search; None where the model's only rate is 0.
    minutes, plasma
        The plasma curve [mmol/L] over time; a column where the model has a share of plasma.
    columns
        Of the exponential term at every node of `grid`, or at rate 0; then the plasma, then 1.
    share_bounds
        Lowest and highest share of plasma; None where the model has none.
    lower, upper
        Limits of the exponential's amplitude.
    """

    model: KineticModel
    bounds: Bounds
    grid: RateGrid | None
    minutes: Float[Tensor, " time"]
    plasma: Float[Tensor, " time"]
    columns: Float[Tensor, "column time"]
    share_bounds: tuple[float, float] | None
    lower: tuple[Limit, ...]
    upper: tuple[Limit, ...]

    @property
    def exponentials(self) -> Float[Tensor, "node time"]:
        """Columns of the exponential term."""
        return self.columns[:-2]

    @property
    def offset(self) -> float:
        """What is added to a rate before the logarithm [1/min]."""
        return self.grid.offset if self.grid else 1.0


def make_problem(
    model: KineticModel, bounds: Bounds, t: Float[Tensor, " time"], plasma: Float[Tensor, " time"]
) -> Problem:
    """Problem of `model` in the box `bounds` under `plasma` [mmol/L] at times `t` [s]."""
    minutes = t / SECONDS_PER_MINUTE
    form = model.linear_form
    grid = rate_grid(plasma, minutes, form.rate_bounds(bounds)) if form.rate_bounds else None
    exponentials = grid.columns if grid else running_integral(plasma, minutes)[None]
    lower, upper = form.amplitude_limits(bounds)
    return Problem(
        model=model,
        bounds=bounds,
        grid=grid,
        minutes=minutes,
        plasma=plasma,
        columns=torch.cat([exponentials, plasma[None], torch.ones_like(plasma)[None]]),
        share_bounds=form.share_bounds(bounds) if form.share_bounds else None,
        lower=lower,
        upper=upper,
    )
