"""The search over the rate as machine code: curve by curve, without a call of torch in between.

It takes the steps of `scan`, `free`, `limited` and `rate_search`, which serve other devices: a scan
over the rates, Newton's method from the cells that may hold the lowest minimum, and a zoom where a
limit bends the slope. On a CPU one call of torch costs more than a whole curve does here.

No array is assigned to a slice of another: numba would compile the wording of a shape error for it,
which takes longer than all the rest.

All of it is in one file because compiled code is kept on disk and made anew when this file changes,
not when one that it imports does. `no_type_check` keeps the checks of shapes, which the tests put
around every function, out of it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, cast, no_type_check

import numpy as np
from numba import njit

from gadmap.fitting.compiled_types import Lanes, Tile
from gadmap.fitting.rate_grid import POLYNOMIALS, REACH, SCAN_STRIDE, STENCIL

TILE = 256  # curves whose samples and products stay in the cache
APART = 8  # more places than a row needs: rows a power of two apart share few lines of the cache
BLOCK = (2, 4)  # rows and frames that one step of the product takes
LANES = 32  # curves that take Newton's steps together
NEWTON_STEPS = 4
TOLERANCE = 1e-4  # of a step; Newton's next error is about its square
SWEEP, SECTIONS = 9, 27  # of a cell where a limit may hold: to 2e-6 of a step
GOLDEN = (5**0.5 - 1) / 2

_VALUE, _FIRST, _SECOND = np.ascontiguousarray(POLYNOMIALS)  # (power, stencil)
# Sums may be taken in any order; NaN and infinity stay what they are.
_FASTMATH = {"reassoc", "contract", "nsz"}
_machine_code = cast(  # numba's own types know fewer options than numba
    "Callable[..., Any]", partial(njit, nogil=True, error_model="numpy", fastmath=_FASTMATH)
)
_entry = _machine_code(cache=True)
# Called from here only. None allocates, so none need count who holds an array, which took up to a
# third of the search; numba's own code for strings does without in the same way.
_compiled = _machine_code(no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
_inlined = _machine_code(inline="always")


@_entry
@no_type_check
def search(box, products, matrix, weights, curves, found):
    """Put share, amplitude, position and reduction of the lowest minimum of each curve in `found`.

    Then its weighted sum and that of its squares: `found` is (6, voxel). `curves` are (voxel,
    time), `weights` those of all curves or a row a curve. A curve whose products are not finite
    gets a reduction of NaN.
    """
    tile = Tile(
        np.empty((TILE, curves.shape[1])), np.zeros((matrix.shape[1], TILE + APART)),
        np.empty((len(matrix), TILE + APART)), np.empty((box.scanned, TILE + APART)),
        np.empty(TILE), np.empty(TILE, np.int64), np.empty(TILE, np.int64),
        np.empty(TILE, np.int64), np.empty((2, box.scanned)),
    )  # fmt: skip
    for scan in range(box.scanned):
        low, high = _limits(box, box.first + SCAN_STRIDE * scan * box.step)
        tile.limits[0, scan], tile.limits[1, scan] = low, high
    lanes, again, point, filled = _lanes(), _lanes(), np.empty(4), 0
    for start in range(0, len(curves), TILE):
        count = min(TILE, len(curves) - start)
        _take_curves(weights, curves, start, count, tile, found)
        _multiply(matrix, tile.samples, tile.moments, count)
        for voxel in range(count):
            found[4, start + voxel] = tile.moments[box.scanned + 1, voxel]
        if box.step > 0:
            filled = _search_tile(
                box, products, start, count, tile, lanes, again, point, filled, found
            )
        else:
            _fixed_rate(box, products, start, count, tile, point, found)
    _leave(box, products, lanes, again, filled, point, found)


@_compiled
@no_type_check
def _take_curves(weights, curves, start, count, tile, found):
    """Copy curves into a tile, times the weights where each has its own; sum their squares."""
    own = len(weights) > 1
    for voxel in range(count):
        row, squares = start + voxel if own else 0, 0.0
        for time in range(curves.shape[1]):
            sample, weight = np.float64(curves[start + voxel, time]), weights[row, time]
            squares += weight * sample * sample
            tile.rows[voxel, time] = weight * sample if own else sample
        for time in range(curves.shape[1]):
            tile.samples[time, voxel] = tile.rows[voxel, time]
        found[5, start + voxel] = squares


@_compiled
@no_type_check
def _multiply(matrix, samples, moments, count):
    """Put `matrix` times `samples` into `moments`, in blocks that stay in registers."""
    for row in range(len(matrix)):
        for voxel in range(count):
            moments[row, voxel] = 0.0
    for time in range(0, len(samples), BLOCK[1]):
        for row in range(0, len(matrix), BLOCK[0]):
            a, b, c, d = matrix[row, time : time + 4]
            e, f, g, h = matrix[row + 1, time : time + 4]
            for voxel in range(count):
                first, second = samples[time, voxel], samples[time + 1, voxel]
                third, fourth = samples[time + 2, voxel], samples[time + 3, voxel]
                moments[row, voxel] += a * first + b * second + c * third + d * fourth
                moments[row + 1, voxel] += e * first + f * second + g * third + h * fourth


@_compiled
@no_type_check
def _fixed_rate(box, products, start, count, tile, point, found):
    """The best amplitudes where the rate is 0."""
    moments = tile.moments
    for voxel in range(count):
        row = (start + voxel) % len(products.share)
        _best_at(
            box, moments[1, voxel], products.share[row], moments[0, voxel],
            products.exponential[row, 0], products.cross[row, 0], 0.0, point,
        )  # fmt: skip
        for value in range(4):
            found[value, start + voxel] = point[value]


@_compiled
@no_type_check
def _search_tile(box, products, start, count, tile, lanes, again, point, filled, found):
    """Scan the curves of a tile and fill lanes with their starts; how many are filled at last."""
    profile, own = tile.profile, len(products.share) > 1
    _scan(box, products, start, 0, 1 if own else count, tile)
    for voxel in range(1, count if own else 1):
        _scan(box, products, start + voxel, voxel, voxel + 1, tile)
    for voxel in range(count):
        row, curve = start + voxel if own else 0, start + voxel
        lowest, at_end = tile.best[voxel], 0.0
        found[0, curve], found[1, curve] = 0.0, 0.0
        found[2, curve], found[3, curve] = box.first, np.nan
        if not np.isfinite(profile[lowest, voxel]):
            continue
        first, last = lowest, lowest
        if tile.turns[voxel]:
            first, last = 0, box.scanned - 1
            at_end = _free_at_low_end(box, products, row, tile.moments, voxel)
        for scan in range(first, last + 1):
            if scan == lowest or _may_be_lowest(profile, voxel, scan, at_end, lowest):
                _enter(box, products, row, curve, tile, voxel, scan, lanes, filled)
                filled += 1
                if filled == LANES:
                    _leave(box, products, lanes, again, filled, point, found)
                    filled = 0
    return filled


@_inlined
@no_type_check
def _lanes():
    """Lanes, all filled with what does no harm."""
    return Lanes(
        np.ones((3, STENCIL, LANES)), np.zeros(LANES), np.zeros(LANES), np.zeros(LANES),
        np.zeros(LANES), np.zeros(LANES, np.bool_), np.zeros((3, LANES)),
        np.zeros(LANES, np.int64), np.zeros(LANES, np.int64), np.empty((STENCIL, LANES)),
        np.empty((2, STENCIL - 1, LANES)), np.empty(LANES), np.empty(LANES),
        np.empty((3, STENCIL)),
    )  # fmt: skip


@_compiled
@no_type_check
def _limits(box, position):
    """Tightest limits of the column's amplitude at log(rate + offset) = `position`."""
    inverse = np.exp(-position)
    rate_share = 1 - box.offset * inverse
    low, high = -np.inf, np.inf
    for constant, slope in box.lower:
        low = max(low, constant * inverse + slope * rate_share)
    for constant, slope in box.upper:
        high = min(high, constant * inverse + slope * rate_share)
    return low, high


