"""The search over delay and rate as machine code: curve by curve, a scan over both, then steps.

With the amplitudes projected out the sum of squares is a function of delay and rate alone. A scan
over delays and rates finds its valleys; from those that may be the lowest Newton's steps go
in both, with the exact column of any delay and rate. The plasma curve is linear between its
samples, so the sum of squares is smooth in the delay but where a sample meets a frame. There its
slope may jump, and a minimum may lie in the bend: steps that fail across it go up to it, and stay
if both sides rise.

One file, for the reason that `compiled` gives.

References
----------
Golub and Pereyra, SIAM J Numer Anal 1973;10:413-432 (variable projection).
"""

from collections.abc import Callable
from functools import partial
from typing import Any, cast, no_type_check

import numpy as np
from numba import njit

from gadmap.fitting.delay_types import Place, Profile, ScanColumns

TILE = 128  # curves whose samples and products stay in the cache
APART = 16  # more places than a row needs: rows a power of two apart share few lines of the cache
FINE = 4  # rates from one that the scan visits to the next
SECTIONS = 10  # of the cell between them
GOLDEN = (5**0.5 - 1) / 2
BLOCK = (2, 4)  # rows and frames that one step of the product takes
STARTS = 16  # valleys, at most, that are looked at
SAME = 8  # rates of the table from one delay to the next, at most, along a valley
STEPS = 60
FIRST_DAMPING, MOST_DAMPING = 1e-3, 1e10
EASE, TIGHTEN = 0.1, 6.0  # of the damping after a step that went down, or up
STEEPER = 2.0  # bend of the rate, where steps failed
LITTLE, NOTHING = 1e-11, 1e-24  # of the sum of squares, and of the curve's, to go another step
PROMISE = 1e-9  # of the sum of squares: a fall that is one
LONGEST = 1.0  # step of log(rate + offset)
BESIDE = 1e-11  # of the duration: from where a sample meets a frame to where slopes are taken
ROUNDING = 1e-13  # even frames are even but for this
SINGLE = 1e-6  # of the curve's sum of squares: what the scan's single precision may hide
TINY = 1e-30  # length of no column
UPRIGHT = 1e-9  # of a column: less than that beside the plasma is rounding
SERIES_BELOW, TERMS = 1.0, 16  # of the decay along a piece of a segment

