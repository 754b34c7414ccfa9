"""Columns of the rate table as machine code, their products, and values between its nodes.

On a CPU: there the calls of torch that make a table cost several times what the table does.
"""

from typing import no_type_check

import numpy as np
from numba import njit

_SERIES_BELOW, _TERMS = 0.01, 6
_ROUNDING = 1e-13  # even frames are even but for this


@njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def convolved(plasma, t, rates):
    """Integral of plasma(s) exp(-rate (t - s)) from t[0] to t, at every t: (rate, time).

    The steps of `gadmap.physics.convolution.exponential_convolution`, which also has derivatives.
    """
    count, last = len(rates), -1.0
    new, old, decay, value = np.empty(count), np.empty(count), np.empty(count), np.zeros(count)
    result = np.zeros((count, len(t)))
    for frame in range(1, len(t)):
        step = t[frame] - t[frame - 1]
        if abs(step - last) > _ROUNDING * step:
            for row in range(count):
                new[row], old[row], decay[row] = _segment(rates[row] * step)
            last = step
        before, here = step * plasma[frame - 1], step * plasma[frame]
        for row in range(count):
            value[row] = old[row] * before + new[row] * here + decay[row] * value[row]
            result[row, frame] = value[row]
    return result


@njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def columns_at(plasma, t, nodes, offset):
    """(rate + offset) times the convolution, at log(rate + offset) = `nodes`: (node, time)."""
    shifted = np.exp(nodes)
    columns = convolved(plasma, t, shifted - offset)
    for node in range(len(nodes)):
        for time in range(len(t)):
            columns[node, time] *= shifted[node]
    return columns


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})
@no_type_check
def products_of(columns, weights):
    """Of columns, the plasma and 1: products of the plasma and the columns, weighted alike.

    The plasma with itself, with the columns, and each column with itself: a row each, as in
    `gadmap.fitting.products.column_products`, which also takes weights of every curve.
    """
    count, frames = len(columns) - 2, len(weights)
    share, cross, exponential = np.empty((1, 1)), np.empty((1, count)), np.empty((1, count))
    plasma = columns[count]
    for node in range(count + 1):
        with_plasma, with_itself = 0.0, 0.0
        for time in range(frames):
            weighted = weights[time] * columns[node, time]
            with_plasma += weighted * plasma[time]
            with_itself += weighted * columns[node, time]
        if node < count:
            cross[0, node], exponential[0, node] = with_plasma, with_itself
        else:
            share[0, 0] = with_itself
    return share, cross, exponential


@njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def _segment(x):
    """Weights of a segment's new and old sample, over its length, and what is left after it."""
    decay = np.exp(-x)
    if abs(x) < _SERIES_BELOW:
        total = 1.0
        for n in range(_TERMS - 1, 0, -1):
            total = 1 - x / (n + 2) * total
        new = total / 2
        both = 1 - x * new
    else:
        both = -np.expm1(-x) / x
        new = (1 - both) / x
    return new, both - new, decay


@njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def values_at(polynomials, node, place):
    """Values (function, voxel) of polynomials (node, function, power) at places about nodes.

    The steps of `gadmap.fitting.local.polynomial_value`, without a copy for every voxel.
    """
    functions, powers = polynomials.shape[1:]
    result = np.empty((functions, len(node)))
    for voxel in range(len(node)):
        for function in range(functions):
            value = 0.0
            for back in range(1, powers + 1):
                value = value * place[voxel] + polynomials[node[voxel], function, powers - back]
            result[function, voxel] = value
    return result
