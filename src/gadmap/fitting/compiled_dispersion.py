"""Dispersed curves of one rate, their derivatives and products, as machine code.

The recurrences are those of `gadmap.physics.convolution`; along a segment of the plasma curve all
is closed form, and what depends on its length alone is worked out once a length.

One file, for the reason that `compiled` gives.

References
----------
Calamante, Gadian and Connelly, Magn Reson Med 2000;44:466-473.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, cast, no_type_check

import numpy as np
from numba import njit

GONE = 1000.0  # decay along a segment after which nothing is left
SERIES_BELOW, TERMS = 1.0, 16  # of the decay along a segment
SHARE, AMPLITUDE, RATE, TAU = range(4)

_machine_code = cast(  # numba's own types know fewer options than numba
    "Callable[..., Any]",
    partial(njit, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"}),
)
_compiled = _machine_code(no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)


@_machine_code(cache=True)
@no_type_check
def dispersed_quadratics(steps, which, plasma, curves, weights, rows, values, normal, slope, sse):
    """Put the sum of squares, half its slope and J' W J around `values` in the last three.

    `values` (start, 4) are the share of plasma, the amplitude [1/min] and the rate [1/min] of the
    exponential and the time constant of the dispersion [min]; `rows` says which of the `curves`
    each start is of. `steps` [min] are the lengths that segments may have, `which` those they have.
    """
    own = len(weights) > 1
    parts = np.empty((10, len(steps)))
    lines, total = np.empty(4), np.empty((5, 5))
    for start in range(len(values)):
        share, amplitude, rate, tau = values[start]
        row = rows[start]
        weight, curve = weights[row if own else 0], curves[row]
        for step in range(len(steps)):
            _along_segment(steps[step], rate, tau, parts[:, step])
        for one in range(5):
            for other in range(one + 1):
                total[one, other] = 0.0
        lag, lag_by_tau, u, u_by_rate, u_by_tau = 0.0, 0.0, 0.0, 0.0, 0.0
        for frame in range(len(plasma)):
            if frame > 0:
                step = which[frame - 1]
                length = steps[step]
                decay, alone, alone_by, rising, rising_by = parts[:5, step]
                kept, kept_by, both, both_by, both_by_tau = parts[5:, step]
                before, rise = plasma[frame - 1], plasma[frame] - plasma[frame - 1]
                toward_by = -rise / length
                toward = tau * toward_by
                beside = lag - toward
                beside_by = lag_by_tau - toward_by
                u_by_rate = decay * (u_by_rate - length * u) + length * length * (
                    alone_by * (before + toward) + rising_by * rise + both_by * beside
                )
                u = decay * u + length * (alone * (before + toward) + rising * rise + both * beside)
                u_by_tau = decay * u_by_tau + length * (
                    alone * toward_by + both * beside_by + both_by_tau * beside
                )
                lag = toward + kept * beside
                lag_by_tau = toward_by + kept * beside_by + kept_by * beside
            lines[SHARE], lines[AMPLITUDE] = plasma[frame] + lag, u
            lines[RATE] = amplitude * u_by_rate
            lines[TAU] = share * lag_by_tau + amplitude * u_by_tau
            residual = share * lines[SHARE] + amplitude * u - curve[frame]
            for one in range(4):
                weighted = weight[frame] * lines[one]
                for other in range(one + 1):
                    total[one, other] += weighted * lines[other]
                total[4, one] += weighted * residual
            total[4, 4] += weight[frame] * residual * residual
        for one in range(4):
            for other in range(one + 1):
                normal[start, one, other] = normal[start, other, one] = total[one, other]
            slope[start, one] = total[4, one]
        sse[start] = total[4, 4]


@_compiled
@no_type_check
def _along_segment(length, rate, tau, parts):
    """Put what a segment's length makes of rate and tau in `parts`.

    Decay of the exponential; integrals of it over the segment, under 1 and under a rise to 1, each
    with its derivative by the decay; decay of the transport function with its derivative by tau;
    integral of both together with its derivatives by the decay and by tau.
    """
    x, share = rate * length, tau / length
    decay, one, two, three = _integrals(x)
    parts[0], parts[1], parts[2], parts[3], parts[4] = decay, one, two - one, two, 2 * three - two
    if share < 1 / GONE:
        left = 1 / (1 - min(x, 0.9 * GONE) * share)
        both = decay * share * left
        parts[5] = parts[6] = 0.0
        parts[7], parts[8] = both, both * share * left - both
        parts[9] = decay * left * left / length
        return
    y = 1 / share
    kept = np.exp(-y)
    _, mean, rising, _ = _integrals(abs(y - x))
    least = np.exp(-min(x, y))
    both, by_larger = least * mean, -least * (mean - rising)
    by_x = by_larger if x > y else -both - by_larger
    parts[5], parts[6] = kept, kept * y * y / length
    parts[7], parts[8], parts[9] = both, by_x, (both + by_x) * y * y / length


@_compiled
@no_type_check
def _integrals(x):
    """Integral of exp(-x (1 - s)) s^(k - 1) / (k - 1)! over s from 0 to 1, for k = 1 to 3."""
    decay = np.exp(-x)
    if x > SERIES_BELOW:
        one = (1 - decay) / x
        two = (1 - one) / x
        return decay, one, two, (1 / 2 - two) / x
    three = 1.0
    for n in range(TERMS, 0, -1):
        three = 1 - x / (n + 3) * three
    three /= 6
    two = 1 / 2 - x * three
    return decay, 1 - x * two, two, three
