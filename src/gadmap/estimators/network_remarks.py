"""What a reader of a network's maps must know about the examination and the training."""

from collections.abc import Mapping
from math import degrees

import numpy as np

from gadmap.data import Acquisition, Exam
from gadmap.networks.checkpoint import TrainedNetwork
from gadmap.networks.frame_grid import FrameGrid

_TOLERANCE = 0.01
_SAME_STEP = 1e-3


def network_remarks(trained: TrainedNetwork, exam: Exam) -> tuple[str, ...]:
    """Sentences on what did not enter, how the frames were brought to the grid, and what is new.

    Raises
    ------
    ValueError
        If `acquisition` in the provenance is not a mapping to pairs of numbers.
    """
    without = (
        f"{trained.network} maps from the signal alone: T1, B1, relaxivity, haematocrit and "
        "arterial input, measured or assumed, do not enter."
    )
    return (
        without,
        *_frame_sentences(exam, trained.grid),
        *_unseen_sentences(trained, exam.series.acquisition),
    )


def _frame_sentences(exam: Exam, grid: FrameGrid) -> list[str]:
    """How the series was brought to the network's frames."""
    t, first = exam.series.t, exam.baseline_frames
    steps = np.diff(t)
    sentences = []
    if np.abs(steps - grid.step).max() > _SAME_STEP * grid.step:
        sentences.append(
            f"Frames: interpolated linearly in time, from steps of {_range(steps, 's')} to the "
            f"network's {grid.step:g} s."
        )
    earlier = int((grid.times < t[0] - t[first] - _SAME_STEP * grid.step).sum())
    if earlier:
        sentences.append(
            f"Frames: the first {earlier} of the network's {grid.frames} lie before the series and "
            f"hold the mean of its {first} frames before contrast."
        )
    return sentences


def _unseen_sentences(trained: TrainedNetwork, acquisition: Acquisition) -> list[str]:
    """Settings of the scanner outside those that the network was trained on."""
    words = {
        "tr": ("repetition time", 1e3, "ms"),
        "flip_angle": ("flip angle", degrees(1), "°"),
        "field_strength": ("field strength", 1.0, "T"),
    }
    ranges = trained.provenance.get("acquisition", {})
    if not isinstance(ranges, Mapping):
        raise ValueError(f"acquisition in the provenance is {ranges!r}; expected ranges by name")
    sentences = []
    for name, (what, factor, unit) in words.items():
        value = getattr(acquisition, name)
        if name not in ranges or value is None:
            continue
        low, high = ranges[name]
        if not low * (1 - _TOLERANCE) <= value <= high * (1 + _TOLERANCE):
            seen = _range(np.array([low, high]) * factor, unit)
            sentences.append(
                f"{trained.network} was trained on a {what} of {seen}; here it is "
                f"{value * factor:.3g} {unit}, and its maps may be biased."
            )
    return sentences


def _range(values: np.ndarray, unit: str) -> str:
    low, high = f"{values.min():.4g}", f"{values.max():.4g}"
    return f"{low} {unit}" if low == high else f"{low} to {high} {unit}"
