"""Laws of bringing a series to a network's frames."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gadmap.networks.frame_grid import (
    RIDER_GRID,
    FrameGrid,
    on_grid,
    resampling_weights,
    signal_scale,
)

GRID = FrameGrid(step=4.0, frames=12, baseline=4)


def rising(t: np.ndarray, first: int) -> np.ndarray:
    """A signal that is linear in time since the first enhanced frame."""
    return (3.0 + 0.25 * (t - t[first])).astype(np.float32)


def test_the_papers_grid_is_65_frames_of_4762_ms():
    assert (RIDER_GRID.step, RIDER_GRID.frames, RIDER_GRID.baseline) == (4.762, 65, 10)
    assert RIDER_GRID.times[10] == 0


@given(
    step=st.floats(1.0, 5.9),
    start=st.floats(-100, 100),
    jitter=st.floats(0, 0.4),
    seed=st.integers(0, 99),
)
def test_what_is_linear_in_time_stays_so(step: float, start: float, jitter: float, seed: int):
    """Whatever the series' steps, even or not, and wherever its clock starts."""
    uneven = 1 - jitter * np.random.default_rng(seed).uniform(0, 1, 80)
    t = start + np.cumsum(step * uneven)
    first = int(np.searchsorted(t, t[0] + 17.0))
    expected = 3.0 + 0.25 * GRID.times
    assert GRID.times[0] > t[0] - t[first]
    np.testing.assert_allclose(on_grid(rising(t, first), t, first, GRID), expected, atol=1e-4)


@pytest.mark.parametrize("first", [4, 6, 9])
def test_equal_steps_are_a_shift_bit_by_bit(first: int):
    t = 30.0 + GRID.step * np.arange(20)
    signal = np.random.default_rng(0).uniform(1, 1000, (3, 2, 20)).astype(np.float32)
    found = on_grid(signal, t, first, GRID)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, signal[..., first - 4 : first + 8])


def test_rider_frames_are_a_shift_bit_by_bit():
    """Also with times that were rounded to milliseconds on their way through files."""
    t = np.round(RIDER_GRID.step * np.arange(65), 3)
    signal = np.random.default_rng(0).uniform(1, 1000, (5, 65)).astype(np.float32)
    np.testing.assert_array_equal(on_grid(signal, t, 10, RIDER_GRID), signal)


def test_frames_before_the_series_hold_the_mean_of_its_baseline():
    t = GRID.step * np.arange(12)
    signal = np.random.default_rng(0).uniform(1, 2, (7, 12)).astype(np.float32)
    found = on_grid(signal, t, 2, GRID)
    mean = signal[:, :2].mean(axis=1)
    np.testing.assert_allclose(found[:, :2], np.stack([mean, mean], axis=1), rtol=1e-6)
    np.testing.assert_array_equal(found[:, 2:], signal[:, :10])


def test_every_frame_is_a_mean_of_samples():
    """Weights are not negative and sum to 1: a constant stays one, nothing overshoots."""
    t = np.cumsum(np.random.default_rng(1).uniform(1, 5.9, 60))
    weights = resampling_weights(t, 3, GRID)
    assert weights.min() >= 0
    np.testing.assert_allclose(weights.sum(axis=0), 1)


def test_a_bad_sample_spoils_its_own_voxel_only():
    t = GRID.step * np.arange(20)
    signal = np.ones((3, 20), dtype=np.float32)
    signal[1, 7] = np.nan
    found = on_grid(signal, t, 5, GRID)
    assert np.isfinite(found).all(axis=1).tolist() == [True, False, True]


@pytest.mark.parametrize("frames", [13, 14, 20])
def test_a_series_that_reaches_the_end_of_the_grid_is_taken(frames: int):
    t = GRID.step * np.arange(frames)
    on_grid(np.ones(frames), t, frames - 8, GRID)


def test_the_last_sample_stands_for_half_a_step_after_it():
    t = GRID.step * 0.94 * np.arange(12)
    found = on_grid(rising(t, 4), t, 4, GRID)
    assert found[-1] == pytest.approx(3.0 + 0.25 * (t[-1] - t[4]))


def test_a_short_series_is_refused_with_what_it_lacks():
    t = GRID.step * np.arange(12)
    with pytest.raises(ValueError, match=r"ends 24.0 s after.*needs 28.0 s.*cut short"):
        on_grid(np.ones(12), t, 5, GRID)


def test_a_coarse_series_is_refused_with_its_step():
    t = 1.6 * GRID.step * np.arange(20)
    with pytest.raises(ValueError, match=r"frames 6.4 s apart.*at most 6.0 s"):
        on_grid(np.ones(20), t, 5, GRID)


def test_a_gap_counts_at_the_onset_and_after_but_not_before_or_beyond_the_grid():
    steps = np.full(20, GRID.step)
    for gap, refused in ((2, False), (5, True), (9, True), (15, False)):
        wide = steps.copy()
        wide[gap - 1] = 20.0  # between frames gap - 1 and gap
        t = np.concatenate([[0], np.cumsum(wide)])
        if refused:
            with pytest.raises(ValueError, match=r"20\.0 s apart"):
                on_grid(np.ones(21), t, 5, GRID)
        else:
            on_grid(np.ones(21), t, 5, GRID)


def test_no_frame_before_contrast_is_refused():
    with pytest.raises(ValueError, match="first enhanced frame is 0"):
        on_grid(np.ones(20), GRID.step * np.arange(20), 0, GRID)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"step": 0.0}, "step is 0 s"),
        ({"step": float("nan")}, "step is nan"),
        ({"baseline": 0}, "0 of 12 frames before contrast"),
        ({"baseline": 12}, "12 of 12 frames before contrast"),
    ],
)
def test_a_grid_that_is_none_is_refused(fault: dict, message: str):
    with pytest.raises(ValueError, match=message):
        FrameGrid(**{"step": 4.0, "frames": 12, "baseline": 4} | fault)


def test_the_scale_is_a_quantile_of_the_mask_which_outliers_do_not_move():
    signal = np.linspace(0, 100, 101 * 4, dtype=np.float32).reshape(101, 4)
    mask = np.ones(101, dtype=bool)
    assert signal_scale(signal, mask) == pytest.approx(99.0)
    spoilt = np.concatenate([signal, np.full((1, 4), 1e9, dtype=np.float32)])
    assert signal_scale(spoilt, np.append(mask, False)) == pytest.approx(99.0)
    assert signal_scale(spoilt, np.append(mask, True)) < 100
    assert signal_scale(7 * signal, mask) == pytest.approx(7 * 99.0)


def test_a_mask_without_signal_has_no_scale():
    for values, mask, fault in ((0.0, True, "is 0"), (np.nan, True, "nan"), (1.0, False, "empty")):
        with pytest.raises(ValueError, match=fault):
            signal_scale(np.full((5, 4), values), np.full(5, mask))
