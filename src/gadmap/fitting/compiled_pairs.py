"""Two compartments in machine code: curve by curve, a scan over pairs of rates, then steps.

At a pair of rates the best amplitudes that are not negative are closed form, so the scan over pairs
finds the valleys of the sum of squares without bounds. From the deepest ones Marquardt's steps go
in the parameters themselves, whose bounds are a box. Where that ends at a bound, what is best
within the bounds may lie in another valley: then steps go from the best of a lattice of tissues
that are all within them.

Nothing here knows of time: curves and columns are given in a basis that spans all columns (see
`pairs`), and the columns between the nodes of the rate table are its polynomials.

Uptake has one rate to search, even within the bounds: at a rate these cut a convex region out of
the amplitudes, whose best point is found at once (`_best_uptake`). Only where that leads beyond the
table of rates does it start from the lattice too.

All of it is one file, since numba's cache on disk sees changes of the entry's own file alone.

References
----------
Golub and Pereyra, SIAM J Numer Anal 1973;10:413-432 (variable projection).
Marquardt, J Soc Indust Appl Math 1963;11:431-441.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, cast, no_type_check

import numpy as np
from numba import njit

from gadmap.fitting.pair_types import Descent, Valleys

FP, PS, VP, VE = range(4)
LEAST = 1e-9  # plasma volume and outflow, as in the models
PAIRS = 3  # of rates, at most, from which steps go
VALLEYS = PAIRS + 1  # and one rate alone
NEWTONS, SECANTS, SURE = 20, 40, 1e-9  # for the flow, for the rate of uptake; of a flow, at the end
SUMMITS = 3  # of the lattice or of the rates of uptake, at most, from which steps go
NEARLY_NONE = 1e-9  # of the highest value: where a logarithm ends
STEPS = 60
FIRST_DAMPING, MOST_DAMPING = 1e-3, 1e10
EASE, TIGHTEN = 0.1, 6.0  # of the damping after a step that went down, or up
PROMISE, NOTHING = 1e-9, 1e-24  # of the sum of squares, and of the curve's, to go another step
NEAR, NEAR_VALUE = 1e-3, 0.05  # of the sum of squares, and of a parameter, to a known minimum
POLISHINGS, STILL = 40, 1e-10  # of a parameter: steps that end the search
AS_LOW = 1e-8  # of the sum of squares: above the lowest without bounds
COARSE, HOPELESS = 1e-5, 1e-2  # of the sum of squares: to go on, and above the best to stop
AHEAD = 10.0  # times what a step promises, is more than the rest of the way brings
LITTLE = 1e-11  # of it, where steps are Newton's and one more brings twice the digits
UPTAKE = 1e6  # volume over flow, of what stays: the rate is 0
MOST_TRIES = 12  # of a shorter step of the rates
RETURNS = 3  # with a second exponential to a valley of one
BEYOND = 12.0  # of log(rate + offset) past the table: there a column is the plasma curve
FARTHER = 3.0  # of it, past the last scanned rate: beyond that volume is as good as none
APART = 0.05  # of log(rate + offset) of two rates
FARTHEST = 2.0  # step of the logarithm of a parameter
LONGEST = 1.0  # step of log(rate + offset)
SINGULAR = 1e-13  # of a pivot of the scaled normal equations

_FASTMATH = {"reassoc", "contract", "nsz"}
_machine_code = cast(  # numba's own types know fewer options than numba
    "Callable[..., Any]", partial(njit, nogil=True, error_model="numpy", fastmath=_FASTMATH)
)
_entry = _machine_code(cache=True)
_compiled = _machine_code(no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
_inlined = _machine_code(inline="always")


@_entry
@no_type_check
def search_pairs(box, table, lattice, weights, curves, squares, freedom, found):
    """Put parameters, their errors, those of ktrans and the sum of squares in `found`.

    `curves` (voxel, dimension) are in the basis of `table`; `squares` are of what they have beside
    it, and of all of them; a curve that is not finite gets NaN. The rows of `found` are fp [1/min],
    ps, vp, ve, ktrans, the standard errors of these five, the sum of squares, whether the steps
    came to an end, and whether quite another flow would do as well.
    """
    here, best, valleys = (
        _descent(curves.shape[1]),
        _descent(curves.shape[1]),
        _valleys(table, lattice),
    )
    own = len(weights) > 1
    for voxel in range(len(curves)):
        for row in range(len(found)):
            found[row, voxel] = np.nan
        if not np.isfinite(squares[1, voxel]):
            continue
        row = voxel if own else 0
        for dimension in range(curves.shape[1]):
            here.curve[dimension] = best.curve[dimension] = curves[voxel, dimension]
            here.weight[dimension] = best.weight[dimension] = weights[row, dimension]
        beside, total = squares[0, voxel], squares[1, voxel]
        if _fit(box, table, lattice, row, beside, total, here, best, valleys):
            _polish(box, table, beside, here, best)
        _keep(box, freedom[row], best, found, voxel)
        found[12, voxel] = 1.0 if _is_ambiguous(freedom[row], best, valleys) else 0.0


@_inlined
@no_type_check
def _descent(dimensions):
    """Room for the steps of a curve."""
    return Descent(
        np.zeros(dimensions), np.zeros(dimensions), np.zeros((6, dimensions)), np.zeros(4),
        np.zeros(4), np.zeros((4, 4)), np.zeros(4), np.zeros((4, 4)), np.zeros(4),
        np.zeros((4, 4)), np.zeros(4), np.zeros((4, 4)), np.zeros(4), np.zeros(4),
        np.zeros(4, np.bool_), np.zeros(4), np.zeros((4, 4)), np.zeros(4), np.zeros(4),
        np.full(2, np.nan),
    )  # fmt: skip


@_inlined
@no_type_check
def _valleys(table, lattice):
    scanned, tissues = len(table.scanned), lattice.squares.shape[1]
    return Valleys(
        np.zeros(scanned), np.zeros((scanned, scanned)), np.zeros(VALLEYS),
        np.zeros(VALLEYS, np.int64), np.zeros(VALLEYS, np.int64), np.zeros(VALLEYS),
        np.zeros(VALLEYS, np.bool_), np.zeros((VALLEYS, 4)), np.zeros(SUMMITS),
        np.zeros(SUMMITS, np.int64), np.zeros(SUMMITS), np.zeros(tissues), np.zeros(tissues),
        np.zeros(scanned + 1),
    )  # fmt: skip


@_compiled
@no_type_check
def _fit(box, table, lattice, row, beside, squares, here, best, valleys):
    """Put the lowest minimum in `best`; whether bounds have a say in where it is."""
    best.state[0] = np.inf
    _scan(box, table, row, here, valleys)
    for valley in range(VALLEYS):
        valleys.floor[valley] = valleys.depth[valley] = np.inf
        if valleys.slow[valley] >= 0:
            here.trial[0] = np.log(table.rates[valleys.fast[valley]] + box.offset)
            here.trial[1] = np.log(table.rates[valleys.slow[valley]] + box.offset)
            floor = _descend_rates(box, table, beside, squares, valley == VALLEYS - 1, here)
            for _ in range(RETURNS):
                if not _missing(box, table, row, floor, here):
                    break
                floor = _descend_rates(box, table, beside, squares, False, here)
            valleys.floor[valley] = valleys.depth[valley] = floor
            valleys.within[valley] = _tissue(box, here)
            for parameter in range(4):
                valleys.tissues[valley, parameter] = here.values[parameter]
    within, floor, deepest = True, np.inf, 0
    for valley in range(VALLEYS):
        if valleys.floor[valley] < floor:
            floor, deepest = valleys.floor[valley], valley
    if not box.returns and not valleys.within[deepest]:
        _fit_uptake(box, table, row, beside, squares, here, best, valleys)
        if _in_table(table, best):
            return True
        best.state[0] = np.inf
    for _ in range(VALLEYS):
        lowest = 0
        for valley in range(1, VALLEYS):
            if valleys.floor[valley] < valleys.floor[lowest]:
                lowest = valley
        if not valleys.floor[lowest] < best.state[0]:
            break
        for parameter in range(4):
            here.values[parameter] = valleys.tissues[lowest, parameter]
        new = valleys.within[lowest] or _descend(box, table, beside, squares, True, here, best)
        if new:
            _descend(box, table, beside, squares, False, here, best)
            _keep_lower(here, best)
        if valleys.within[lowest]:
            break
        valleys.floor[lowest], within = np.inf, False
    if within or best.state[0] <= (1 + AS_LOW) * floor:
        return not within
    _fit_lattice(box, table, lattice, row, beside, squares, here, best, valleys)
    return True


@_compiled
@no_type_check
def _fit_lattice(box, table, lattice, row, beside, squares, here, best, valleys):
    """Put the lowest minimum within the bounds in `best`, if it is lower, from a lattice's best."""
    _scan_lattice(lattice, row, here, valleys)
    _start_without_exchange(box, table, row, here, valleys)
    if _descend(box, table, beside, squares, True, here, best):
        _descend(box, table, beside, squares, False, here, best)
        _keep_lower(here, best)
    for summit in range(SUMMITS if box.returns else SUMMITS - 1):
        if valleys.tissue[summit] >= 0:
            for parameter in range(4):
                here.values[parameter] = (
                    valleys.scale[summit] * lattice.tissues[parameter, valleys.tissue[summit]]
                )
            if _descend(box, table, beside, squares, True, here, best):
                _descend(box, table, beside, squares, False, here, best)
                _keep_lower(here, best)