@_compiled
@no_type_check
def _clip(value, low, high):
    return min(max(value, low), high)


@_compiled
@no_type_check
def _scan(box, products, curve, start, stop, tile):
    """Projected sum of squares of some curves at every node; its lowest node and its turns.

    `curve` is the first one, for its products, if each has its own.
    """
    row, profile, moments = curve % len(products.share), tile.profile, tile.moments
    best, lowest, rose, turns, share = (
        tile.best, tile.lowest, tile.rose, tile.turns, products.share[row],
    )  # fmt: skip
    for scan in range(box.scanned):
        node, low, high = REACH + SCAN_STRIDE * scan, tile.limits[0, scan], tile.limits[1, scan]
        own, cross = products.exponential[row, node], products.cross[row, node]
        inverse, alone, per_determinant = 1 / own, 1 / share, 1 / (share * own - cross * cross)
        if not box.has_share:
            for voxel in range(start, stop):
                moment = moments[scan, voxel]
                amplitude = _clip(moment * inverse, low, high)
                profile[scan, voxel] = amplitude * (amplitude * own - 2 * moment)
            continue
        for voxel in range(start, stop):
            moment, share_moment = moments[scan, voxel], moments[box.scanned, voxel]
            free = (moment * share - share_moment * cross) * per_determinant
            clipped = _clip(free, low, high)
            part = _clip((share_moment - clipped * cross) * alone, box.share_low, box.share_high)
            amplitude = _clip((moment - part * cross) * inverse, low, high)
            beside = part * (part * share - 2 * share_moment + 2 * amplitude * cross)
            profile[scan, voxel] = amplitude * (amplitude * own - 2 * moment) + beside
    for voxel in range(start, stop):
        lowest[voxel] = profile[0, voxel]
        best[voxel] = rose[voxel] = turns[voxel] = 0
    for scan in range(1, box.scanned):
        for voxel in range(start, stop):
            here, before = profile[scan, voxel], profile[scan - 1, voxel]
            falls = np.int64(here < before)
            turns[voxel] |= rose[voxel] & falls
            rose[voxel] = 1 - falls
            lower = here < lowest[voxel]
            lowest[voxel] = here if lower else lowest[voxel]
            best[voxel] = scan if lower else best[voxel]


