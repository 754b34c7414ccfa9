"""What the search in machine code is given and works on.

Tuples, since machine code knows no other records; their fields are part of a compiled function's
signature, so a change of them makes it anew.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int


class Box(NamedTuple):
    """Coordinate of the rate and limits of what is fitted.

    Attributes
    ----------
    scanned, first, last, step, offset
        Number of nodes that the scan visits, log(rate + offset) of the first and last inner node,
        distance of two, offset [1/min]. One node and no distance where the only rate is 0.
    has_share, share_low, share_high
        Whether the model has a share of plasma, and its bounds.
    lower, upper
        Two limits of the amplitude, each a constant and a slope.
    """

    scanned: int
    first: float
    last: float
    step: float
    offset: float
    has_share: bool
    share_low: float
    share_high: float
    lower: tuple[tuple[float, float], tuple[float, float]]
    upper: tuple[tuple[float, float], tuple[float, float]]


class Products(NamedTuple):
    """Columns of the exponential term, and products of the columns.

    Attributes
    ----------
    columns
        At every node, times the weights that all curves share.
    share, cross, exponential
        As in `ColumnProducts`: one row, or one a curve.
    """

    columns: Float[np.ndarray, "node time"]
    share: Float[np.ndarray, " #voxel"]
    cross: Float[np.ndarray, "#voxel node"]
    exponential: Float[np.ndarray, "#voxel node"]


class Tile(NamedTuple):
    """Curves that are scanned together.

    Attributes
    ----------
    rows, samples
        The curves times the weights that the columns do not bear, either way round.
    moments
        Their products with the scanned columns, the plasma and 1.
    profile
        Projected sum of squares at every node of the scan, less that of the curve.
    lowest, best
        Lowest value in each profile, and its node.
    rose, turns
        Whether the profile rose to the node that is looked at; whether it falls after it rose.
    limits
        Lowest and highest amplitude at every node of the scan.
    """

    rows: Float[np.ndarray, "voxel time"]
    samples: Float[np.ndarray, "padded_time voxel"]
    moments: Float[np.ndarray, "padded_column voxel"]
    profile: Float[np.ndarray, "scan voxel"]
    lowest: Float[np.ndarray, " voxel"]
    best: Int[np.ndarray, " voxel"]
    rose: Int[np.ndarray, " voxel"]
    turns: Int[np.ndarray, " voxel"]
    limits: Float[np.ndarray, "2 scan"]


class Lanes(NamedTuple):
    """Curves that take Newton's steps together.

    Attributes
    ----------
    stencil
        Products on the stencil: curve with exponential, exponential with itself and the plasma.
    place
        Steps from the node: where to start, then where the steps led.
    share_moment, taken, parallel
        The curve with the plasma, the share of plasma to take off the curve, and 1 / plasma with
        itself where that share is free.
    settled
        Whether the steps settled at a minimum in the cell.
    values
        The three products at `place`.
    curve, node
        Whose they are and around which inner node.
    unit, slopes, last, bend
        Product of the curve with a unit column on the stencil, the polynomials of its first two
        derivatives, the last step's length and the second derivative there.
    polynomials
        Of the three products, for one lane.
    """

    stencil: Float[np.ndarray, "product stencil lane"]
    place: Float[np.ndarray, " lane"]
    share_moment: Float[np.ndarray, " lane"]
    taken: Float[np.ndarray, " lane"]
    parallel: Float[np.ndarray, " lane"]
    settled: Bool[np.ndarray, " lane"]
    values: Float[np.ndarray, "product lane"]
    curve: Int[np.ndarray, " lane"]
    node: Int[np.ndarray, " lane"]
    unit: Float[np.ndarray, "stencil lane"]
    slopes: Float[np.ndarray, "derivative power lane"]
    last: Float[np.ndarray, " lane"]
    bend: Float[np.ndarray, " lane"]
    polynomials: Float[np.ndarray, "product stencil"]