@_compiled
@no_type_check
def _fit_uptake(box, table, row, beside, squares, here, best, valleys):
    """The same of uptake, along its rate."""
    _scan_uptake(box, table, row, squares, valleys)
    for summit in range(SUMMITS):
        node = valleys.tissue[summit]
        if node < 0:
            break
        sse = squares - _start_uptake(box, table, row, node, here, valleys)
        if sse < (1 + NEAR) * best.state[0]:
            _descend(box, table, beside, squares, False, here, best)
            _keep_lower(here, best)
    last = len(table.scanned) - 1
    if squares - valleys.uptake[last] < (1 + HOPELESS) * best.state[0]:
        _start_uptake(box, table, row, last, here, valleys)
        here.values[VP] = box.low[VP]  # where no rate leads
        _descend(box, table, beside, squares, False, here, best)
        _keep_lower(here, best)


@_compiled
@no_type_check
def _in_table(table, best):
    """Whether uptake's rate lies within the table, beyond which columns are not exact."""
    values = best.values
    if not best.state[0] < np.inf:
        return False
    return values[VP] == 0 or values[FP] + values[PS] <= table.rates[-1] * values[VP]


@_compiled
@no_type_check
def _is_ambiguous(freedom, best, valleys):
    """Whether another valley with quite another flow is as deep, within two standard errors."""
    for valley in range(VALLEYS):
        flow, other = best.values[FP], valleys.tissues[valley, FP]
        as_deep = valleys.depth[valley] <= best.state[0] * (1 + 4 / freedom)
        if as_deep and abs(flow - other) > 0.5 * max(flow, other):
            return True
    return False


@_compiled
@no_type_check
def _start_without_exchange(box, table, row, here, valleys):
    """Put plasma alone, of the best scanned rate, in `here.values`, within the bounds."""
    alone = 1
    for node in range(2, len(table.scanned)):
        if valleys.gain[node, node] > valleys.gain[alone, alone]:
            alone = node
    rate, values = table.rates[alone], here.values
    flow = max(valleys.toward[alone], 0.0) * table.inverse_length[row, alone] * (rate + box.offset)
    values[FP] = _clip(flow, box.low[FP], box.high[FP])
    values[VP] = _clip(flow / rate, box.low[VP], box.high[VP])
    values[PS], values[VE] = box.low[PS], box.low[VE]


@_compiled
@no_type_check
def _keep_lower(here, best):
    if not best.state[0] <= here.state[0]:
        for parameter in range(4):
            best.values[parameter] = here.values[parameter]
            for other in range(4):
                best.normal[parameter, other] = here.normal[parameter, other]
        for part in range(4):
            best.state[part] = here.state[part]


@_compiled
@no_type_check
def _at_bound(box, best):
    """Whether a bound holds a parameter."""
    for parameter in range(box.fitted):
        value = best.values[parameter]
        if value <= box.low[parameter] or value >= box.high[parameter]:
            return True
    return False


