"""Series of few frames, in which most steps between frames are the bolus's and not noise."""

from dataclasses import replace

import numpy as np
import pytest
from block_case import block_series

from disc import disc_scan, disc_truth
from gadmap.data import Acquisition, DceSeries
from gadmap.preparation import foreground, prepare
from gadmap.preparation.onset import baseline_onset

FEW = [0, 7, 11, 16, 39]
"""Two frames before contrast, the rise, and two after the first passage of the phantom's bolus."""


def frames_of(series: DceSeries, chosen: list[int] | range) -> DceSeries:
    return replace(series, signal=series.signal[..., chosen], t=series.t[list(chosen)])


@pytest.mark.parametrize("frames", [4, 5, 6, 7, 8, 10, 16, 23])
def test_two_frames_before_contrast_are_a_baseline_in_any_number_of_frames(frames):
    series, truth = block_series(frames=frames, step=15.0, onset=20.0, noise=5.0)
    exam = prepare(series, relaxivity=4.5, hct=0.42)
    assert exam.baseline_frames == 2
    assert np.abs(exam.aif.plasma - truth.plasma).max() < 0.06 * truth.plasma.max()
    assert any("with 2 frames only" in sentence for sentence in exam.assumptions)


def test_one_frame_before_contrast_is_enough():
    series, _ = block_series(frames=5, step=15.0, onset=10.0, noise=5.0)
    assert baseline_onset(series, foreground(series)).frames == 1


def test_five_frames_of_the_phantom_give_its_plasma_at_their_times(phantom):
    series = frames_of(phantom.exam.series, FEW)
    assert phantom.exam.baseline_frames == FEW[1] + 1
    exam = prepare(series, vfa=phantom.vfa)
    truth = phantom.exam.aif.plasma[FEW]
    assert exam.baseline_frames == 2
    assert np.abs(exam.aif.plasma - truth).max() < 0.06 * truth.max()


def test_a_body_that_enhances_everywhere_is_seen_in_five_frames():
    series, _ = disc_scan()
    found = foreground(frames_of(series, [0, 3, 5, 9, 20]))
    np.testing.assert_array_equal(found, disc_truth()["inside"])


@pytest.mark.parametrize("frames", range(4, 12))
def test_noise_alone_has_no_onset(frames):
    rng = np.random.default_rng(frames)
    for _ in range(5):
        real, imaginary = rng.normal(0, 5, (2, 24, 24, 6, frames))
        series = DceSeries(
            signal=np.hypot(100 + real, imaginary).astype(np.float32),
            t=10.0 * np.arange(frames),
            affine=np.eye(4),
            acquisition=Acquisition(tr=4e-3, flip_angle=0.35),
            time_source="test",
        )
        with pytest.raises(ValueError, match="no voxel's signal rises above the noise"):
            baseline_onset(series, np.ones(series.grid, dtype=bool))


@pytest.mark.parametrize("frames", [4, 5, 6])
def test_a_short_series_that_starts_after_the_bolus_is_refused(frames):
    series, _ = block_series(frames=40, noise=5.0)
    late = frames_of(series, range(13, 13 + frames))
    with pytest.raises(ValueError, match="enhanced from the first frame"):
        baseline_onset(late, foreground(late))


def test_an_arterial_mask_of_a_short_series_is_measured():
    series, truth = block_series(frames=5, step=15.0, onset=20.0, noise=5.0)
    mask = np.zeros(series.grid, dtype=bool)
    mask[11:14, 11:14, 2] = True
    plasma = prepare(series, aif=mask, relaxivity=4.5, hct=0.42).aif.plasma
    assert np.abs(plasma - truth.plasma).max() < 0.1 * truth.plasma.max()
    with pytest.raises(ValueError, match="does not rise above the noise"):
        prepare(series, aif=np.roll(mask, 11, axis=0))


def test_a_vessel_that_is_still_full_at_the_end_is_told_from_no_tissue():
    series, _ = block_series(frames=5, step=30.0, onset=40.0, noise=5.0)
    with pytest.raises(ValueError, match="--aif parker"):
        prepare(series, relaxivity=4.5, hct=0.42)
    assert prepare(series, aif="parker").baseline_frames == 2