@_compiled
@no_type_check
def _free_at_low_end(box, products, row, moments, voxel):
    """Sum of squares at the lowest rate without bounds, less that of the curve.

    Towards rate 0 the bound of ve closes on the amplitude, so a minimum may lie as close to the
    end as it likes, unseen by any node; but not lower than this.
    """
    moment, exponential = moments[0, voxel], products.exponential[row, REACH]
    if not box.has_share:
        return -moment * moment / exponential
    share, cross, share_moment = (
        products.share[row], products.cross[row, REACH], moments[box.scanned, voxel],
    )  # fmt: skip
    beside, own = moment - share_moment * cross / share, exponential - cross * cross / share
    return -share_moment * share_moment / share - beside * beside / own


@_inlined
@no_type_check
def _may_be_lowest(profile, voxel, scan, at_end, lowest):
    """Whether a local minimum at a node may be lower than node `lowest` between the nodes.

    A minimum lies below its node by about an eighth of the second difference there; a quarter is
    allowed for. In the first cell it may lie as low as `at_end`.
    """
    if scan == len(profile) - 1:
        return False
    here, after, before = profile[scan, voxel], profile[scan + 1, voxel], np.inf
    if scan > 0:
        before = profile[scan - 1, voxel]
    if after < here or before <= here:
        return False
    floor = here
    if scan > 0:
        floor -= (after + before - 2 * here) / 4
    if scan < 2:
        floor = min(floor, at_end)
    return floor <= profile[lowest, voxel]


@_inlined
@no_type_check
def _vertex(profile, voxel, scan):
    """Lowest place of the parabola through the scan, in steps from the node."""
    before, here = profile[max(scan - 1, 0), voxel], profile[scan, voxel]
    after = profile[min(scan + 1, len(profile) - 1), voxel]
    bend = before - 2 * here + after
    if not bend > 0:
        return 0.0
    return SCAN_STRIDE * _clip(0.5 * (before - after) / bend, -0.5, 0.5)


@_inlined
@no_type_check
def _enter(box, products, row, curve, tile, voxel, scan, lanes, lane):
    """Fill a lane with what lies around node `scan` of the scan of a curve."""
    node, columns, stencil = SCAN_STRIDE * scan, products.columns, lanes.stencil
    share, share_moment = products.share[row], tile.moments[box.scanned, voxel]
    for i in range(STENCIL):
        beside, between = divmod(node - REACH + i, SCAN_STRIDE)  # the scan took every other one
        if between or not 0 <= beside < box.scanned:
            stencil[0, i, lane] = _product(columns, node + i, tile.rows, voxel)
        else:
            stencil[0, i, lane] = tile.moments[beside, voxel]
    for i in range(STENCIL):
        stencil[1, i, lane] = products.exponential[row, node + i]
        stencil[2, i, lane] = products.cross[row, node + i]
    lanes.curve[lane], lanes.node[lane], lanes.share_moment[lane] = curve, node, share_moment
    lanes.place[lane] = _vertex(tile.profile, voxel, scan)
    if box.has_share:
        low, high = _limits(box, box.first + box.step * node)
        part, _ = _amplitudes(
            box, share_moment, share, stencil[0, REACH, lane], stencil[1, REACH, lane],
            stencil[2, REACH, lane], low, high,
        )  # fmt: skip
        _take(box, share, part, lanes, lane)