@_compiled
@no_type_check
def _scan(box, table, row, here, valleys):
    """The deepest valleys of the sum of squares over pairs of scanned rates.

    `gain` is what a pair takes off the curve's sum of squares; the pair of a rate with itself is
    that rate alone.
    """
    toward, gain, scanned = valleys.toward, valleys.gain, len(table.scanned)
    slow_end = scanned if box.returns else 1
    for node in range(scanned):
        product = 0.0
        for dimension in range(len(here.curve)):
            product += (
                table.scanned[node, dimension] * here.weight[dimension] * here.curve[dimension]
            )
        toward[node] = product * table.inverse_length[row, node]
        gain[node, node] = toward[node] * max(toward[node], 0.0)
    for fast in range(scanned):
        one = toward[fast]
        for slow in range(min(fast, slow_end)):
            other, cosine = toward[slow], table.cosine[row, fast, slow]
            first, second = one - cosine * other, other - cosine * one
            both = (one * first + other * second) * table.inverse_sine[row, fast, slow]
            alone = max(gain[fast, fast], gain[slow, slow])
            gain[fast, slow] = both if first > 0 and second > 0 else alone
    for valley in range(VALLEYS):
        valleys.depth[valley], valleys.slow[valley], valleys.fast[valley] = -1.0, -1, -1
    alone = 1
    for fast in range(1, scanned):
        if gain[fast, fast] > gain[alone, alone]:
            alone = fast
        for slow in range(min(fast, slow_end)):
            depth = gain[fast, slow]
            both = depth > gain[slow, slow] and (depth > gain[fast, fast] or not box.returns)
            if both and depth > valleys.depth[PAIRS - 1] and _is_valley(gain, fast, slow, slow_end):
                _put_valley(valleys, depth, fast, slow)
    last = VALLEYS - 1  # a rate alone may be the best between nodes and not at one
    if box.returns or valleys.slow[0] < 0:
        valleys.depth[last], valleys.slow[last], valleys.fast[last] = gain[alone, alone], 0, alone


@_compiled
@no_type_check
def _put_valley(valleys, depth, fast, slow):
    """Put a pair in its place among the deepest."""
    place = PAIRS - 1
    while place > 0 and depth > valleys.depth[place - 1]:
        valleys.depth[place] = valleys.depth[place - 1]
        valleys.slow[place] = valleys.slow[place - 1]
        valleys.fast[place] = valleys.fast[place - 1]
        place -= 1
    valleys.depth[place], valleys.slow[place], valleys.fast[place] = depth, slow, fast


@_compiled
@no_type_check
def _is_valley(gain, fast, slow, slow_end):
    """Whether no neighbouring pair takes off more."""
    for beside in range(max(fast - 1, 1), min(fast + 2, len(gain))):
        for below in range(max(slow - 1, 0), min(slow + 2, beside, slow_end)):
            if gain[beside, below] > gain[fast, slow]:
                return False
    return True


@_compiled
@no_type_check
def _descend_rates(box, table, beside, squares, alone, here):
    """Newton's steps of both rates, the amplitudes projected out, from `here.trial`.

    With the first rate `alone` the other's amplitude stays 0. What stays is in `here.values`:
    amplitudes of both columns and their positions.
    """
    values, trial = here.values, here.trial
    low, high = table.first, table.first + table.step * (len(table.polynomials) - 1) + BEYOND
    sse = _look_rates(table, beside, alone, here)
    damping = FIRST_DAMPING
    for _ in range(STEPS):
        for part in range(2):
            values[part], values[2 + part] = here.amplitude[part], trial[part]
        a, b, c = here.normal[0, 0], here.normal[1, 0], here.normal[1, 1]
        first_slope, second_slope = here.slope[0], here.slope[1]
        for _ in range(MOST_TRIES):
            first_held = (
                not a > 0
                or (values[2] <= low and first_slope > 0)
                or (values[2] >= high and first_slope < 0)
            )
            second_held = (
                not c > 0
                or not box.returns
                or (values[3] <= low and second_slope > 0)
                or (values[3] >= high and second_slope < 0)
            )
            one, other = a * (1 + damping), c * (1 + damping)
            first, second = 0.0, 0.0
            if not first_held and not second_held:
                determinant = one * other - b * b
                first = (b * second_slope - other * first_slope) / determinant
                second = (b * first_slope - one * second_slope) / determinant
            elif not first_held:
                first = -first_slope / one
            elif not second_held:
                second = -second_slope / other
            longest = max(abs(first), abs(second))
            if longest > LONGEST:
                first *= LONGEST / longest
                second *= LONGEST / longest
            trial[0] = _clip(values[2] + first, low, high)
            trial[1] = _clip(values[3] + second, low, high)
            merging = (
                values[0] > 0
                and values[1] > 0
                and (
                    (values[2] - values[3]) * (trial[0] - trial[1]) <= 0
                    or abs(trial[0] - trial[1]) < APART
                )
            )
            if merging:  # towards one rate alone, from which steps go as well
                damping = max(10 * damping, 1.0)
                continue
            promised = first_slope * (values[2] - trial[0]) + second_slope * (values[3] - trial[1])
            if not promised > LITTLE * sse + NOTHING * squares:
                if damping > FIRST_DAMPING:
                    return sse
                there = _look_rates(table, beside, alone, here)
                for part in range(2):
                    values[part], values[2 + part] = here.amplitude[part], trial[part]
                return there
            there = _look_rates(table, beside, alone, here)
            if there < sse:
                sse = there
                damping *= EASE
                break
            damping *= TIGHTEN
        else:
            return sse
    return sse


@_compiled
@no_type_check
def _missing(box, table, row, sse, here):
    """Whether an exponential is missing that would take more off the sum of squares, beside one.

    Then `here.trial` holds the position of that one, and of the scanned rate that is missed most.
    """
    values, terms = here.values, here.terms
    if values[0] > 0 and values[1] > 0:
        return False
    alone = 0 if values[0] > 0 else 1
    _columns(table, values[2 + alone], here.at[1], here)
    best, missed = PROMISE * sse, -1
    for node in range(len(table.scanned) if box.returns or alone == 1 else 1):
        product = 0.0
        for dimension in range(len(here.curve)):
            residual = here.curve[dimension] - values[alone] * terms[0, dimension]
            product += table.scanned[node, dimension] * here.weight[dimension] * residual
        product *= table.inverse_length[row, node]
        if product > 0 and product * product > best:
            best, missed = product * product, node
    if missed < 0:
        return False
    here.trial[alone] = values[2 + alone]
    here.trial[1 - alone] = np.log(table.rates[missed] + box.offset)
    return True


