"""Tables for the search over delay and rate: the plasma curve, and columns that the scan visits."""

import itertools
from math import ceil
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float

from gadmap.fitting.amplitudes import interval
from gadmap.fitting.by_curve import rate_box
from gadmap.fitting.compiled_delays import FINE
from gadmap.fitting.delay_types import DelayBox, Nodes, Source
from gadmap.fitting.problem import Problem
from gadmap.fitting.rate_grid import column_polynomials
from gadmap.physics.convolution import exponential_convolution_at, plasma_at
from gadmap.quantities import DELAY, SECONDS_PER_MINUTE

STEP = 0.5  # s, at most
MEETING = 6  # digits of a second, within which samples and frames meet
MANY = 8  # one in so many frames
RATE_STEP = 0.1  # of log(rate + offset), at most


class DelayTables(NamedTuple):
    """What the search knows besides the curves."""

    box: DelayBox
    source: Source
    nodes: Nodes


def delays(low: float, high: float) -> list[float]:
    """Even delays [s] from `low` to `high`."""
    return np.linspace(low, high, max(2, ceil((high - low) / STEP) + 1)).tolist()


def delay_tables(problem: Problem) -> DelayTables:
    """Tables for the search."""
    low, high = problem.bounds[DELAY.name]
    minutes, plasma = problem.arrival.minutes.numpy(), problem.arrival.source.numpy()
    slope = np.append(np.diff(plasma) / np.diff(minutes), 0.0)
    grid = problem.grid
    nodes = _nodes(problem, low, high)
    box = DelayBox(
        rate_box(problem, len(nodes.positions)),
        grid is not None,
        problem.has_exponential,
        low / SECONDS_PER_MINUTE,
        high / SECONDS_PER_MINUTE,
    )
    polynomials = (
        column_polynomials(grid.columns.numpy()) if grid else problem.exponentials.numpy()[:, None]
    )
    return DelayTables(box, Source(minutes, plasma, slope, polynomials), nodes)


def _bends(
    t: Float[np.ndarray, " time"], low: float, high: float
) -> tuple[Float[np.ndarray, " bend"], bool]:
    """Delays [s] between `low` and `high` at which many samples meet frames; if those are most."""
    apart = np.ravel(t[:, None] - t)
    _, first, count = np.unique(np.round(apart, MEETING), return_index=True, return_counts=True)
    meeting = apart[first]
    within = (meeting > low) & (meeting < high)
    many = within & (count > len(t) / MANY)
    return meeting[many], bool(2 * count[many].sum() > count[within].sum())


def _nodes(problem: Problem, low: float, high: float) -> Nodes:
    grid, arrival = problem.grid, problem.arrival
    positions = torch.zeros(1, dtype=torch.float64)
    if grid:
        count = 1 + FINE * max(1, ceil((grid.last - grid.first) / (FINE * RATE_STEP)))
        positions = torch.linspace(grid.first, grid.last, count, dtype=torch.float64)
    bends, most = _bends(arrival.minutes.numpy() * SECONDS_PER_MINUTE, low, high)
    spans = [delays(*span)[:-1] for span in itertools.pairwise([low, *bends, high])]
    visited = [*itertools.chain(*spans), high]
    delay = torch.tensor(visited, dtype=torch.float64) / SECONDS_PER_MINUTE
    when = arrival.minutes - delay[:, None]
    shifted = torch.exp(positions)
    columns = shifted[:, None] * exponential_convolution_at(
        arrival.source,
        arrival.minutes,
        (shifted - problem.offset).clamp(min=0).expand(len(visited), -1),
        when[:, None],
    )
    limits = torch.stack([v.expand_as(positions) for v in interval(problem, positions)])
    plasma = plasma_at(arrival.source, arrival.minutes, when)
    at_bend = torch.zeros(len(visited), dtype=torch.bool)
    at_bend[np.cumsum([len(span) for span in spans[:-1]], dtype=int)] = True
    step = float(positions[1] - positions[0]) if grid else 0.0
    scatter = 0.0 if most else STEP / 2 / SECONDS_PER_MINUTE
    return Nodes(
        delay.numpy(), positions.numpy(), step, at_bend.numpy(), scatter,
        columns.numpy(), plasma.numpy(), limits.numpy(),
    )  # fmt: skip
