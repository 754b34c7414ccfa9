"""Which tag tells the frame times, and which image belongs to which frame.

The first tag that gives as many distinct values as there are frames at every slice position is
the clock. Where none does, nothing is guessed: the user must give the step.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from gadmap.io.dicom_clock import CLOCKS, DAY, Clock
from gadmap.io.dicom_slice import Slice
from gadmap.io.dicom_stack import Stack
from gadmap.io.times import even_times, require_plausible_step

_ORDERS = ("TemporalPositionIdentifier", "AcquisitionNumber")
_LAST_ORDERS = ("SeriesNumber", "InstanceNumber")


@dataclass(frozen=True, eq=False)
class Frames:
    """Frames in the order of time.

    Attributes
    ----------
    slices
        Images of each frame, in the order of the slice positions.
    t
        Start of each frame [s], the first at 0. A frame starts with its earliest slice: that is
        what a NIfTI sidecar's FrameTimesStart means, and no slice is read before it was acquired.
    source
        The tag that the times come from.
    notes
        What must be said about them.
    """

    slices: tuple[tuple[Slice, ...], ...]
    t: Float[np.ndarray, " time"]
    source: str
    notes: tuple[str, ...]


def frames_of(stack: Stack, frame_step: float | None, what: str) -> Frames:
    """The frames of a dynamic stack.

    Parameters
    ----------
    frame_step
        Time between frames [s] that the user gives; it replaces the times of the files, which then
        only order the frames.

    Raises
    ------
    ValueError
        If no tag tells the times and no step is given, or the times contradict the frame numbers.
    """
    clock = next((clock for clock in CLOCKS if _tells(clock, stack)), None)
    if frame_step is not None:
        return _stepped(stack, clock, frame_step, what)
    if clock is None:
        raise ValueError(
            f"{what}: no frame times: no tag has {stack.frames} distinct values at every slice "
            f"({_tried(stack)}). Give the time between frames with --frame-step SECONDS"
        )
    times = _times(clock, stack)
    slices = _ordered(stack, times)
    times = np.sort(times, axis=1)
    _require_apart(times, clock, what)
    _require_same_order(slices, clock, what)
    t = times.min(axis=0)
    t = np.round(t - t[0], 6)  # tags hold microseconds at best
    require_plausible_step(t, str(clock), what)
    notes = (clock.caution,) if clock.caution else ()
    spread = float((times.max(axis=0) - times.min(axis=0)).max())
    if spread > 0.1 * np.diff(t).min():
        notes += (f"slices of a frame are up to {spread:.3g} s apart; its earliest is its time",)
    return Frames(slices, t, str(clock), notes)


def _tells(clock: Clock, stack: Stack) -> bool:
    return all(
        len({image.times.get(clock.keyword) for image in column} - {None}) == stack.frames
        for column in stack.columns
    )


def _times(clock: Clock, stack: Stack) -> Float[np.ndarray, "z time"]:
    """Times as the files have them, with the jump at midnight taken out."""
    times = np.array([[image.times[clock.keyword] for image in c] for c in stack.columns])
    if clock.time_of_day and np.ptp(times) > DAY / 2:
        times = np.where(times < DAY / 2, times + DAY, times)
    return times


def _ordered(stack: Stack, keys: np.ndarray) -> tuple[tuple[Slice, ...], ...]:
    """Images by frame, each slice position sorted by its keys (z, time)."""
    by_position = [
        [column[i] for i in np.argsort(key, kind="stable")]
        for column, key in zip(stack.columns, keys, strict=True)
    ]
    return tuple(zip(*by_position, strict=True))


def _require_apart(times: Float[np.ndarray, "z time"], clock: Clock, what: str) -> None:
    ends, starts = times.max(axis=0)[:-1], times.min(axis=0)[1:]
    late = np.flatnonzero(ends >= starts)
    if late.size:
        k = int(late[0])
        raise ValueError(
            f"{what}: times do not rise: by {clock} a slice of frame {k} is {ends[k] - starts[k]:g}"
            f" s after one of frame {k + 1}; expected one frame to end before the next starts. Is a"
            " slice missing in one frame and doubled in another?"
        )


def _require_same_order(slices: tuple[tuple[Slice, ...], ...], clock: Clock, what: str) -> None:
    for keyword in _ORDERS:
        numbers = _numbers(slices, keyword)
        if numbers is None:
            continue
        falls = np.flatnonzero((np.diff(numbers, axis=0) < 0).any(axis=1))
        if falls.size:
            k = int(falls[0])
            raise ValueError(
                f"{what}: times do not rise with {keyword}: by {clock} the image with number "
                f"{numbers[k].max()} comes before that with {numbers[k + 1].min()}; expected the "
                "same order. Were times edited, or are two acquisitions mixed?"
            )


def _order_numbers(slices: tuple[tuple[Slice, ...], ...], keyword: str) -> np.ndarray | None:
    """Numbers (time, z) of a tag that numbers the frames at every slice; else None."""
    numbers = _numbers(slices, keyword)
    if numbers is None:
        return None
    distinct = all(len(set(column)) == len(slices) for column in numbers.T)
    return numbers if distinct else None


def _numbers(slices: tuple[tuple[Slice, ...], ...], keyword: str) -> np.ndarray | None:
    """Numbers (time, z) of a tag that all images have; else None."""
    if keyword == "SeriesNumber":
        return np.array([[image.series_number for image in frame] for frame in slices])
    if all(keyword in image.order for frame in slices for image in frame):
        return np.array([[image.order[keyword] for image in frame] for frame in slices])
    return None


def _stepped(stack: Stack, clock: Clock | None, step: float, what: str) -> Frames:
    t, source = even_times(step, stack.frames)
    if clock is not None:
        slices = _ordered(stack, _times(clock, stack))
        return Frames(slices, t, f"{source}, ordered by {clock}", ())
    unordered = tuple(zip(*stack.columns, strict=True))
    for keyword in (*_ORDERS, *_LAST_ORDERS):
        numbers = _order_numbers(unordered, keyword)
        if numbers is not None:
            return Frames(_ordered(stack, numbers.T), t, f"{source}, ordered by {keyword}", ())
    raise ValueError(
        f"{what}: nothing orders the frames: neither a time nor "
        f"{', '.join((*_ORDERS, *_LAST_ORDERS))} differs between them. Were the headers stripped?"
    )


def _tried(stack: Stack) -> str:
    """How many values each tag that is there has at the slice that has fewest."""
    found = []
    for clock in CLOCKS:
        values = [{image.times.get(clock.keyword) for image in c} - {None} for c in stack.columns]
        if any(values):
            found.append(f"{clock} has {min(map(len, values))}")
    return ", ".join(found) or "no time at all in the headers"