@_compiled
@no_type_check
def _look_rates(table, beside, alone, here):
    """The lowest sum of squares at the positions `here.trial`; its slope and bend over them.

    The bend is that of the projected sum of squares (exact where that is positive), in the first
    two rows of `here.normal`; half the slope is in `here.slope`. The amplitudes are in
    `here.amplitude`.
    """
    terms, curve = here.terms, here.curve
    _columns(table, here.trial[0], here.trial[1], here)
    m1, m2, g11, g12, g22 = 0.0, 0.0, 0.0, 0.0, 0.0
    for dimension in range(len(curve)):
        u = here.weight[dimension] * terms[0, dimension]
        p = here.weight[dimension] * terms[3, dimension]
        m1 += u * curve[dimension]
        m2 += p * curve[dimension]
        g11 += u * terms[0, dimension]
        g12 += u * terms[3, dimension]
        g22 += p * terms[3, dimension]
    determinant = g11 * g22 - g12 * g12
    first, second = (m1 * g22 - m2 * g12) / determinant, (m2 * g11 - m1 * g12) / determinant
    if alone or not (first > 0 and second > 0):
        first, second = max(m1 / g11, 0.0), max(m2 / g22, 0.0)
        if alone or first * m1 >= second * m2:
            second = 0.0
        else:
            first = 0.0
    here.amplitude[0], here.amplitude[1] = first, second
    sse, bv, bw, bq, bz = beside, 0.0, 0.0, 0.0, 0.0
    uv, uq, pv, pq, vv, vq, qq = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for dimension in range(len(curve)):
        u, v = terms[0, dimension], terms[1, dimension]
        p, q = terms[3, dimension], terms[4, dimension]
        weight = here.weight[dimension]
        residual = curve[dimension] - first * u - second * p
        sse += weight * residual * residual
        residual *= weight
        bv += v * residual
        bw += terms[2, dimension] * residual
        bq += q * residual
        bz += terms[5, dimension] * residual
        v_weighted, q_weighted = weight * v, weight * q
        uv += u * v_weighted
        uq += u * q_weighted
        pv += p * v_weighted
        pq += p * q_weighted
        vv += v * v_weighted
        vq += v * q_weighted
        qq += q * q_weighted
    # rows: amplitudes of the two columns; what a step of either position does to their slopes
    bent = 1.0
    for _ in range(2):
        one_one, one_two = first * uv - bent * bv, second * uq
        two_one, two_two = first * pv, second * pq - bent * bq
        a = first * first * vv - bent * first * bw
        b, c = first * second * vq, second * second * qq - bent * second * bz
        if first > 0 and second > 0:
            x1 = (g22 * one_one - g12 * two_one) / determinant
            x2 = (g11 * two_one - g12 * one_one) / determinant
            y1 = (g22 * one_two - g12 * two_two) / determinant
            y2 = (g11 * two_two - g12 * one_two) / determinant
            a -= one_one * x1 + two_one * x2
            b -= one_two * x1 + two_two * x2
            c -= one_two * y1 + two_two * y2
        elif first > 0:
            a -= one_one * one_one / g11
        else:
            c -= two_two * two_two / g22
        if (
            (first == 0 or a > 0)
            and (second == 0 or c > 0)
            and (first == 0 or second == 0 or a * c > b * b)
        ):
            break
        bent = 0.0  # not a valley here: the bend without the residuals' part always is one
    here.normal[0, 0], here.normal[1, 0], here.normal[1, 1] = a, b, c
    here.slope[0], here.slope[1] = -first * bv, -second * bq
    return sse


@_compiled
@no_type_check
def _one_exponential(box, flow, volume, values):
    """Put a tissue in `values` whose one volume is more than plasma may have; if it is that tissue.

    Without return and without a rate, it is all extracted and plasma has no volume. With return,
    exchange is so fast that plasma and interstitium are one.
    """
    if box.returns:
        values[FP], values[PS], values[VP] = flow, box.high[PS], box.high[VP]
        values[VE] = volume - box.high[VP]
        return False
    values[FP], values[VP] = box.high[FP], box.low[VP]
    kept = box.high[FP] - flow
    values[PS] = flow * box.high[FP] / kept if kept > 0 else box.high[PS]
    return box.low[VP] == 0 and volume > UPTAKE


@_compiled
@no_type_check
def _tissue(box, here):
    """Put the tissue of amplitudes and positions in `here.values`, in its box; if it was there."""
    values = here.values
    fast_rate, slow_rate = np.exp(values[2]) - box.offset, np.exp(values[3]) - box.offset
    first, second = values[0] * (fast_rate + box.offset), values[1] * (slow_rate + box.offset)
    if slow_rate > fast_rate:
        first, second, fast_rate, slow_rate = second, first, slow_rate, fast_rate
    slow_rate = max(slow_rate, 0.0)
    flow = max(first + second, LEAST)
    washing = max((first * fast_rate + second * slow_rate) / flow, LEAST)
    returning = fast_rate * slow_rate / washing
    leaving = max(fast_rate + slow_rate - washing - returning, 0.0)
    values[FP], values[VP] = flow, flow / washing
    values[PS] = leaving * values[VP]
    values[VE] = values[PS] / returning if returning > 0 else box.high[VE]
    within = returning > 0 or values[PS] == 0 or not box.returns
    if not (first > 0 and second > 0):
        within = True
        values[PS], values[VE] = 0.0, box.low[VE]
        if values[VP] > box.high[VP]:
            within = _one_exponential(box, flow, flow / washing, values)
    for parameter in range(box.fitted):
        inside = _clip(values[parameter], box.low[parameter], box.high[parameter])
        within &= inside == values[parameter]
        values[parameter] = inside
    return within


@_compiled
@no_type_check
def _clip(value, low, high):
    return min(max(value, low), high)


@_compiled
@no_type_check
def _scan_lattice(lattice, row, here, valleys):
    """The best tissues of the lattice that no neighbour is better than, and their scales."""
    gain, curves = valleys.lattice_gain, lattice.curves
    for tissue in range(len(gain)):
        product = 0.0
        for dimension in range(len(here.curve)):
            product += curves[tissue, dimension] * here.weight[dimension] * here.curve[dimension]
        squares = lattice.squares[row, tissue]
        scale = _clip(product / squares, lattice.least[tissue], lattice.most[tissue])
        gain[tissue], valleys.lattice_scale[tissue] = scale * (2 * product - scale * squares), scale
    for place in range(SUMMITS):
        valleys.best[place], valleys.tissue[place], valleys.scale[place] = -np.inf, -1, 0.0
    for tissue in range(len(gain)):
        if gain[tissue] > valleys.best[SUMMITS - 1] and _is_summit(lattice, gain, tissue):
            place = SUMMITS - 1
            while place > 0 and gain[tissue] > valleys.best[place - 1]:
                valleys.best[place] = valleys.best[place - 1]
                valleys.tissue[place] = valleys.tissue[place - 1]
                valleys.scale[place] = valleys.scale[place - 1]
                place -= 1
            valleys.best[place], valleys.tissue[place] = gain[tissue], tissue
            valleys.scale[place] = valleys.lattice_scale[tissue]


