"""Values between samples, compiled: loops over voxels that array operations are slow at.

`no_type_check` keeps the checks of shapes, which the tests put around every function, out of it.
"""

from typing import no_type_check

import numba
import numpy as np

_compiled = numba.njit(cache=True, nogil=True, error_model="numpy")
_fused = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})


@_compiled
@no_type_check
def linear_values(samples, index):
    """Values (n,) of `samples` (a b c) at fractional indices (3 n), linear, edges held."""
    values = np.empty(index.shape[1], samples.dtype)
    last = np.array(samples.shape) - 1
    low, high, share = np.empty(3, np.int64), np.empty(3, np.int64), np.empty(3)
    for n in range(values.size):
        for axis in range(3):
            place = min(max(np.float64(index[axis, n]), 0.0), np.float64(last[axis]))
            low[axis] = np.int64(place)
            high[axis] = min(low[axis] + 1, last[axis])
            share[axis] = place - low[axis]
        total = 0.0
        for a, wa in ((low[0], 1 - share[0]), (high[0], share[0])):
            for b, wb in ((low[1], 1 - share[1]), (high[1], share[1])):
                total += np.float64(samples[a, b, low[2]]) * wa * wb * (1 - share[2])
                total += np.float64(samples[a, b, high[2]]) * wa * wb * share[2]
        values[n] = total
    return values


@_compiled
@no_type_check
def sums_by_place(samples, place, places):
    """Sums (kind places) of the `samples` (kind n) that share a `place` (n), in their order."""
    sums = np.zeros((samples.shape[0], places), samples.dtype)
    for kind in range(samples.shape[0]):
        for n in range(place.size):
            sums[kind, place[n]] += samples[kind, n]
    return sums


@_fused
@no_type_check
def shift_lines(lines, shift, smooth):
    """Shift the samples of all `lines` (a b sample time) along themselves, in place, edges held.

    Frame f then shows at index (a, b, n) what lay `shift[:, f] @ (a, b, n, 1)` further along the
    line: by cubic convolution where `smooth`, else linear.
    """
    lines_a, lines_b, count, frames = lines.shape
    still = np.empty((count, frames), np.float32)
    place, values = np.empty((2, frames), np.float32)
    for a in range(lines_a):
        for b in range(lines_b):
            still[:] = lines[a, b]
            if not still.any():  # air, in every frame
                continue
            for n in range(count):
                for f in range(frames):
                    turned = shift[0, f] * a + shift[1, f] * b + shift[2, f] * n
                    place[f] = n + turned + shift[3, f]
                    values[f] = 0
                before = int(np.floor(place.min()))
                after = int(np.floor(place.max())) + 1
                for sample in range(before - smooth, after + smooth + 1):
                    row, at = still[min(max(sample, 0), count - 1)], np.float32(sample)
                    if smooth:
                        for f in range(frames):
                            values[f] += _cubic(abs(place[f] - at)) * row[f]
                    else:
                        for f in range(frames):
                            values[f] += _linear(abs(place[f] - at)) * row[f]
                lines[a, b, n] = values


@_fused
@no_type_check
def _linear(distance):
    """Weight of a sample at a distance [samples] in linear interpolation."""
    return max(np.float32(0), np.float32(1) - distance)


@_fused
@no_type_check
def _cubic(distance):
    """Weight of a sample at a distance [samples] in cubic convolution."""
    near = (np.float32(1.5) * distance - np.float32(2.5)) * distance * distance + np.float32(1)
    far = np.float32(2.5) - np.float32(0.5) * distance
    far = (far * distance - np.float32(4)) * distance + np.float32(2)
    far = far if distance < 2 else np.float32(0)
    return near if distance < 1 else far
