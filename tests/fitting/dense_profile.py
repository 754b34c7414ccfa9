"""The lowest sum of squares over a dense grid of rates, with the amplitudes in closed form."""

import numpy as np
from scipy_models import BOUNDS, convolution

RATES = np.concatenate([[0.0], np.geomspace(1e-6, 5000, 1500)])  # kep, 1/min


def lowest_on_dense_grid(model, t, cp, curves, together=1000):
    """Sum of squares of every curve at the best of `RATES`, and that rate; Tofts models."""
    minutes = (t - t[0]) / 60
    columns = np.stack([convolution(minutes, cp, rate)[0] for rate in RATES])
    parts = [
        lowest_over(model, cp, columns, curves[start : start + together], RATES)
        for start in range(0, len(curves), together)
    ]
    return tuple(np.concatenate(found) for found in zip(*parts, strict=True))


def lowest_over(model, cp, columns, curves, rates):
    """The same over given columns; a loop over their rates, none over the curves."""
    with_cp, with_columns, squares = curves @ cp, columns @ curves.T, np.square(curves).sum(axis=1)
    lowest, best = np.full(len(curves), np.inf), np.zeros(len(curves))
    (ktrans_low, ktrans_high), (ve_low, ve_high) = BOUNDS["ktrans"], BOUNDS["ve"]
    shares = BOUNDS["vp"] if model == "extended-tofts" else (0.0, 0.0)
    for rate, column, with_column in zip(rates, columns, with_columns, strict=True):
        box = max(ktrans_low, ve_low * rate), min(ktrans_high, ve_high * rate)
        products = with_cp, with_column, cp @ cp, cp @ column, column @ column
        found = squares + _lowest(products, shares, box)
        lower = found < lowest
        lowest[lower], best[lower] = found[lower], rate
    return lowest, best


def _lowest(products, shares, box):
    """Minimum of the quadratic form over a box: inside, or on one of its edges."""
    with_cp, with_column, cp_cp, cp_column, column_column = products

    def form(share, amplitude):
        return share * (share * cp_cp + 2 * amplitude * cp_column - 2 * with_cp) + amplitude * (
            amplitude * column_column - 2 * with_column
        )

    edges = [
        form(s, np.clip((with_column - s * cp_column) / max(column_column, 1e-300), *box))
        for s in shares
    ]
    if shares[0] < shares[1]:
        edges += [form(np.clip((with_cp - a * cp_column) / cp_cp, *shares), a) for a in box]
        determinant = cp_cp * column_column - cp_column**2
        if determinant > 1e-13 * cp_cp * column_column:
            share = (with_cp * column_column - with_column * cp_column) / determinant
            amplitude = (with_column * cp_cp - with_cp * cp_column) / determinant
            inside = (share >= shares[0]) & (share <= shares[1])
            inside &= (amplitude >= box[0]) & (amplitude <= box[1])
            edges.append(np.where(inside, form(share, amplitude), np.inf))
    return np.min(edges, axis=0)