@_compiled
@no_type_check
def _scan_uptake(box, table, row, squares, valleys):
    """The scanned rates at which uptake within the bounds takes off most.

    A rate whose best amplitudes without bounds do worse than another's within them is left out.
    """
    for place in range(SUMMITS):
        valleys.best[place], valleys.tissue[place] = -np.inf, -1
    within, last, best = valleys.uptake, len(table.scanned), -np.inf
    within[0] = within[last] = -np.inf
    for node in range(1, last):
        within[node] = -np.inf
        bound = max(valleys.gain[node, 0], valleys.gain[node, node], valleys.gain[0, 0])
        if squares - bound < (1 + HOPELESS) * (squares - best):
            within[node], _, _, _ = _scanned_uptake(box, table, row, node, valleys)
            best = max(best, within[node])
    for node in range(1, last):
        if within[node] > within[node - 1] and within[node] >= within[node + 1]:
            place = SUMMITS
            while place > 0 and within[node] > valleys.best[place - 1]:
                place -= 1
                if place + 1 < SUMMITS:
                    valleys.best[place + 1] = valleys.best[place]
                    valleys.tissue[place + 1] = valleys.tissue[place]
            if place < SUMMITS:
                valleys.best[place], valleys.tissue[place] = within[node], node


@_compiled
@no_type_check
def _scanned_uptake(box, table, row, node, valleys):
    """The most that uptake at a scanned rate takes off the sum of squares, its flow and share."""
    rate = table.rates[node]
    washed = 1 / ((rate + box.offset) * table.inverse_length[row, node])
    kept = 1 / (box.offset * table.inverse_length[row, 0])
    toward, cosine = valleys.toward, table.cosine[row, node, 0]
    return _best_uptake(box, rate, toward[node], toward[0], washed, kept, cosine)


@_compiled
@no_type_check
def _best_uptake(box, rate, one, other, washed, kept, cosine):
    """The same from the products of both columns with the curve and with each other.

    At a rate the bounds leave a convex region of the amplitudes, so over the flow the most rises
    and falls once: to where its slope is 0 lead Newton's steps, between flows on either side.
    """
    high = min(box.high[FP], box.high[VP] * rate)
    low = max(box.low[FP], NEARLY_NONE * high)
    gain, slope, _, share, volume = _uptake_gain(box, rate, high, one, other, washed, kept, cosine)
    if slope >= 0:
        return gain, high, share, volume
    gain, slope, _, share, volume = _uptake_gain(box, rate, low, one, other, washed, kept, cosine)
    if slope <= 0:
        return gain, low, share, volume
    free = 1 - cosine * cosine
    flow = ((one - cosine * other) / washed + (other - cosine * one) / kept) / free
    if not low < flow < high:
        flow = np.sqrt(low * high)
    for _ in range(NEWTONS):
        gain, slope, bend, share, volume = _uptake_gain(
            box, rate, flow, one, other, washed, kept, cosine
        )
        if slope > 0:
            low = flow
        else:
            high = flow
        step = slope / bend
        if abs(step) < SURE * flow:
            break
        flow += step
        if not low < flow < high:
            flow = np.sqrt(low * high)
    return gain, flow, share, volume


@_inlined
@no_type_check
def _uptake_gain(box, rate, flow, one, other, washed, kept, cosine):
    """What uptake takes off the sum of squares, half its slope and bend over the flow, its share.

    And the volume that bounds this, if one does. At a rate and a flow the bounds leave an interval
    of the extracted share, over which the sum of squares is a parabola.
    """
    apart = washed * washed + kept * kept - 2 * washed * kept * cosine
    share = ((kept * other - washed * one) / flow + washed * (washed - kept * cosine)) / apart
    by_flow, bounded, volume = 0.0, False, 0.0
    least = box.low[PS] / (box.low[PS] + flow)
    if share < least:
        share, by_flow, bounded = least, -least / (box.low[PS] + flow), True
    if box.low[VP] > 0 and share < 1 - flow / (box.low[VP] * rate):
        by_flow, bounded, volume = -1 / (box.low[VP] * rate), True, box.low[VP]
        share = 1 + flow * by_flow
    most = box.high[PS] / (box.high[PS] + flow)
    if share > most:
        share, by_flow, bounded, volume = most, -most / (box.high[PS] + flow), True, 0.0
    if share > 1 - flow / (box.high[VP] * rate):
        by_flow, bounded, volume = -1 / (box.high[VP] * rate), True, box.high[VP]
        share = 1 + flow * by_flow
    a, b = flow * (1 - share) * washed, flow * share * kept
    gain = a * (2 * one - a) + b * (2 * other - b) - 2 * a * b * cosine
    by_a, by_b = (1 - share - flow * by_flow) * washed, (share + flow * by_flow) * kept
    slope = (one - a - b * cosine) * by_a + (other - b - a * cosine) * by_b
    bend = by_a * by_a + by_b * by_b + 2 * by_a * by_b * cosine
    if not bounded:  # the share follows
        along = by_b * kept - by_a * washed + cosine * (by_a * kept - by_b * washed)
        bend -= along * along / apart
    return gain, slope, bend, share, volume


@_compiled
@no_type_check
def _uptake_at(box, table, row, position, here, valleys):
    """The same at any log(rate + offset), with half its slope over that."""
    _column(table, position, here.terms, 0)
    here.at[0] = np.nan
    one, own, both = 0.0, 0.0, 0.0
    for dimension in range(len(here.curve)):
        weighted = here.terms[0, dimension] * here.weight[dimension]
        one += weighted * here.curve[dimension]
        own += weighted * here.terms[0, dimension]
        both += weighted * table.scanned[0, dimension]
    length, shifted = np.sqrt(own), np.exp(position)
    rate, kept = shifted - box.offset, 1 / (box.offset * table.inverse_length[row, 0])
    gain, flow, share, volume = _best_uptake(
        box, rate, one / length, valleys.toward[0], length / shifted, kept,
        both * table.inverse_length[row, 0] / length,
    )  # fmt: skip
    first, second = flow * (1 - share) / shifted, flow * share / box.offset
    by_rate, by_first, by_second = 0.0, 0.0, 0.0
    for dimension in range(len(here.curve)):
        u, stays = here.terms[0, dimension], table.scanned[0, dimension]
        residual = here.weight[dimension] * (here.curve[dimension] - first * u - second * stays)
        by_rate += residual * (here.terms[1, dimension] - u)
        by_first += residual * u
        by_second += residual * stays
    slope = first * by_rate
    if volume > 0:  # the bound of the share goes with the rate
        by_share = flow * (by_second / box.offset - by_first / shifted)
        slope += by_share * flow * shifted / (volume * rate * rate)
    return gain, slope, flow, share


