"""What the search over pairs of rates is given and works on.

Tuples, since machine code knows no other records; their fields are part of a compiled function's
signature, so a change of them makes it anew. Parameters are in the order fp, ps, vp, ve.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int


class PairBox(NamedTuple):
    """Parameters that are fitted and their bounds; flow in 1/min.

    Attributes
    ----------
    fitted
        How many are fitted: all four, or all but ve where agent does not return.
    returns
        Whether it does.
    offset
        Added to a rate before the logarithm [1/min].
    low, high
        Bounds.
    """

    fitted: int
    returns: bool
    offset: float
    low: Float[np.ndarray, "4"]
    high: Float[np.ndarray, "4"]


class PairTable(NamedTuple):
    """Columns over the rate, in the basis, and products of those that the scan visits.

    Attributes
    ----------
    first, step
        log(rate + offset) of the first node, and the distance of two.
    polynomials
        Of the column around every node; the lowest power comes first.
    plasma
        What a column nears at endless rates.
    scanned, rates
        Columns that the scan visits, and their rates [1/min]; the first is 0.
    inverse_length, cosine, inverse_sine
        1 over the length of each of these, their products at unit length, and 1 / (1 - cosine²):
        one row, or one a curve.
    """

    first: float
    step: float
    polynomials: Float[np.ndarray, "node power dimension"]
    plasma: Float[np.ndarray, " dimension"]
    scanned: Float[np.ndarray, "scan dimension"]
    rates: Float[np.ndarray, " scan"]
    inverse_length: Float[np.ndarray, "#voxel scan"]
    cosine: Float[np.ndarray, "#voxel scan scan"]
    inverse_sine: Float[np.ndarray, "#voxel scan scan"]


class Lattice(NamedTuple):
    """Tissues within the bounds, spread over all of them.

    Attributes
    ----------
    tissues
        Parameters at a flow of 1; all of them grow with the scale.
    least, most
        Scales within the bounds.
    shape
        Numbers of values of each parameter; that of the last changes fastest.
    curves, squares
        In the basis, and their sums of squares: one row, or one a curve.
    """

    tissues: Float[np.ndarray, "4 tissue"]
    least: Float[np.ndarray, " tissue"]
    most: Float[np.ndarray, " tissue"]
    shape: tuple[int, int, int, int]
    curves: Float[np.ndarray, "tissue dimension"]
    squares: Float[np.ndarray, "#voxel tissue"]


class Descent(NamedTuple):
    """Steps of one curve.

    Attributes
    ----------
    curve, weight
        The curve in the basis, and the weight of each dimension.
    terms
        Fast column, its derivative, slow column, its derivative.
    values, slope, normal
        Where we are, half the slope of the sum of squares, and J' W J.
    trial, trial_normal, trial_slope
        The same of the place that a step leads to.
    by
        What a parameter's change adds of each of the terms.
    amplitude
        Of both columns, then their positions.
    gram, toward
        Products of the terms with each other and with the residuals.
    wanted, free, factor, scale
        Of the normal equations.
    state
        Sum of squares; 1 where the steps came to an end.
    step
        From `values` to `trial`.
    at
        Positions of the columns that `terms` holds.
    """

    curve: Float[np.ndarray, " dimension"]
    weight: Float[np.ndarray, " dimension"]
    terms: Float[np.ndarray, "6 dimension"]
    values: Float[np.ndarray, "4"]
    slope: Float[np.ndarray, "4"]
    normal: Float[np.ndarray, "4 4"]
    trial: Float[np.ndarray, "4"]
    trial_normal: Float[np.ndarray, "4 4"]
    trial_slope: Float[np.ndarray, "4"]
    by: Float[np.ndarray, "4 4"]
    amplitude: Float[np.ndarray, "4"]
    gram: Float[np.ndarray, "4 4"]
    toward: Float[np.ndarray, "4"]
    wanted: Float[np.ndarray, "4"]
    free: Bool[np.ndarray, "4"]
    state: Float[np.ndarray, "4"]
    factor: Float[np.ndarray, "4 4"]
    scale: Float[np.ndarray, "4"]
    step: Float[np.ndarray, "4"]
    at: Float[np.ndarray, "2"]


class Valleys(NamedTuple):
    """What the scans find.

    Attributes
    ----------
    toward, gain
        The curve's products with unit columns; what each pair takes off its sum of squares.
    depth, slow, fast
        Of the deepest valleys; -1 for none.
    floor, within, tissues
        Of each: the sum of squares at its bottom, whether that is within the bounds, and the tissue
        there, or where the bounds are.
    best, tissue, scale
        Of the best tissues of the lattice: what they take off, which they are, and their scales.
    lattice_gain, lattice_scale
        Of all of them.
    uptake
        What uptake within the bounds takes off at each scanned rate, and nothing beyond the last.
    """

    toward: Float[np.ndarray, " scan"]
    gain: Float[np.ndarray, "scan scan"]
    depth: Float[np.ndarray, " valley"]
    slow: Int[np.ndarray, " valley"]
    fast: Int[np.ndarray, " valley"]
    floor: Float[np.ndarray, " valley"]
    within: Bool[np.ndarray, " valley"]
    tissues: Float[np.ndarray, "valley 4"]
    best: Float[np.ndarray, " summit"]
    tissue: Int[np.ndarray, " summit"]
    scale: Float[np.ndarray, " summit"]
    lattice_gain: Float[np.ndarray, " tissue"]
    lattice_scale: Float[np.ndarray, " tissue"]
    uptake: Float[np.ndarray, " scan_and_one"]
