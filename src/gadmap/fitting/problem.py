"""What all curves of one fit share: the columns and their limits."""

from dataclasses import dataclass
from math import inf

import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.fitting.arrival import Arrival
from gadmap.fitting.rate_grid import RateGrid, rate_grid
from gadmap.physics.kinetics import Bounds, CompartmentForm, KineticModel, Limit, LinearForm
from gadmap.quantities import SECONDS_PER_MINUTE, Quantity

NONE = (Limit(0.0, 0.0),)
"""The limit of an exponential that is not there."""
FAST, FAST_STEPS = 5000.0, 100.0  # 1/min, and of 1 over the shortest step


@dataclass(frozen=True, eq=False)
class Problem:
    """A model under a plasma curve, ready to meet curves.

    Attributes
    ----------
    model, bounds
        What is fitted, in which box.
    grid
        Rates to search; None where the model's only rate is 0.
    arrival
        The plasma curve [mmol/L] and when it comes; a column where the model has a share of plasma.
    of_input
        What of the arterial input is fitted too, if anything: its delay or its dispersion. This may
        be one of several problems, between whose values the best one is searched.
    columns
        Of the exponential term at every node of `grid`, or at rate 0; then the plasma, then 1.
    share_bounds
        Lowest and highest share of plasma; None where the model has none.
    lower, upper
        Limits of the exponential's amplitude; none for two compartments, which have two.
    """

    model: KineticModel
    bounds: Bounds
    grid: RateGrid | None
    arrival: Arrival
    of_input: Quantity | None
    columns: Float[Tensor, "column time"]
    share_bounds: tuple[float, float] | None
    lower: tuple[Limit, ...]
    upper: tuple[Limit, ...]

    @property
    def exponentials(self) -> Float[Tensor, "node time"]:
        """Columns of the exponential term."""
        return self.columns[:-2]

    @property
    def parameter_count(self) -> int:
        """Number of parameters that are fitted."""
        return len(self.model.parameters) + (self.of_input is not None)

    @property
    def has_exponential(self) -> bool:
        """Whether there is an exponential beside the plasma."""
        return self.lower != NONE or self.upper != NONE

    @property
    def offset(self) -> float:
        """What is added to a rate before the logarithm [1/min]."""
        return self.grid.offset if self.grid else 1.0


def make_problem(
    model: KineticModel,
    bounds: Bounds,
    t: Float[Tensor, " time"],
    plasma: Float[Tensor, " time"],
    of_input: Quantity | None = None,
    value: float = 0.0,
    fastest: float = inf,
) -> Problem:
    """Problem of `model` in the box `bounds` under `plasma` [mmol/L] at times `t` [s].

    `of_input` is what of the input is fitted, and `value` [s] what it is in this problem. Rates are
    searched up to `fastest` [1/min], if the bounds have some below.
    """
    form = model.form
    coupling = form.coupling if isinstance(form, LinearForm) else None
    minutes = t / SECONDS_PER_MINUTE
    how = {of_input.name: value / SECONDS_PER_MINUTE} if of_input else {}
    arrival = Arrival(minutes, plasma, **how, coupling=coupling)
    if isinstance(form, CompartmentForm):
        grid, shares, limits = rate_grid(arrival, (0.0, _fastest(arrival))), None, ((), ())
    else:
        grid = _searched(arrival, form.rate_bounds(bounds), fastest) if form.rate_bounds else None
        shares = form.share_bounds(bounds) if form.share_bounds else None
        limits = form.amplitude_limits(bounds) if form.amplitude_limits else (NONE, NONE)
    exponentials = grid.columns if grid else arrival.convolved(plasma.new_zeros(1))
    return Problem(
        model=model,
        bounds=bounds,
        grid=grid,
        arrival=arrival,
        of_input=of_input,
        columns=torch.cat([exponentials, arrival.plasma[None], torch.ones_like(plasma)[None]]),
        share_bounds=shares,
        lower=limits[0],
        upper=limits[1],
    )


def _searched(arrival: Arrival, rates: tuple[float, float], fastest: float) -> RateGrid:
    low, high = rates
    return rate_grid(arrival, (low, min(high, max(fastest, 2 * low))))


def _fastest(arrival: Arrival) -> float:
    """Rate [1/min] beyond which what is convolved is the plasma curve but for 1 / rate."""
    return max(FAST, FAST_STEPS / float(torch.diff(arrival.minutes).min()))