@_compiled
@no_type_check
def _product(columns, node, rows, voxel):
    """Inner product of a column and a curve."""
    product = 0.0
    for time in range(rows.shape[1]):
        product += columns[node, time] * rows[voxel, time]
    return product


@_compiled
@no_type_check
def _take(box, share, part, lanes, lane):
    """Take the share of plasma as free, or as at the bound that `part` is at."""
    held = _held(box, part)
    lanes.taken[lane] = part if held else lanes.share_moment[lane] / share
    lanes.parallel[lane] = 0.0 if held else 1 / share


@_compiled
@no_type_check
def _held(box, part):
    return part <= box.share_low or part >= box.share_high


@_compiled
@no_type_check
def _leave(box, products, lanes, again, filled, point, found):
    """Find the minima of the curves in the lanes, and keep each that is its curve's lowest yet.

    Where the share of plasma met or left its bound on the way, the steps are taken `again`.
    """
    count = 0
    for lane in range(filled):
        again.place[lane] = lanes.place[lane]
    _newton(lanes)
    for lane in range(filled):
        curve = lanes.curve[lane]
        share = products.share[curve % len(products.share)]
        if _free(box, share, lanes, lane, point):
            _keep(point, found, curve)
        elif box.has_share and lanes.settled[lane]:
            for product in range(3):
                for i in range(STENCIL):
                    again.stencil[product, i, count] = lanes.stencil[product, i, lane]
            again.curve[count], again.node[count] = curve, lanes.node[lane]
            again.share_moment[count] = lanes.share_moment[lane]
            again.place[count] = again.place[lane]
            _take(box, share, point[0], again, count)
            count += 1
        else:
            _zoom(box, share, lanes, lane, point)
            _keep(point, found, curve)
    if count == 0:
        return
    _newton(again)
    for lane in range(count):
        curve = again.curve[lane]
        share = products.share[curve % len(products.share)]
        if not _free(box, share, again, lane, point):
            _zoom(box, share, again, lane, point)
        _keep(point, found, curve)


@_inlined
@no_type_check
def _keep(point, found, curve):
    if not found[3, curve] <= point[3]:
        for value in range(4):
            found[value, curve] = point[value]


@_inlined
@no_type_check
def _free(box, share, lanes, lane, point):
    """Put the minimum of a lane into `point`; whether it is one and no limit holds that did not."""
    if not lanes.settled[lane]:
        return False
    position = box.first + box.step * (lanes.node[lane] + lanes.place[lane])
    inside = _best_at(
        box, lanes.share_moment[lane], share, lanes.values[0, lane], lanes.values[1, lane],
        lanes.values[2, lane], position, point,
    )  # fmt: skip
    if box.has_share and _held(box, point[0]) != (lanes.parallel[lane] == 0):
        return False
    return inside


@_compiled
@no_type_check
def _newton(lanes):
    """Steps from `lanes.place` to the minimum where no limit holds the exponential's amplitude.

    There the problem is to turn a unit column towards the curve, and the product of the two is
    what the steps raise; see `free`. The lanes go through it together, filled or not.
    """
    stencil, place, count = lanes.stencil, lanes.place, lanes.place.size
    unit, slopes, last, bend = lanes.unit, lanes.slopes, lanes.last, lanes.bend
    for i in range(STENCIL):
        for lane in range(count):
            cross = stencil[2, i, lane]
            length = stencil[1, i, lane] - lanes.parallel[lane] * cross * cross
            unit[i, lane] = (stencil[0, i, lane] - lanes.taken[lane] * cross) / np.sqrt(length)
    for power in range(STENCIL - 1):
        for lane in range(count):
            first, second = 0.0, 0.0
            for i in range(STENCIL):
                first += _FIRST[power, i] * unit[i, lane]
                second += _SECOND[power, i] * unit[i, lane]
            slopes[0, power, lane], slopes[1, power, lane] = first, second
    for _ in range(NEWTON_STEPS):
        for lane in range(count):
            first, second, before = 0.0, 0.0, place[lane]
            for back in range(STENCIL - 1):
                first = first * before + slopes[0, STENCIL - 2 - back, lane]
                second = second * before + slopes[1, STENCIL - 2 - back, lane]
            place[lane] = _clip(before - first / second, -SCAN_STRIDE, SCAN_STRIDE)
            last[lane], bend[lane] = abs(place[lane] - before), second
    for lane in range(count):
        inside = last[lane] <= TOLERANCE and abs(place[lane]) < SCAN_STRIDE
        lanes.settled[lane] = inside and bend[lane] * unit[REACH, lane] < 0
    for lane in range(count):
        for product in range(3):
            lanes.values[product, lane] = 0.0
    for i in range(STENCIL):
        for lane in range(count):
            weight = _weight(i, place[lane])
            for product in range(3):
                lanes.values[product, lane] += weight * stencil[product, i, lane]


