from dataclasses import replace

import numpy as np
import pytest
from block_case import block_series, plasma_at
from hypothesis import given
from hypothesis import strategies as st

from gadmap.preparation.curve_onset import curve_onset
from gadmap.preparation.onset import baseline_onset


@given(
    step=st.sampled_from([1.5, 3.0, 5.0]),
    onset=st.floats(20.0, 60.0),
    baseline=st.floats(1.0, 1e4),
    first=st.floats(-50.0, 1000.0),
)
def test_a_bolus_is_found_within_a_frame_at_any_sampling(step, onset, baseline, first):
    since_first = np.arange(0.0, 200.0, step)
    curve = baseline * (1 + plasma_at(since_first, onset))
    found = curve_onset(since_first + first, curve)
    assert found is not None
    assert found.time - first - onset == pytest.approx(2.5, abs=step + 2.5)
    assert curve[: found.frames].max() < baseline * 1.3


@pytest.mark.parametrize("step", [1.5, 5.0])
def test_a_slow_noisy_rise_starts_within_an_eighth_of_its_length(step):
    t = np.arange(0.0, 300.0, step)
    rise = 100 + 50 * np.clip((t - 60) / 120, 0, 1)
    for seed in range(20):
        noisy = rise + 1.5 * np.random.default_rng(seed).standard_normal(t.size)
        found = curve_onset(t, noisy)
        assert found is not None
        assert abs(t[found.frames] - 60) <= 15


def test_noise_has_no_onset():
    t = np.arange(0.0, 300.0, 5.0)
    for seed in range(30):
        noise = 100 + np.random.default_rng(seed).standard_normal(t.size)
        assert curve_onset(t, noise) is None


def test_a_constant_curve_has_no_onset():
    assert curve_onset(np.arange(10.0), np.full(10, 7.0)) is None


def test_baseline_of_a_body_ends_where_its_vessel_starts_to_rise():
    series, _ = block_series(noise=5.0)
    onset = baseline_onset(series, series.signal.mean(axis=-1) > 30)
    assert series.t[onset.frames - 1] <= 42
    assert onset.frames >= 9


def test_a_series_that_starts_after_the_bolus_is_refused():
    series, _ = block_series(noise=5.0)
    late = replace(series, signal=series.signal[..., 13:], t=series.t[13:])
    with pytest.raises(ValueError, match="enhanced from the first frame"):
        baseline_onset(late, late.signal.mean(axis=-1) > 30)


def test_a_series_without_enhancement_is_refused():
    series, _ = block_series(noise=5.0)
    still = np.repeat(series.signal[..., :8], 5, axis=-1)
    still += np.random.default_rng(0).standard_normal(still.shape).astype(np.float32)
    still = replace(series, signal=np.abs(still) + 1)
    with pytest.raises(ValueError, match="no voxel's signal rises"):
        baseline_onset(still, still.signal.mean(axis=-1) > 30)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -32768.0])
def test_bad_samples_do_not_move_the_onset(bad):
    series, _ = block_series(noise=5.0)
    mask = series.signal.mean(axis=-1) > 30
    signal = series.signal.copy()
    signal[5, 5, :, 2] = bad
    assert baseline_onset(replace(series, signal=signal), mask).frames == (
        baseline_onset(series, mask).frames
    )


def test_the_phantoms_baseline_is_found(phantom):
    onset = baseline_onset(phantom.exam.series, phantom.exam.mask | (phantom.labels > 0))
    assert onset.frames == phantom.exam.baseline_frames


@pytest.mark.data
def test_the_abdomens_bolus_is_found_at_its_injection_frame(abdomen):
    assert baseline_onset(abdomen, np.ones(abdomen.grid, dtype=bool)).frames == 7