_FASTMATH = {"reassoc", "contract", "nsz"}
_machine_code = cast(  # numba's own types know fewer options than numba
    "Callable[..., Any]", partial(njit, nogil=True, error_model="numpy", fastmath=_FASTMATH)
)
_entry = _machine_code(cache=True)
_compiled = _machine_code(no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
_inlined = _machine_code(inline="always")


@_entry
@no_type_check
def search_delays(box, source, nodes, weights, curves, found):
    """Put what fits each curve best in `found` (16, voxel).

    The rows are share, amplitude, log(rate + offset), delay [min], the sum of squares, whether the
    steps came to an end, and the inverse of J' W J, a row of its lower half after the other. A
    curve that is not finite gets NaN, as does one that the weighted samples do not determine.
    """
    frames, own = curves.shape[1], len(weights) > 1
    units, profile, here = _units(nodes), _profile(nodes, frames), _place(frames)
    size = 1 if own else TILE
    for start in range(0, len(curves), size):
        if own or start == 0:
            _unit_columns(box, nodes, weights[start if own else 0], units)
        count = min(size, len(curves) - start)
        _take_curves(weights, curves, start, count, profile)
        for delay in range(len(nodes.delays)):
            _multiply(units.scanned, delay, profile.samples, profile.moments, count)
            _scan(box, nodes, units, delay, count, profile)
        for voxel in range(count):
            row = start + voxel
            squares = 0.0
            for time in range(frames):
                here.weight[time] = weights[row if own else 0, time]
                here.curve[time] = curves[row, time]
                squares += here.weight[time] * here.curve[time] ** 2
                profile.curve[time] = profile.samples[time, voxel]
            for result in range(len(found)):
                found[result, row] = np.nan
            if np.isfinite(squares):
                _fit(box, source, nodes, units, profile, voxel, squares, here, found, row)


@_inlined
@no_type_check
def _units(nodes):
    delays, rates, frames = nodes.columns.shape
    scanned = 2 + (rates - 1) // FINE
    padded, times = scanned + -scanned % BLOCK[0], frames + -frames % BLOCK[1]
    return ScanColumns(
        np.zeros((delays, padded, times), np.float32),
        np.zeros((delays, rates, frames), np.float32),
        np.zeros((delays, rates), np.float32), np.zeros((delays, rates), np.float32),
        np.zeros(delays, np.float32),
    )  # fmt: skip


@_inlined
@no_type_check
def _profile(nodes, frames):
    delays, rates, width = len(nodes.delays), nodes.columns.shape[1], TILE + APART
    scanned = 2 + (rates - 1) // FINE
    return Profile(
        np.zeros((frames + -frames % BLOCK[1], width), np.float32),
        np.zeros((scanned + -scanned % BLOCK[0], width), np.float32),
        np.zeros((delays, scanned - 1, width), np.float32), np.zeros((delays, width), np.float32),
        np.zeros((delays, width), np.float32), np.zeros((delays, width), np.float32),
        np.zeros(frames, np.float32), np.zeros((6, 2 * FINE + 1), np.float32),
        np.zeros((5, 4), np.float32), np.zeros((2, delays)), np.zeros((2, delays)),
        np.zeros((2, delays), np.bool_),
    )  # fmt: skip


@_inlined
@no_type_check
def _place(frames):
    return Place(
        np.zeros(frames), np.zeros(frames), np.zeros((3, frames)), np.zeros(frames),
        np.zeros(frames), np.zeros((2, frames + 1), np.int64), np.zeros(frames + 1),
        np.zeros((9, frames + 1)), np.full(2, np.nan), np.zeros(2), np.zeros(3), np.zeros(2),
        np.zeros(3), np.zeros((4, 4)), np.zeros(5), np.zeros(4),
        np.zeros((4, 4)), np.zeros((4, 4)),
    )  # fmt: skip


@_compiled
@no_type_check
def _clip(value, low, high):
    return min(max(value, low), high)


@_compiled
@no_type_check
def _unit_columns(box, nodes, weight, units):
    """Unit columns of every delay and rate under the weights of the frames."""
    columns, plasma = nodes.columns, nodes.plasma
    for delay in range(len(columns)):
        own = 0.0
        for time in range(len(weight)):
            own += weight[time] * plasma[delay, time] ** 2
        length = np.sqrt(own)
        units.share[delay] = max(length, TINY)
        for time in range(len(weight)):
            unit = np.sqrt(weight[time]) * plasma[delay, time] / max(length, TINY)
            units.scanned[delay, 0, time] = unit
        for rate in range(columns.shape[1]):
            squares, product = 0.0, 0.0
            for time in range(len(weight)):
                weighted = weight[time] * columns[delay, rate, time]
                squares += weighted * columns[delay, rate, time]
                product += weighted * plasma[delay, time]
            taken = product / own if box.rate.has_share and own > 0 else 0.0
            left = 0.0
            for time in range(len(weight)):
                beside = columns[delay, rate, time] - taken * plasma[delay, time]
                left += weight[time] * beside * beside
            upright = max(np.sqrt(left), UPRIGHT * np.sqrt(squares), TINY)
            units.along[delay, rate], units.up[delay, rate] = taken * length, upright
            for time in range(len(weight)):
                beside = columns[delay, rate, time] - taken * plasma[delay, time]
                unit = np.sqrt(weight[time]) * beside / upright
                units.fine[delay, rate, time] = unit
                if rate % FINE == 0:
                    units.scanned[delay, 1 + rate // FINE, time] = unit


@_compiled
@no_type_check
def _take_curves(weights, curves, start, count, profile):
    """Copy curves into a tile, times the root of their weights."""
    own = len(weights) > 1
    for time in range(curves.shape[1]):
        for voxel in range(count):
            root = np.sqrt(weights[start + voxel if own else 0, time])
            profile.samples[time, voxel] = root * curves[start + voxel, time]


@_compiled
@no_type_check
def _multiply(units, delay, samples, moments, count):
    """Put the unit columns of a delay times `samples` into `moments`, in blocks."""
    for row in range(units.shape[1]):
        for voxel in range(count):
            moments[row, voxel] = 0
    for time in range(0, len(samples), BLOCK[1]):
        for row in range(0, units.shape[1], BLOCK[0]):
            a, b, c, d = units[delay, row, time : time + 4]
            e, f, g, h = units[delay, row + 1, time : time + 4]
            for voxel in range(count):
                first, second = samples[time, voxel], samples[time + 1, voxel]
                third, fourth = samples[time + 2, voxel], samples[time + 3, voxel]
                moments[row, voxel] += a * first + b * second + c * third + d * fourth
                moments[row + 1, voxel] += e * first + f * second + g * third + h * fourth


@_compiled
@no_type_check
def _scan(box, nodes, units, delay, count, profile):
    """The reduction at the scanned rates of a delay, its lowest, and how low it may be between.

    A minimum lies below its node by about an eighth of the second difference there; a quarter is
    allowed for.
    """
    moments, reduction, rates = profile.moments, profile.reduction, profile.reduction.shape[1]
    lowest, floor, two, quarter = profile.lowest, profile.floor, np.float32(2), np.float32(0.25)
    plasma = units.share[delay]
    for rate in range(rates):
        fine = FINE * rate
        along, up = units.along[delay, fine], units.up[delay, fine]
        low, high = np.float32(nodes.limits[0, fine]), np.float32(nodes.limits[1, fine])
        for voxel in range(count):
            reduction[delay, rate, voxel] = _reduction(
                box, along, up, low, high, plasma, moments[0, voxel], moments[1 + rate, voxel]
            )
    for voxel in range(count):
        lowest[delay, voxel] = floor[delay, voxel] = np.inf
        profile.moment[delay, voxel] = moments[0, voxel]
    for rate in range(rates):
        one, other = max(rate - 1, 0), min(rate + 1, rates - 1)
        for voxel in range(count):
            here = reduction[delay, rate, voxel]
            before, after = reduction[delay, one, voxel], reduction[delay, other, voxel]
            below = quarter * (before + after - two * here)
            below = below if before >= here and after >= here else np.float32(0)
            lowest[delay, voxel] = min(lowest[delay, voxel], here)
            floor[delay, voxel] = min(floor[delay, voxel], here - below)


@_inlined
@no_type_check
def _reduction(box, along, up, low, high, plasma, moment, beside):
    """What the sum of squares is less at the best amplitudes in their box.

    `moment` is the curve's product with the unit plasma, `beside` with the unit column upright on
    it. As in `gadmap.fitting.amplitudes`, each amplitude is clipped beside the other.
    """
    two = np.float32(2)
    if not box.rate.has_share:
        amplitude = up * _clip(beside / up, low, high)
        return amplitude * (amplitude - two * beside)
    share_low, share_high = np.float32(box.rate.share_low), np.float32(box.rate.share_high)
    amplitude = _clip(beside / up, low, high)
    share = plasma * _clip((moment - amplitude * along) / plasma, share_low, share_high)
    toward = along * (moment - share) + up * beside
    amplitude = _clip(toward / (along * along + up * up), low, high)
    one, other = share + amplitude * along, amplitude * up
    return one * (one - two * moment) + other * (other - two * beside)


@_inlined
@no_type_check
def _look_closer(box, nodes, units, profile, delay, voxel, top):
    """Put the two lowest minima over the rates at a delay, if as low as `top`, in `depth`."""
    reduction, rates = profile.reduction, profile.reduction.shape[1]
    for rate in range(rates):
        here = reduction[delay, rate, voxel]
        before = reduction[delay, max(rate - 1, 0), voxel]
        after = reduction[delay, min(rate + 1, rates - 1), voxel]
        if before < here or after < here or here - (before + after - 2 * here) / 4 > top:
            continue
        depth, place = _minimum_between(box, nodes, units, profile, delay, FINE * rate, voxel, top)
        if depth < profile.depth[0, delay]:
            profile.depth[1, delay] = profile.depth[0, delay]
            profile.place[1, delay] = profile.place[0, delay]
            profile.depth[0, delay], profile.place[0, delay] = depth, place
        elif depth < profile.depth[1, delay]:
            profile.depth[1, delay], profile.place[1, delay] = depth, place


@_inlined
@no_type_check
def _minimum_between(box, nodes, units, profile, delay, node, voxel, top):
    """The minimum over the rates around a node of the scan at a delay, and its place.

    At the rates of the table between the scan's first; between these, where the minimum may be as
    low as `top`, products and limits are taken as cubic.
    """
    last = len(nodes.positions) - 1
    first, final = max(node - FINE, 0), min(node + FINE, last)
    between, curve = profile.between, profile.curve
    best, lowest = first, np.inf
    plasma, moment = units.share[delay], profile.moment[delay, voxel]
    for rate in range(first, final + 1):
        product = _product(units.fine, delay, rate, curve)
        along, up = units.along[delay, rate], units.up[delay, rate]
        low, high = np.float32(nodes.limits[0, rate]), np.float32(nodes.limits[1, rate])
        here = _reduction(box, along, up, low, high, plasma, moment, product)
        terms = (along, up, low, high, product)
        for term in range(len(terms)):
            between[term, rate - first] = terms[term]
        between[5, rate - first] = here
        if here < lowest:
            best, lowest = rate, here
    at = float(best)
    beside = between[5, max(best - 1, first) - first] + between[5, min(best + 1, final) - first]
    if final - first < 3 or lowest - (beside - 2 * lowest) / 4 > top:
        return lowest, at
    base = min(max(best - 1, first), final - 3)
    for term in range(5):
        _cubic(between, term, base - first, profile.cubics)
    low, high = float(max(best - 1, first) - base), float(min(best + 1, final) - base)
    inner, outer = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_inner = _between(box, profile.cubics, inner, plasma, moment)
    at_outer = _between(box, profile.cubics, outer, plasma, moment)
    for _ in range(SECTIONS):
        if at_inner < at_outer:
            high, outer, at_outer = outer, inner, at_inner
            inner = high - GOLDEN * (high - low)
            at_inner = _between(box, profile.cubics, inner, plasma, moment)
        else:
            low, inner, at_inner = inner, outer, at_outer
            outer = low + GOLDEN * (high - low)
            at_outer = _between(box, profile.cubics, outer, plasma, moment)
    if min(at_inner, at_outer) < lowest:
        lowest, at = min(at_inner, at_outer), base + (inner if at_inner < at_outer else outer)
    return lowest, at


@_compiled
@no_type_check
def _product(columns, delay, rate, curve):
    """Inner product of a column and a curve."""
    product = np.float32(0)
    for time in range(len(curve)):
        product += columns[delay, rate, time] * curve[time]
    return product


@_inlined
@no_type_check
def _cubic(values, row, first, cubics):
    """Put the cubic through four values, a step apart, in `cubics`; lowest power first."""
    a, b, c, d = (
        values[row, first], values[row, first + 1], values[row, first + 2], values[row, first + 3],
    )  # fmt: skip
    second, third = a - 2 * b + c, d - 3 * c + 3 * b - a
    cubics[row, 0] = a
    cubics[row, 1] = b - a - second / 2 + third / 3
    cubics[row, 2] = second / 2 - third / 2
    cubics[row, 3] = third / 6


@_compiled
@no_type_check
def _between(box, cubics, place, plasma, moment):
    along, up, low, high, beside = (
        cubics[0, 0] + place * (cubics[0, 1] + place * (cubics[0, 2] + place * cubics[0, 3])),
        cubics[1, 0] + place * (cubics[1, 1] + place * (cubics[1, 2] + place * cubics[1, 3])),
        cubics[2, 0] + place * (cubics[2, 1] + place * (cubics[2, 2] + place * cubics[2, 3])),
        cubics[3, 0] + place * (cubics[3, 1] + place * (cubics[3, 2] + place * cubics[3, 3])),
        cubics[4, 0] + place * (cubics[4, 1] + place * (cubics[4, 2] + place * cubics[4, 3])),
    )
    return _reduction(box, along, up, low, high, plasma, moment, beside)


@_inlined
@no_type_check
def _fit(box, source, nodes, units, profile, voxel, squares, here, found, row):
    """Put the lowest minimum that steps reach from the valleys of the scan in `found`."""
    depth, hidden = profile.depth, SINGLE * squares
    _find_valleys(box, nodes, units, profile, voxel, hidden)
    best_sse = np.inf
    for _ in range(STARTS):
        valley, delay, lowest = -1, -1, np.inf
        for one in range(2):
            for node in range(len(nodes.delays)):
                if depth[one, node] < lowest and not profile.taken[one, node]:
                    valley, delay, lowest = one, node, depth[one, node]
        if valley < 0:
            break
        profile.taken[valley, delay] = True
        floor = _floor(profile, valley, delay, voxel)
        if floor - hidden > best_sse - squares:
            continue
        position = nodes.positions[0] + profile.place[valley, delay] * nodes.step
        position = _clip(position, box.rate.first, box.rate.last)
        first, last = max(delay - 1, 0), min(delay + 1, len(nodes.delays) - 1)
        bend = nodes.bends[first] or nodes.bends[delay] or nodes.bends[last]
        for start in range(6):  # on both sides of a bend; on uneven frames from the neighbours too
            node, side = delay + start // 2 - 1, 2 * (start % 2) - 1
            if not first <= node <= last or (node != delay and not (bend and nodes.scatter)):
                continue
            apart = BESIDE * source.minutes[-1] if nodes.bends[node] else nodes.scatter
            if apart == 0 and side > 0:
                continue
            late = _clip(nodes.delays[node] + side * apart, box.low, box.high)
            ended = _descend(box, source, nodes, squares, position, late, here)
            if here.best[0] < best_sse:
                best_sse = here.best[0]
                found[0, row], found[1, row] = here.best[1], here.best[2]
                found[2, row], found[3, row] = here.best[3], here.best[4]
                found[4, row], found[5, row] = best_sse, 1.0 if ended else 0.0
    if best_sse < np.inf:
        _look(box, source, found[2, row], found[3, row], here)
        _covariance(box, here, found, row)


@_inlined
@no_type_check
def _find_valleys(box, nodes, units, profile, voxel, hidden):
    """Look closer at every delay that may have the lowest minimum, from the deepest on."""
    lowest, depth = profile.lowest, profile.depth
    deepest = 0
    for delay in range(len(lowest)):
        for valley in range(2):
            depth[valley, delay], profile.taken[valley, delay] = np.inf, False
        if lowest[delay, voxel] < lowest[deepest, voxel]:
            deepest = delay
    top = lowest[deepest, voxel]
    for turn in range(-1, len(lowest)):
        delay = turn if turn >= 0 else deepest
        floor, here = profile.floor[delay, voxel], lowest[delay, voxel]
        if 0 < delay < len(lowest) - 1:
            bend = lowest[delay - 1, voxel] + lowest[delay + 1, voxel] - 2 * here
            floor -= max(bend, 0) / 4
        if turn != deepest and floor <= top + hidden:
            _look_closer(box, nodes, units, profile, delay, voxel, top + hidden)
            top = min(top, depth[0, delay])


@_compiled
@no_type_check
def _floor(profile, valley, delay, voxel):
    """How low a valley may be around a delay; infinity where it goes on to fall beside it."""
    here = floor = profile.depth[valley, delay]
    for beside in range(max(delay - 1, 0), min(delay + 2, profile.depth.shape[1])):
        lowest = np.inf
        for one in range(2):
            apart = abs(profile.place[one, beside] - profile.place[valley, delay])
            if apart <= SAME:
                lowest = min(lowest, profile.depth[one, beside])
        if lowest < here:
            return np.inf
        if lowest == np.inf:  # another valley is seen there, or none looked at
            lowest = profile.lowest[beside, voxel]
        floor -= max(lowest - here, 0) / 4
    return floor


@_compiled
@no_type_check
def _descend(box, source, nodes, squares, position, delay, here):
    """Newton's steps of both from a position and delay; the lowest place goes to `here.best`.

    Gives whether the steps came to an end.
    """
    best, near = here.best, 2 * BESIDE * source.minutes[-1]
    longest = 2 * (nodes.delays[-1] - nodes.delays[0]) / (len(nodes.delays) - 1)
    best[0] = np.inf
    if not _look(box, source, position, delay, here) < np.inf:
        return True
    _note(here)
    damping, walled, settled = FIRST_DAMPING, False, False  # the rate first, at this delay
    for _ in range(STEPS):
        rate_slope, delay_slope = here.slope
        a, b, c = here.bend
        up, down = here.room
        position, delay = best[3], best[4]
        walled = walled and (up if delay_slope < 0 else down) <= near
        lowered = False
        while not lowered and damping < MOST_DAMPING:
            held = walled or not settled
            to_position, to_delay = _aim(
                box, position, delay, rate_slope, delay_slope, a, b, c, damping, longest, held
            )
            moved = to_delay - delay
            promised = rate_slope * (position - to_position) - delay_slope * moved
            if not promised > LITTLE * best[0] + NOTHING * squares:
                if settled:
                    break
                settled = True
                continue
            lowered = _look(box, source, to_position, to_delay, here) < best[0]
            room = up if moved > 0 else down
            if lowered:
                damping *= EASE
            elif abs(moved) <= room:
                if here.bend[0] > STEEPER * a:  # a limit holds the amplitude there: a step back
                    to_position, to_delay = _aim(
                        box, to_position, to_delay, here.slope[0], here.slope[1],
                        here.bend[0], here.bend[1], here.bend[2], 0.0, longest, held,
                    )  # fmt: skip
                    lowered = _look(box, source, to_position, to_delay, here) < best[0]
                damping *= 1.0 if lowered else TIGHTEN
            elif room <= near:  # a bend right here
                lowered = _goes_on(box, source, moved, room, here)
                walled = not lowered
            else:  # a bend between: up to it
                moved = np.copysign(room - near / 2, moved)
                rate_step = 0.0
                if box.has_rate and a > 0:
                    rate_step = -(rate_slope + b * moved) / (a * (1 + damping))
                to_position = position + _clip(rate_step, -LONGEST, LONGEST)
                to_position = _clip(to_position, box.rate.first, box.rate.last)
                lowered = _look(box, source, to_position, delay + moved, here) < best[0]
                damping *= EASE if lowered else TIGHTEN
        if not lowered:
            toward = -delay_slope
            if not walled or not _goes_on(box, source, toward, up if toward > 0 else down, here):
                return True
            walled = False
        _note(here)
    return False


@_compiled
@no_type_check
def _aim(box, position, delay, rate_slope, delay_slope, a, b, c, damping, longest, held):
    """Position and delay that Newton's step leads to, within the bounds; with the delay `held`."""
    held_rate = (
        not box.has_rate
        or not a > 0
        or (position <= box.rate.first and rate_slope > 0)
        or (position >= box.rate.last and rate_slope < 0)
    )
    held_delay = (
        held
        or not c > 0
        or (delay <= box.low and delay_slope > 0)
        or (delay >= box.high and delay_slope < 0)
    )
    one, other = a * (1 + damping), c * (1 + damping)
    rate_step, delay_step = _step(one, b, other, rate_slope, delay_slope, held_rate, held_delay)
    shorter = max(abs(rate_step) / LONGEST, abs(delay_step) / longest, 1.0)
    rate_step, delay_step = rate_step / shorter, delay_step / shorter
    moved = _clip(delay_step, box.low - delay, box.high - delay)
    if moved != delay_step and not held_rate:
        rate_step = _clip(-(rate_slope + b * moved) / one, -LONGEST, LONGEST)
    return (
        _clip(position + rate_step, box.rate.first, box.rate.last),
        _clip(delay + moved, box.low, box.high),
    )


@_compiled
@no_type_check
def _goes_on(box, source, toward, room, here):
    """Whether the sum of squares goes on to fall beyond the bend next to the best place yet."""
    best, sign = here.best, np.copysign(1.0, toward)
    step = sign * (room + BESIDE * source.minutes[-1])
    there = _look(box, source, best[3], best[4] + step, here)
    falls = sign * here.slope[1] < 0 and there <= best[0] * (1 + LITTLE)
    return box.low <= best[4] + step <= box.high and (falls or there < best[0] * (1 - PROMISE))


@_inlined
@no_type_check
def _note(here):
    """Keep the place where we are as the lowest yet."""
    best = here.best
    best[0], best[1], best[2] = here.value
    best[3], best[4] = here.at


@_inlined
@no_type_check
def _step(a, b, c, rate_slope, delay_slope, held_rate, held_delay):
    """Newton's step of what is not held."""
    if held_rate and held_delay:
        return 0.0, 0.0
    if held_rate:
        return 0.0, -delay_slope / c
    if held_delay:
        return -rate_slope / a, 0.0
    determinant = a * c - b * b
    return (
        (b * delay_slope - c * rate_slope) / determinant,
        (b * rate_slope - a * delay_slope) / determinant,
    )


@_compiled
@no_type_check
def _look(box, source, position, delay, here):
    """The lowest sum of squares at a position and delay; its slope and bend go to `here`."""
    if delay != here.at[1]:
        _arrive(source, delay, here)
    if position != here.at[0]:
        _undelayed(box, source, position, here)
    here.at[0], here.at[1] = position, delay
    q = np.exp(position)
    _columns(source, q, q - box.rate.offset, here)
    held, free_share = _amplitudes(box, q, here)
    if here.value[0] == np.inf:
        return np.inf
    _bend(source, q, q - box.rate.offset, held, free_share, here)
    return here.value[0]


@_inlined
@no_type_check
def _arrive(source, delay, here):
    """Runs of frames that lie equally far beyond their sample, and the room of the delay."""
    minutes, run = source.minutes, here.run
    frames, last = len(minutes), len(minutes) - 1
    segment, count, up, down = 0, 0, np.inf, np.inf
    for frame in range(frames):
        when = minutes[frame] - delay
        if when < 0:
            down = min(down, -when)
            continue
        while segment < last and minutes[segment + 1] <= when:
            segment += 1
        beyond = when - minutes[segment]
        up = min(up, beyond)
        if segment < last:
            down = min(down, minutes[segment + 1] - when)
        goes_on = (
            count > 0
            and frame - segment == run[0, count - 1] - run[1, count - 1]
            and abs(beyond - here.beyond[count - 1]) < ROUNDING * minutes[-1]
        )
        if not goes_on:
            run[0, count], run[1, count], here.beyond[count] = frame, segment, beyond
            count += 1
    run[0, count] = frames
    here.room[0], here.room[1] = up, down


@_inlined
@no_type_check
def _undelayed(box, source, position, here):
    """Column at a position and its two derivatives, before any delay."""
    polynomials, terms = source.polynomials, here.before
    powers = polynomials.shape[1]
    step = box.rate.step if box.has_rate else 1.0
    steps = (position - box.rate.first) / step
    node = min(max(int(steps + 0.5), 0), len(polynomials) - 1)
    place = steps - node
    for time in range(terms.shape[1]):
        terms[0, time] = polynomials[node, powers - 1, time]
        terms[1, time] = terms[2, time] = 0.0
    for back in range(1, powers):
        power = powers - 1 - back
        for time in range(terms.shape[1]):
            value, slope = terms[0, time], terms[1, time]
            terms[2, time] = terms[2, time] * place + slope
            terms[1, time] = slope * place + value
            terms[0, time] = value * place + polynomials[node, power, time]
    for time in range(terms.shape[1]):
        terms[1, time] /= step
        terms[2, time] *= 2 / (step * step)


@_compiled
@no_type_check
def _weights(x):
    """Integral of exp(-x (1 - s)) s^(k - 1) / (k - 1)! over s from 0 to 1, for k = 1 to 4."""
    decay = np.exp(-x)
    if x > SERIES_BELOW:
        one = (1 - decay) / x
        two = (1 - one) / x
        three = (1 / 2 - two) / x
        return decay, one, two, three, (1 / 6 - three) / x
    four = 1.0
    for n in range(TERMS, 0, -1):
        four = 1 - x / (n + 4) * four
    four /= 24
    three = 1 / 6 - x * four
    two = 1 / 2 - x * three
    return decay, 1 - x * two, two, three, four


@_inlined
@no_type_check
def _columns(source, q, rate, here):
    """Column and plasma of the delayed curve, and what makes the column's derivatives.

    Along a piece `s` of a segment, z = (rate + offset) s, the column is what is left of the one at
    the sample, and what the linear plasma adds: z times an integral of exponentials. Their
    derivatives by log(rate + offset) are the rows of `here.parts` after the first of each three.
    """
    parts, column, plasma, before = here.parts, here.column, here.plasma, here.before
    for frame in range(here.run[0, 0]):
        column[frame] = plasma[frame] = 0.0
    number = 0
    while here.run[0, number] < len(column):
        s = here.beyond[number]
        z = q * s
        decay, one, two, three, four = _weights(rate * s)
        one_by, one_twice = two - one, 2 * three - 2 * two + one
        two_by, two_twice = 2 * three - two, 6 * four - 4 * three + two
        parts[0, number], parts[1, number] = decay, -decay * z
        parts[2, number] = decay * z * (z - 1)
        parts[3, number], parts[4, number] = z * one, z * (one + z * one_by)
        parts[5, number] = z * (one + 3 * z * one_by + z * z * one_twice)
        parts[6, number], parts[7, number] = s * z * two, s * z * (two + z * two_by)
        parts[8, number] = s * z * (two + 3 * z * two_by + z * z * two_twice)
        b, c = parts[3, number], parts[6, number]
        frame, sample, count = _run(here, number)
        to_column, to_plasma = column[frame : frame + count], plasma[frame : frame + count]
        old = before[0, sample : sample + count]
        levels = source.plasma[sample : sample + count]
        slopes = source.slope[sample : sample + count]
        for i in range(count):
            to_column[i] = decay * old[i] + b * levels[i] + c * slopes[i]
            to_plasma[i] = levels[i] + s * slopes[i]
        number += 1


@_inlined
@no_type_check
def _run(here, number):
    """First frame and first sample of a run, and how many there are."""
    frame = here.run[0, number]
    return frame, here.run[1, number], here.run[0, number + 1] - frame


@_inlined
@no_type_check
def _amplitudes(box, q, here):
    """Put the lowest sum of squares and the best share and amplitude in their box in `here.value`.

    Gives how fast the limit that holds the amplitude changes with log(rate + offset), NaN where
    none holds it, and whether the share is free.
    """
    column, plasma, curve, weight = here.column, here.plasma, here.curve, here.weight
    own, cross, share_own, moment, share_moment = 0.0, 0.0, 0.0, 0.0, 0.0
    for time in range(len(curve)):
        weighted = weight[time] * column[time]
        own += weighted * column[time]
        cross += weighted * plasma[time]
        moment += weighted * curve[time]
        share_weighted = weight[time] * plasma[time]
        share_own += share_weighted * plasma[time]
        share_moment += share_weighted * curve[time]
    here.gram[1, 1], here.gram[1, 0], here.gram[0, 0] = own, cross, share_own
    low, high, low_by, high_by = -np.inf, np.inf, 0.0, 0.0
    for constant, slope in box.rate.lower:
        by = (slope * box.rate.offset - constant) / q
        if slope - by > low:
            low, low_by = slope - by, by
    for constant, slope in box.rate.upper:
        by = (slope * box.rate.offset - constant) / q
        if slope - by < high:
            high, high_by = slope - by, by
    share, free_share = 0.0, False
    if box.rate.has_share:
        determinant = own * share_own - cross * cross
        free = (moment * share_own - share_moment * cross) / determinant
        amplitude = _clip(free, low, high) if determinant > 0 else low
        share = (share_moment - amplitude * cross) / share_own
        free_share = box.rate.share_low < share < box.rate.share_high
        share = _clip(share, box.rate.share_low, box.rate.share_high)
        amplitude = _clip((moment - share * cross) / own, low, high)
    else:
        determinant = own
        amplitude = _clip(moment / own, low, high)
    if not box.has_exponential:
        determinant, amplitude = share_own, 0.0
    held = np.nan
    if not low < amplitude < high:
        held = low_by if amplitude <= low else high_by
    sse = 0.0
    for time in range(len(curve)):
        residual = curve[time] - amplitude * column[time] - share * plasma[time]
        sse += weight[time] * residual * residual
    here.value[0] = sse if determinant > 0 else np.inf
    here.value[1], here.value[2] = share, amplitude
    return held, free_share


@_inlined
@no_type_check
def _bend(source, q, rate, held, free_share, here):
    """Slope and bend of the projected sum of squares, exact where that is a valley."""
    free = np.isnan(held)
    change = 0.0 if free else held
    share, amplitude = here.value[1], here.value[2]
    ru, ru1, ru2, rd, rud, rdd, rp = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    u_rate, p_rate, rate_rate, u_delay, p_delay, rate_delay, delay_delay = (
        0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
    )  # fmt: skip
    number = 0
    while here.run[0, number] < len(here.curve):
        a, a1, a2 = here.parts[0, number], here.parts[1, number], here.parts[2, number]
        b1, b2 = here.parts[4, number], here.parts[5, number]
        c1, c2 = here.parts[7, number], here.parts[8, number]
        frame, sample, count = _run(here, number)
        olds, olds1, olds2 = (
            here.before[0, sample : sample + count], here.before[1, sample : sample + count],
            here.before[2, sample : sample + count],
        )  # fmt: skip
        levels = source.plasma[sample : sample + count]
        slopes = source.slope[sample : sample + count]
        column, plasma = here.column[frame : frame + count], here.plasma[frame : frame + count]
        curve, weights = here.curve[frame : frame + count], here.weight[frame : frame + count]
        for i in range(count):
            level, slope, old, old1, old2 = levels[i], slopes[i], olds[i], olds1[i], olds2[i]
            u, p, weight = column[i], plasma[i], weights[i]
            u1 = a * old1 + a1 * old + b1 * level + c1 * slope
            u2 = a * old2 + 2 * a1 * old1 + a2 * old + b2 * level + c2 * slope
            d = rate * u - q * p
            ud = q * (u - p) + rate * u1
            by_rate = change * u + amplitude * u1
            by_delay = amplitude * d - share * slope
            residual = weight * (curve[i] - amplitude * u - share * p)
            ru += residual * u
            ru1 += residual * u1
            ru2 += residual * u2
            rd += residual * d
            rud += residual * ud
            rdd += residual * (q * slope + rate * d)
            rp -= residual * slope
            u_rate += weight * u * by_rate
            p_rate += weight * p * by_rate
            rate_rate += weight * by_rate * by_rate
            u_delay += weight * u * by_delay
            p_delay += weight * p * by_delay
            rate_delay += weight * by_rate * by_delay
            delay_delay += weight * by_delay * by_delay
        number += 1
    gram = here.gram
    own, cross, share_own = gram[1, 1], gram[1, 0], gram[0, 0]
    gram[2, 0], gram[2, 1] = p_rate - change * cross, u_rate - change * own
    gram[2, 2] = rate_rate - change * (2 * u_rate - change * own)
    gram[3, 0], gram[3, 1], gram[3, 2] = p_delay, u_delay, rate_delay - change * u_delay
    gram[3, 3] = delay_delay
    here.slope[0] = -(change * ru + amplitude * ru1)
    here.slope[1] = -(amplitude * rd + share * rp)
    bent = 1.0
    for _ in range(2):
        x = rate_rate - bent * (amplitude * ru2 + change * (2 * ru1 - ru))
        y = rate_delay - bent * (change * rd + amplitude * rud)
        z = delay_delay - bent * amplitude * rdd
        one_x, one_y = u_rate - bent * ru1, u_delay - bent * rd
        other_x, other_y = p_rate, p_delay - bent * rp
        if free and free_share:
            determinant = own * share_own - cross * cross
            first = (share_own * one_x - cross * other_x) / determinant
            second = (own * other_x - cross * one_x) / determinant
            x -= one_x * first + other_x * second
            y -= one_y * first + other_y * second
            first = (share_own * one_y - cross * other_y) / determinant
            second = (own * other_y - cross * one_y) / determinant
            z -= one_y * first + other_y * second
        elif free:
            x -= one_x * one_x / own
            y -= one_x * one_y / own
            z -= one_y * one_y / own
        elif free_share:
            x -= other_x * other_x / share_own
            y -= other_x * other_y / share_own
            z -= other_y * other_y / share_own
        if x >= 0 and z >= 0 and x * z >= y * y:
            break
        bent = 0.0  # not a valley here: the bend without the residuals' part always is one
    here.bend[0], here.bend[1], here.bend[2] = x, y, z


@_compiled
@no_type_check
def _covariance(box, here, found, row):
    """Put the inverse of J' W J over share, amplitude, position and delay in `found`.

    By Cholesky's factor, of what the model has; NaN stays where the curve does not determine it.
    """
    gram, parts = here.gram, here.factor
    has = (box.rate.has_share, box.has_exponential, box.has_rate, True)
    amplitude = here.value[2]
    if box.has_rate and not amplitude > 0:
        return
    for one in range(4):
        here.scale[one] = 1 / np.sqrt(gram[one, one]) if has[one] else 0.0
    for one in range(4):
        for other in range(one + 1):
            total = 1.0 if one == other else 0.0
            if has[one] and has[other]:
                total = gram[one, other] * here.scale[one] * here.scale[other]
            for before in range(other):
                total -= parts[one, before] * parts[other, before]
            if one == other:
                if not total > 1e-13:
                    return
                parts[one, one] = np.sqrt(total)
            else:
                parts[one, other] = total / parts[other, other]
    # the inverse factor, then its transpose times itself
    inverse = here.inverse
    for one in range(4):
        for other in range(one + 1):
            total = 1.0 if one == other else 0.0
            for between in range(other, one):
                total -= parts[one, between] * inverse[between, other]
            inverse[one, other] = total / parts[one, one]
    entry = 6
    for one in range(4):
        for other in range(one + 1):
            total = 0.0
            for below in range(one, 4):
                total += inverse[below, one] * inverse[below, other]
            found[entry, row] = total * here.scale[one] * here.scale[other]
            entry += 1