@_compiled
@no_type_check
def _start_uptake(box, table, row, node, here, valleys):
    """Put the best uptake near a scanned rate in `here.values`; what it takes off.

    Along the rate the sum of squares is a valley of one dimension: where its slope is 0 is sought
    by secants between two rates on either side.
    """
    at = np.log(table.rates[node] + box.offset)
    top, slope, flow, share = _uptake_at(box, table, row, at, here, valleys)
    other = at + FARTHER
    if slope < 0:
        other = np.log(table.rates[node - 1] + box.offset)
    elif node + 1 < len(table.rates):
        other = np.log(table.rates[node + 1] + box.offset)
    far = -slope
    if slope > 0 or node > 1:  # at a rate of 0 uptake is not told from what stays
        _, far, _, _ = _uptake_at(box, table, row, other, here, valleys)
    for _ in range(SECANTS if slope * far < 0 else 0):
        tried = at + (other - at) * slope / (slope - far)
        gain, there, flow, share = _uptake_at(box, table, row, tried, here, valleys)
        moved = abs(tried - at)
        if there * slope > 0:
            far /= 2
        else:
            other, far = at, slope
        at, top, slope = tried, gain, there
        if moved < STILL or slope == 0:
            break
    values = here.values
    values[FP] = _clip(flow, box.low[FP], box.high[FP])
    values[PS] = _clip(flow * share / (1 - share), box.low[PS], box.high[PS])
    volume = flow / ((1 - share) * (np.exp(at) - box.offset))
    values[VP] = _clip(volume, box.low[VP], box.high[VP])
    values[VE] = box.low[VE]
    return top


@_compiled
@no_type_check
def _is_summit(lattice, gain, tissue):
    """Whether no neighbour along an axis of the lattice takes off more."""
    stride = len(gain)
    for axis in range(4):
        count = lattice.shape[axis]
        stride //= count
        place = tissue // stride % count
        if place > 0 and gain[tissue - stride] > gain[tissue]:
            return False
        if place < count - 1 and gain[tissue + stride] > gain[tissue]:
            return False
    return True


@_compiled
@no_type_check
def _descend(box, table, beside, squares, by_factors, here, best):
    """Marquardt's steps from `here.values`, within the bounds, until none is worth it.

    `by_factors`: of the logarithms of the parameters, in which long curved valleys are straighter;
    their lowest values are then just above 0. Gives whether they led elsewhere than to `best`.
    """
    values, trial, state = here.values, here.trial, here.state
    for parameter in range(4):
        trial[parameter] = values[parameter]
        if by_factors:
            trial[parameter] = max(values[parameter], NEARLY_NONE * box.high[parameter])
    if not by_factors and trial[PS] <= 10 * NEARLY_NONE * box.high[PS]:
        trial[VE] = box.high[VE]  # of no consequence yet, and most room for the next step
    state[0] = _look(box, table, beside, here)
    _accept(here)
    damping, state[1] = FIRST_DAMPING, 0.0
    for _ in range(STEPS):
        if damping > MOST_DAMPING:
            state[1] = 1.0
            return True
        promised = _step(box, damping, by_factors, here)
        enough = (COARSE if by_factors else PROMISE) * state[0] + NOTHING * squares
        if not promised > enough:
            if _worth(box, here) <= enough:
                state[1] = 1.0
                return not (by_factors and state[0] > (1 + HOPELESS) * best.state[0])
            damping *= TIGHTEN  # bounds bent the step: a shorter one, down the slope
            continue
        hopeless = state[0] - AHEAD * promised > best.state[0]
        if by_factors and damping <= FIRST_DAMPING and hopeless:
            return False
        there = _look(box, table, beside, here)
        if there < state[0]:
            state[0] = there
            _accept(here)
            damping *= EASE
            if by_factors and _nears(box, here, best):
                return False
        else:
            damping *= TIGHTEN
    return True


@_compiled
@no_type_check
def _polish(box, table, beside, here, best):
    """Steps without damping from `best` until none moves it, for the sum of squares is flat there.

    So what is found depends on the curve alone, and not on where the search came from.
    """
    for parameter in range(4):
        here.trial[parameter] = best.values[parameter]
    here.state[0], here.state[1] = _look(box, table, beside, here), best.state[1]
    for _ in range(POLISHINGS):
        _accept(here)
        _step(box, 0.0, False, here)
        moved = 0.0
        for parameter in range(box.fitted):
            step = abs(here.trial[parameter] - here.values[parameter])
            moved = max(moved, step / max(abs(here.values[parameter]), LEAST))
        here.state[0] = _look(box, table, beside, here)
        if moved < STILL:
            break
    if here.state[0] <= (1 + PROMISE) * best.state[0]:
        _accept(here)
        best.state[0] = np.inf
        _keep_lower(here, best)


@_compiled
@no_type_check
def _nears(box, here, best):
    """Whether steps near the best minimum yet from above: then they end there."""
    if not abs(here.state[0] - best.state[0]) < NEAR * best.state[0]:
        return False
    for parameter in range(box.fitted):
        apart = abs(here.values[parameter] - best.values[parameter])
        if not apart <= NEAR_VALUE * best.values[parameter] + NEAR * box.high[parameter]:
            return False
    return here.state[0] >= best.state[0]


@_compiled
@no_type_check
def _accept(here):
    """Take the trial as the place where we are."""
    for parameter in range(4):
        here.values[parameter] = here.trial[parameter]
        here.slope[parameter] = here.trial_slope[parameter]
        for other in range(4):
            here.normal[parameter, other] = here.trial_normal[parameter, other]