@_compiled
@no_type_check
def _weight(i, place):
    """Weight of the stencil's node i in the value at `place`."""
    weight = 0.0
    for back in range(STENCIL):
        weight = weight * place + _VALUE[STENCIL - 1 - back, i]
    return weight


@_compiled
@no_type_check
def _best_at(box, share_moment, share, moment, exponential, cross, position, point):
    """Put the best amplitudes at a position into `point`; whether rate and amplitude are free."""
    low, high = _limits(box, position)
    part, amplitude = _amplitudes(box, share_moment, share, moment, exponential, cross, low, high)
    lowest = amplitude * (amplitude * exponential - 2 * moment)
    if box.has_share:
        lowest += part * (part * share - 2 * share_moment + 2 * amplitude * cross)
    if not exponential > 0 or (box.has_share and not share * exponential > cross * cross):
        lowest = np.nan  # the weighted samples do not determine the amplitudes
    point[0], point[1], point[2], point[3] = part, amplitude, position, lowest
    return low < amplitude < high and box.first < position < box.last


@_compiled
@no_type_check
def _amplitudes(box, share_moment, share, moment, exponential, cross, low, high):
    """Share of plasma and amplitude that minimise the form in the box; see `amplitudes`."""
    if not box.has_share:
        return 0.0, _clip(moment / exponential, low, high)
    free = (moment * share - share_moment * cross) / (share * exponential - cross * cross)
    clipped = _clip(free, low, high)
    part = _clip((share_moment - clipped * cross) / share, box.share_low, box.share_high)
    return part, _clip((moment - part * cross) / exponential, low, high)


@_compiled
@no_type_check
def _zoom(box, share, lanes, lane, point):
    """Put the minimum in the cell around a lane's node into `point`, whatever limit may hold.

    A sweep over the cell, then golden sections around its lowest place: a limit bends the slope
    sharply, which derivatives serve badly.
    """
    node, polynomials = lanes.node[lane], lanes.polynomials
    for product in range(3):
        for power in range(STENCIL):
            polynomials[product, power] = 0.0
            for i in range(STENCIL):
                value = lanes.stencil[product, i, lane]
                polynomials[product, power] += _VALUE[power, i] * value
    low = 0.0 if node == 0 else -float(SCAN_STRIDE)
    high = 0.0 if node == SCAN_STRIDE * (box.scanned - 1) else float(SCAN_STRIDE)
    step, best, lowest = (high - low) / (SWEEP - 1), low, np.inf
    for sample in range(SWEEP):
        place = low + sample * step
        if _at(box, share, lanes, lane, polynomials, place, point) < lowest:
            best, lowest = place, point[3]
    low, high = max(best - step, low), min(best + step, high)
    inner, outer = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_inner = _at(box, share, lanes, lane, polynomials, inner, point)
    at_outer = _at(box, share, lanes, lane, polynomials, outer, point)
    for _ in range(SECTIONS):
        if at_inner < at_outer:
            high, outer, at_outer = outer, inner, at_inner
            inner = high - GOLDEN * (high - low)
            at_inner = _at(box, share, lanes, lane, polynomials, inner, point)
        else:
            low, inner, at_inner = inner, outer, at_outer
            outer = low + GOLDEN * (high - low)
            at_outer = _at(box, share, lanes, lane, polynomials, outer, point)
    section = inner if at_inner < at_outer else outer
    if not min(at_inner, at_outer) < lowest:
        section = best  # an end of the range, or a node of the sweep
    _at(box, share, lanes, lane, polynomials, section, point)


@_compiled
@no_type_check
def _at(box, share, lanes, lane, polynomials, place, point):
    """Put the best amplitudes at a place around a lane's node into `point`; the reduction there."""
    moment, exponential, cross = 0.0, 0.0, 0.0
    for back in range(STENCIL):
        power = STENCIL - 1 - back
        moment = moment * place + polynomials[0, power]
        exponential = exponential * place + polynomials[1, power]
        cross = cross * place + polynomials[2, power]
    position = box.first + box.step * (lanes.node[lane] + place)
    _best_at(box, lanes.share_moment[lane], share, moment, exponential, cross, position, point)
    return point[3]
