"""What the search over delay and rate is given and works on.

Tuples, since machine code knows no other records; their fields are part of a compiled function's
signature, so a change of them makes it anew.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from gadmap.fitting.compiled_types import Box


class DelayBox(NamedTuple):
    """Limits of what is fitted, and which of it the model has.

    Attributes
    ----------
    rate
        Of rate, share and amplitude.
    has_rate, has_exponential
        Whether a rate is searched, and whether there is an exponential at all.
    low, high
        Bounds of the delay [min].
    """

    rate: Box
    has_rate: bool
    has_exponential: bool
    low: float
    high: float


class Source(NamedTuple):
    """The plasma curve as it leaves the artery, and what becomes of it at every rate.

    Attributes
    ----------
    minutes, plasma, slope
        Sample times [min] from 0 on, the curve and its slope after each; the last one is 0.
    polynomials
        Of the undelayed column around every inner node of the rate table; lowest power first.
    """

    minutes: Float[np.ndarray, " time"]
    plasma: Float[np.ndarray, " time"]
    slope: Float[np.ndarray, " time"]
    polynomials: Float[np.ndarray, "node power time"]


class Nodes(NamedTuple):
    """Delays and rates, of which the scan visits every delay and some of the rates.

    Attributes
    ----------
    delays, positions
        Delays [min] and log(rate + offset).
    step
        Distance of two of the latter.
    bends
        Whether many samples meet frames at a delay, so that the slope may jump there.
    scatter
        Where single samples meet frames at many delays: how far beside a delay steps start too
        [min]; 0 elsewhere.
    columns, plasma
        Of the exponential at every rate, and the plasma.
    limits
        Lowest and highest amplitude at every rate.
    """

    delays: Float[np.ndarray, " delay"]
    positions: Float[np.ndarray, " rate"]
    step: float
    bends: Bool[np.ndarray, " delay"]
    scatter: float
    columns: Float[np.ndarray, "delay rate time"]
    plasma: Float[np.ndarray, "delay time"]
    limits: Float[np.ndarray, "2 rate"]


class ScanColumns(NamedTuple):
    """The columns as unit columns under given weights, in single precision.

    Where the model has a share of plasma, those of the exponentials are what stands upright on it.

    Attributes
    ----------
    scanned
        Of the plasma and the rates that the scan visits, padded to whole blocks.
    fine
        Of all rates.
    along, up
        Parts of the columns along the plasma and upright on it.
    share
        Length of the plasma.
    """

    scanned: Float[np.ndarray, "delay padded_column padded_time"]
    fine: Float[np.ndarray, "delay rate time"]
    along: Float[np.ndarray, "delay rate"]
    up: Float[np.ndarray, "delay rate"]
    share: Float[np.ndarray, " delay"]


class Profile(NamedTuple):
    """What the scan finds of the curves of a tile, and of one of them.

    Attributes
    ----------
    samples
        The curves times the root of the weights.
    moments
        At one delay: products with unit columns.
    reduction
        What the sum of squares is less at the best amplitudes.
    lowest, floor, moment
        At every delay: the lowest of these over the rates, how low it may be between them, and the
        product with the plasma.
    curve
        Samples of one curve.
    between, cubics
        Of the columns around a node of the scan: parts along and upright, limits, product with the
        curve and the reduction there; and the cubics through four of each but the last.
    depth, place, taken
        The two lowest minima over the rates at every delay, in steps of the table, and whether
        they have been looked at.
    """

    samples: Float[np.ndarray, "padded_time voxel"]
    moments: Float[np.ndarray, "padded_column voxel"]
    reduction: Float[np.ndarray, "delay scan voxel"]
    lowest: Float[np.ndarray, "delay voxel"]
    floor: Float[np.ndarray, "delay voxel"]
    moment: Float[np.ndarray, "delay voxel"]
    curve: Float[np.ndarray, " time"]
    between: Float[np.ndarray, "6 rate"]
    cubics: Float[np.ndarray, "5 4"]
    depth: Float[np.ndarray, "2 delay"]
    place: Float[np.ndarray, "2 delay"]
    taken: Bool[np.ndarray, "2 delay"]


class Place(NamedTuple):
    """One curve, and its sum of squares around one delay and rate.

    Attributes
    ----------
    curve, weight
        Samples and their weights.
    before
        Undelayed column and its two derivatives by log(rate + offset).
    column, plasma
        Of the delayed curve.
    run, beyond
        Frames that lie equally far beyond their sample: first frame and first sample of each run,
        and that distance [min].
    parts
        For every run: what makes the column, and its derivatives by log(rate + offset), of the
        undelayed one, of the plasma at the sample and of its slope.
    at
        log(rate + offset) and delay that the columns are of.
    room
        From the delay to the next one, up and down, where a sample meets a frame.
    value
        Sum of squares, share and amplitude there.
    slope, bend
        Half the slope of the sum of squares over rate and delay, and half its second derivatives:
        of the rate, mixed, of the delay.
    gram
        Products of the plasma, the column and the curve's derivatives by rate and delay.
    best
        Sum of squares, share, amplitude, log(rate + offset) and delay of the lowest place yet.
    scale, factor, inverse
        Of the normal equations.
    """

    curve: Float[np.ndarray, " time"]
    weight: Float[np.ndarray, " time"]
    before: Float[np.ndarray, "3 time"]
    column: Float[np.ndarray, " time"]
    plasma: Float[np.ndarray, " time"]
    run: Int[np.ndarray, "2 run"]
    beyond: Float[np.ndarray, " run"]
    parts: Float[np.ndarray, "9 run"]
    at: Float[np.ndarray, "2"]
    room: Float[np.ndarray, "2"]
    value: Float[np.ndarray, "3"]
    slope: Float[np.ndarray, "2"]
    bend: Float[np.ndarray, "3"]
    gram: Float[np.ndarray, "4 4"]
    best: Float[np.ndarray, "5"]
    scale: Float[np.ndarray, "4"]
    factor: Float[np.ndarray, "4 4"]
    inverse: Float[np.ndarray, "4 4"]