@_compiled
@no_type_check
def _step(box, damping, by_factors, here):
    """Put Marquardt's step, within the bounds, in `here.trial`; what its slope promises.

    A parameter that would step beyond a bound stops there, and the others' step is sought again
    beside it.
    """
    values, step, free, scale = here.values, here.step, here.free, here.scale
    for parameter in range(box.fitted):
        length = here.normal[parameter, parameter]
        low = max(box.low[parameter], NEARLY_NONE * box.high[parameter] * by_factors)
        held = (values[parameter] <= low and here.slope[parameter] > 0) or (
            values[parameter] >= box.high[parameter] and here.slope[parameter] < 0
        )
        free[parameter] = not held and length > 0
        scale[parameter] = 1 / np.sqrt(length) if length > 0 else 0.0
        step[parameter] = 0.0
    for _ in range(box.fitted):
        _solve(box, damping, here)
        inside = True
        for parameter in range(box.fitted):
            if not free[parameter]:
                continue
            value, high = values[parameter], box.high[parameter]
            low = max(box.low[parameter], NEARLY_NONE * high * by_factors)
            least, most = low - value, high - value
            if by_factors:  # a step of the logarithm is the step over the value
                least = value * max(np.log(low / value), -FARTHEST)
                most = value * min(np.log(high / value), FARTHEST)
            wanted = step[parameter]
            step[parameter] = _clip(wanted, least, most)
            if step[parameter] != wanted:
                free[parameter], inside = False, False
        if inside:
            break
    promised = 0.0
    for parameter in range(box.fitted):
        value, high = values[parameter], box.high[parameter]
        low = max(box.low[parameter], NEARLY_NONE * high * by_factors)
        moved = value + step[parameter]
        if by_factors:
            moved = value * np.exp(step[parameter] / value)
        here.trial[parameter] = _clip(moved, low, high)
        promised -= here.slope[parameter] * step[parameter]
    return promised


@_compiled
@no_type_check
def _worth(box, here):
    """What a step of one parameter alone would take off the sum of squares, within the bounds."""
    worth = 0.0
    for parameter in range(box.fitted):
        slope, length = here.slope[parameter], here.normal[parameter, parameter]
        room = here.values[parameter] - box.low[parameter]
        if slope < 0:
            room = box.high[parameter] - here.values[parameter]
        if length > 0:
            worth = max(worth, min(slope * slope / length, 2 * abs(slope) * room))
    return worth


@_compiled
@no_type_check
def _solve(box, damping, here):
    """Put Marquardt's step of the free parameters beside that of the others in `here.step`."""
    free, scale, factor, wanted, step = here.free, here.scale, here.factor, here.wanted, here.step
    for row in range(box.fitted):
        wanted[row] = 0.0
        if free[row]:
            wanted[row] = -here.slope[row]
            for column in range(box.fitted):
                if not free[column]:
                    wanted[row] -= here.normal[row, column] * step[column]
            wanted[row] *= scale[row]
        for column in range(row + 1):
            total = 0.0
            if free[row] and free[column]:
                total = here.normal[row, column] * scale[row] * scale[column]
            if row == column:
                total = total + damping if free[row] else 1.0
            for before in range(column):
                total -= factor[row, before] * factor[column, before]
            if row == column:
                factor[row, row] = np.sqrt(max(total, SINGULAR))
            else:
                factor[row, column] = total / factor[column, column]
    for row in range(box.fitted):
        for before in range(row):
            wanted[row] -= factor[row, before] * wanted[before]
        wanted[row] /= factor[row, row]
    for back in range(box.fitted):
        row = box.fitted - 1 - back
        for after in range(row + 1, box.fitted):
            wanted[row] -= factor[after, row] * wanted[after]
        wanted[row] /= factor[row, row]
        if free[row]:
            step[row] = wanted[row] * scale[row]


@_compiled
@no_type_check
def _look(box, table, beside, here):
    """The sum of squares at `here.trial`; half its slope and J' W J go to the trial's."""
    terms, gram, toward = here.terms, here.gram, here.toward
    _rates(box, here)
    first, second = here.amplitude[0], here.amplitude[1]
    _columns(table, here.amplitude[2], here.amplitude[3], here)
    for one in range(4):
        toward[one] = 0.0
        for other in range(one + 1):
            gram[one, other] = 0.0
    sse, b0, b1, b2, b3 = beside, 0.0, 0.0, 0.0, 0.0
    g00, g10, g11, g20, g21, g22, g30, g31, g32, g33 = (
        0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
    )  # fmt: skip
    for dimension in range(len(here.curve)):
        u, v = terms[0, dimension], terms[1, dimension]
        p, q = terms[3, dimension], terms[4, dimension]
        residual = here.curve[dimension] - first * u - second * p
        weight = here.weight[dimension]
        sse += weight * residual * residual
        residual *= weight
        b0 += u * residual
        b1 += v * residual
        b2 += p * residual
        b3 += q * residual
        u *= weight
        g00 += u * terms[0, dimension]
        g10 += u * v
        g20 += u * p
        g30 += u * q
        p *= weight
        g21 += p * v
        g22 += p * terms[3, dimension]
        g32 += p * q
        v *= weight
        g11 += v * terms[1, dimension]
        g31 += v * q
        g33 += weight * q * q
    toward[0], toward[1], toward[2], toward[3] = b0, b1, b2, b3
    gram[0, 0], gram[1, 0], gram[1, 1], gram[2, 0] = g00, g10, g11, g20
    gram[2, 1], gram[2, 2], gram[3, 0], gram[3, 1] = g21, g22, g30, g31
    gram[3, 2], gram[3, 3] = g32, g33
    for one in range(4):
        for other in range(one):
            gram[other, one] = gram[one, other]
    for parameter in range(box.fitted):
        slope = 0.0
        for one in range(4):
            slope -= here.by[parameter, one] * toward[one]
        here.trial_slope[parameter] = slope
        for other in range(parameter + 1):
            total = 0.0
            for one in range(4):
                inner = 0.0
                for two in range(4):
                    inner += gram[one, two] * here.by[other, two]
                total += here.by[parameter, one] * inner
            here.trial_normal[parameter, other] = here.trial_normal[other, parameter] = total
    return sse


