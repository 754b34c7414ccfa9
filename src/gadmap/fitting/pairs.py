"""Tables for the search over pairs of rates: columns in a basis, and a lattice of tissues.

All columns of a rate table, and so all curves that two compartments can give, lie within rounding
in a space of a few dozen dimensions. What a measured curve has beside it no tissue explains, so the
search sees curves and columns in that basis alone, whatever the number of frames. Curves with
weights of their own have no basis in common; for them the frames are the basis.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from gadmap.fitting.compiled_pairs import FP, PS, VE, VP
from gadmap.fitting.pair_types import Lattice, PairBox, PairTable
from gadmap.fitting.problem import Problem
from gadmap.fitting.rate_grid import RateGrid, column_polynomials
from gadmap.physics.kinetics import CompartmentForm
from gadmap.quantities import QUANTITIES

PARAMETERS = ("fp", "ps", "vp", "ve")
"""In the order of the machine code; models may have another one."""
PER_100_ML = 100.0
STRIDE = 3  # nodes from one scanned rate to the next
NEGLIGIBLE = 1e-12  # of the largest singular value
LATTICE = {"fp": 6, "ps": 5, "vp": 5, "ve": 5}
SPREAD = 200.0  # from the lowest to the highest value of a parameter in the lattice
NEARLY_ALIKE = 1e-12  # least 1 - cosine² of two columns


class PairTables(NamedTuple):
    """What the search knows besides the curves.

    Attributes
    ----------
    box, table, lattice
        As the search takes them.
    basis
        Weighted frames to dimensions; None where the frames are the dimensions.
    weights
        Of the dimensions: one row, or one a curve.
    """

    box: PairBox
    table: PairTable
    lattice: Lattice
    basis: Float[np.ndarray, "time dimension"] | None
    weights: Float[np.ndarray, "#voxel dimension"]


def pair_tables(problem: Problem, weights: Float[np.ndarray, "#voxel time"]) -> PairTables:
    """Tables for the search under `weights`."""
    grid, form = problem.grid, problem.model.form
    assert grid is not None
    assert isinstance(form, CompartmentForm)
    box = _box(problem, returns=form.returns)
    columns = np.concatenate([grid.columns.numpy(), problem.arrival.plasma.numpy()[None]])
    basis = None
    if len(weights) == 1:
        root = np.sqrt(weights)
        basis = _basis(columns * root)
        columns = columns * root @ basis
        weights = np.ones((1, columns.shape[1]))
    table = _table(grid, columns, weights)
    return PairTables(box, table, _lattice(box, table, weights), basis, weights)


def _box(problem: Problem, *, returns: bool) -> PairBox:
    bounds = {q: np.array(problem.bounds.get(q, QUANTITIES[q].bounds)) for q in PARAMETERS}
    bounds["fp"] = bounds["fp"] / PER_100_ML
    low, high = np.array([bounds[name] for name in PARAMETERS], dtype=np.float64).T
    return PairBox(3 + returns, returns, problem.offset, low.copy(), high.copy())


def _basis(columns: Float[np.ndarray, "column time"]) -> Float[np.ndarray, "time dimension"]:
    """Orthonormal directions that the weighted columns span."""
    _, sizes, directions = np.linalg.svd(columns, full_matrices=False)
    kept = sizes > NEGLIGIBLE * max(sizes[0], np.finfo(float).tiny)
    return np.ascontiguousarray(directions[kept].T)


def _table(
    grid: RateGrid,
    columns: Float[np.ndarray, "column dimension"],
    weights: Float[np.ndarray, "#voxel dimension"],
) -> PairTable:
    inner = grid.positions.numel()
    polynomials = column_polynomials(columns[:-1])
    visited = np.arange(0, inner, STRIDE)
    scanned = polynomials[visited, 0]
    products = np.einsum("vd,sd,rd->vsr", weights, scanned, scanned, optimize=True)
    with np.errstate(divide="ignore", invalid="ignore"):  # where the weights leave nothing of them
        inverse_length = 1 / np.sqrt(np.diagonal(products, axis1=1, axis2=2))
        cosine = products * inverse_length[:, :, None] * inverse_length[:, None, :]
    rates = np.exp(grid.positions.numpy()[visited]) - grid.offset
    return PairTable(
        grid.first,
        grid.step,
        polynomials,
        columns[-1].copy(),
        np.ascontiguousarray(scanned),
        np.maximum(rates, 0),
        inverse_length,
        cosine,
        1 / np.maximum(1 - cosine**2, NEARLY_ALIKE),
    )


def _lattice(
    box: PairBox, table: PairTable, weights: Float[np.ndarray, "#voxel dimension"]
) -> Lattice:
    """Tissues on even steps of the logarithm of each parameter, all of them within the bounds."""
    axes = [
        np.geomspace(max(low, high / SPREAD), high, LATTICE[name])
        for name, low, high in zip(PARAMETERS, box.low, box.high, strict=True)
    ]
    if not box.returns:
        axes[VE] = np.ones(1)
    tissues = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")])
    fitted = tissues[: box.fitted]
    least = (box.low[: box.fitted, None] / fitted).max(axis=0)
    most = (box.high[: box.fitted, None] / fitted).min(axis=0)
    curves = _curves(tissues, box, table)
    shape = tuple(axis.size for axis in axes)
    return Lattice(tissues, least, most, shape, curves, weights @ curves.T**2)


def _curves(
    tissues: Float[np.ndarray, "4 tissue"], box: PairBox, table: PairTable
) -> Float[np.ndarray, "tissue dimension"]:
    """Curves of tissues in the basis; see `gadmap.physics.kinetics.exchange`."""
    washing, leaving = tissues[FP] / tissues[VP], tissues[PS] / tissues[VP]
    returning = tissues[PS] / tissues[VE] * box.returns
    apart = np.sqrt((washing + leaving - returning) ** 2 + 4 * leaving * returning)
    fast = (washing + leaving + returning + apart) / 2
    slow = washing * returning / fast
    share = (washing - slow) / apart
    curves = np.zeros((tissues.shape[1], table.plasma.size))
    for part, rate in ((share, fast), (1 - share, slow)):
        steps = (np.log(rate + box.offset) - table.first) / table.step
        node = np.clip(np.rint(steps).astype(int), 0, len(table.polynomials) - 1)
        powers = np.clip(steps - node, -0.5, 0.5)[:, None] ** np.arange(table.polynomials.shape[1])
        column = np.einsum("np,npd->nd", powers, table.polynomials[node])
        curves += (part * tissues[FP] / (rate + box.offset))[:, None] * column
    return curves
