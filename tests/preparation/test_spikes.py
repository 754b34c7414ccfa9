"""A sample that no contrast agent can give is a matter of its voxel, not of the examination."""

from dataclasses import replace
from math import radians

import numpy as np
import pytest
import torch
from block_case import block_series

from gadmap.data import Acquisition
from gadmap.physics.spgr import spgr_signal
from gadmap.preparation import foreground, prepare
from gadmap.preparation.onset import baseline_onset
from gadmap.preparation.statistics import highest_rise, signal_statistics


@pytest.fixture(scope="module")
def clean(phantom):
    return prepare(phantom.exam.series, vfa=phantom.vfa)


@pytest.mark.parametrize(
    ("frame", "size"),
    [(3, 4095), (20, 4095), (0, 1e5), (3, 1e5), (20, 1e30), (39, 1e30), (slice(2, 8), 3e38)],
)
def test_spikes_in_few_voxels_change_neither_mask_nor_onset_nor_input(phantom, clean, frame, size):
    brain = phantom.exam.mask & (phantom.purity > 0.99)
    voxels = np.argwhere(brain)[:: np.count_nonzero(brain) // 40]
    signal = phantom.exam.series.signal.copy()
    signal[(*voxels.T, frame)] = size
    exam = prepare(replace(phantom.exam.series, signal=signal), vfa=phantom.vfa)
    assert np.count_nonzero(exam.mask != clean.mask) < 1e-4 * np.count_nonzero(clean.mask)
    assert exam.baseline_frames == clean.baseline_frames
    np.testing.assert_array_equal(exam.aif.voxels, clean.aif.voxels)
    np.testing.assert_array_equal(exam.aif.plasma, clean.aif.plasma)


def test_spikes_in_a_small_body_are_as_harmless():
    series, truth = block_series(noise=5.0)
    signal = series.signal.copy()
    signal[4, 4:9, :, 3] = 1e30
    spiked = replace(series, signal=signal)
    assert baseline_onset(spiked, foreground(spiked)).frames == (
        baseline_onset(series, foreground(series)).frames
    )
    for aif in ("auto", "parker"):
        found, sound = (prepare(s, aif=aif, relaxivity=4.5, hct=0.42) for s in (spiked, series))
        assert np.abs(found.aif.plasma - sound.aif.plasma).max() < 0.02 * truth.plasma.max()


@pytest.mark.parametrize("degrees", [15, 25, 40])
@pytest.mark.parametrize("tr", [2e-3, 5e-3])
def test_the_highest_rise_is_that_of_full_relaxation(degrees, tr):
    acquisition = Acquisition(tr=tr, flip_angle=radians(degrees))
    native, full = spgr_signal(
        torch.tensor([0.5, 1e6], dtype=torch.float64),
        torch.ones(2, dtype=torch.float64),
        torch.tensor(acquisition.flip_angle),
        tr,
    )
    assert highest_rise(acquisition) == pytest.approx(float(full / native))


@pytest.mark.parametrize(
    ("frames", "step", "after"), [(4, 40.0, 0.04), (8, 20.0, 0.04), (40, 4.0, 0.3)]
)
def test_the_highest_bolus_that_a_vessel_can_give_is_no_spike(frames, step, after):
    """Seen in one frame where frames are far apart, and not gone at once where they are close."""
    series, _ = block_series(frames=frames, step=step, onset=step + 1)
    signal = series.signal.copy()
    vessel = signal[10:15, 10:15]
    vessel[..., 2] = 0.99 * highest_rise(series.acquisition) * vessel[..., 0]
    vessel[..., 3:] = after * vessel[..., 2:3]
    assert signal_statistics(replace(series, signal=signal)).usable.all()