@_compiled
@no_type_check
def _rates(box, here):
    """Amplitudes of the two columns and log(rate + offset) of both, and how the curve depends.

    `here.by` holds, for every parameter, what its change adds of the fast column, of its
    derivative by log(rate + offset), and of the slow column and its derivative.
    """
    flow, exchange = here.trial[FP], here.trial[PS]
    plasma = max(here.trial[VP], LEAST)
    back = 1 / here.trial[VE] if box.returns else 0.0
    washing, leaving, returning = flow / plasma, exchange / plasma, exchange * back
    away = washing + leaving - returning
    apart = np.sqrt(max(away * away + 4 * leaving * returning, LEAST * LEAST))
    total = washing + leaving + returning
    fast = (total + apart) / 2
    slow = washing * returning / fast
    share = (washing - slow) / apart
    first, second = flow * share, flow * (1 - share)
    fast_shifted, slow_shifted = fast + box.offset, slow + box.offset
    here.amplitude[0], here.amplitude[1] = first / fast_shifted, second / slow_shifted
    here.amplitude[2], here.amplitude[3] = np.log(fast_shifted), np.log(slow_shifted)
    for parameter in range(box.fitted):
        if parameter == FP:
            by_flow, by_washing, by_total, by_product = (
                1.0,
                1 / plasma,
                1 / plasma,
                (returning / plasma),
            )
        elif parameter == PS:
            by_flow, by_washing, by_total, by_product = 0.0, 0.0, 1 / plasma + back, washing * back
        elif parameter == VP:
            by_flow, by_washing = 0.0, -washing / plasma
            by_total, by_product = -(washing + leaving) / plasma, -washing * returning / plasma
        else:
            by_flow, by_washing, by_total = 0.0, 0.0, -returning * back
            by_product = -washing * returning * back
        by_fast = (fast * by_total - by_product) / apart
        by_slow = (by_product - slow * by_total) / apart
        by_share = (by_washing - by_slow - share * (by_fast - by_slow)) / apart
        by_first = by_flow * share + flow * by_share
        by_second = by_flow - by_first
        by_fast, by_slow = by_fast / fast_shifted, by_slow / slow_shifted
        here.by[parameter, 0] = by_first / fast_shifted - here.amplitude[0] * by_fast
        here.by[parameter, 1] = here.amplitude[0] * by_fast
        here.by[parameter, 2] = by_second / slow_shifted - here.amplitude[1] * by_slow
        here.by[parameter, 3] = here.amplitude[1] * by_slow


@_inlined
@no_type_check
def _columns(table, first, second, here):
    """Put two columns with their derivatives in `here.terms`, where they are not there yet."""
    if first != here.at[0]:
        _column(table, first, here.terms, 0)
        here.at[0] = first
    if second != here.at[1]:
        _column(table, second, here.terms, 3)
        here.at[1] = second


@_compiled
@no_type_check
def _column(table, position, terms, at):
    """Put the column at log(rate + offset) = `position` and two derivatives in rows of `terms`.

    Beyond the last rate it nears the plasma curve as 1 / rate.
    """
    polynomials = table.polynomials
    last, powers = len(polynomials) - 1, polynomials.shape[1]
    steps = (position - table.first) / table.step
    node = min(max(int(steps + 0.5), 0), last)
    place = min(steps - node, 0.5)
    for dimension in range(terms.shape[1]):
        terms[at, dimension] = polynomials[node, powers - 1, dimension]
        terms[at + 1, dimension] = terms[at + 2, dimension] = 0.0
    for back in range(1, powers):
        power = powers - 1 - back
        for dimension in range(terms.shape[1]):
            value, slope = terms[at, dimension], terms[at + 1, dimension]
            terms[at + 2, dimension] = terms[at + 2, dimension] * place + slope
            terms[at + 1, dimension] = slope * place + value
            terms[at, dimension] = value * place + polynomials[node, power, dimension]
    if steps > last + 0.5:
        left = np.exp((last + 0.5 - steps) * table.step)
        for dimension in range(terms.shape[1]):
            beyond = (terms[at, dimension] - table.plasma[dimension]) * left
            terms[at, dimension] = table.plasma[dimension] + beyond
            terms[at + 1, dimension], terms[at + 2, dimension] = -beyond, beyond
    else:
        for dimension in range(terms.shape[1]):
            terms[at + 1, dimension] /= table.step
            terms[at + 2, dimension] *= 2 / (table.step * table.step)


@_compiled
@no_type_check
def _keep(box, freedom, best, found, voxel):
    """Put parameters, ktrans, their errors, the sum of squares and whether steps ended in `found`.

    The covariance is (J' W J)^-1 SSE / freedom; a parameter that the curve does not depend on has
    no error, and the others are what they are without it.
    """
    values, normal, factor, scale = best.values, best.normal, best.factor, best.scale
    variance = best.state[0] / freedom
    flow, exchange = values[FP], values[PS]
    outflow = max(flow + exchange, LEAST)
    by_flow, by_exchange = (exchange / outflow) ** 2, (flow / outflow) ** 2
    for parameter in range(box.fitted):
        found[parameter, voxel] = values[parameter]
    if box.returns and exchange == 0:
        found[VE, voxel] = box.low[VE]  # not determined, as in the models of one rate
    found[4, voxel] = flow * exchange / outflow
    found[10, voxel], found[11, voxel] = best.state[0], best.state[1]
    for row in range(box.fitted):
        length = normal[row, row]
        scale[row] = 1 / np.sqrt(length) if length > 0 else 0.0
        best.free[row] = True
        for column in range(row + 1):
            total = normal[row, column] * scale[row] * scale[column]
            for before in range(column):
                if best.free[before]:
                    total -= factor[row, before] * factor[column, before]
            if row == column:
                best.free[row] = total > SINGULAR
                factor[row, row] = np.sqrt(total) if best.free[row] else 1.0
            elif best.free[column]:
                factor[row, column] = total / factor[column, column]
            else:
                factor[row, column] = 0.0
    for parameter in range(box.fitted):
        found[5 + parameter, voxel] = np.nan
        if best.free[parameter]:
            for row in range(box.fitted):
                best.wanted[row] = scale[row] if row == parameter else 0.0
            spread = _spread(box, best)
            found[5 + parameter, voxel] = np.sqrt(spread * variance)
    if best.free[FP] and best.free[PS]:
        for row in range(box.fitted):
            best.wanted[row] = 0.0
        best.wanted[FP], best.wanted[PS] = by_flow * scale[FP], by_exchange * scale[PS]
        found[9, voxel] = np.sqrt(_spread(box, best) * variance)


@_compiled
@no_type_check
def _spread(box, best):
    """Gradient' (J' W J)^-1 gradient, the scaled gradient in `best.wanted`."""
    total = 0.0
    for row in range(box.fitted):
        if best.free[row]:
            for before in range(row):
                if best.free[before]:
                    best.wanted[row] -= best.factor[row, before] * best.wanted[before]
            best.wanted[row] /= best.factor[row, row]
            total += best.wanted[row] ** 2
    return total
