from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from gadmap.data import DceSeries
from gadmap.preparation.mask import foreground
from gadmap.preparation.motion import corrected_series


@pytest.fixture(scope="module")
def still(phantom) -> DceSeries:
    """Six frames around the bolus, every other row."""
    frames = [0, 1, 2, 9, 10, 30]
    series = phantom.exam.series
    affine = series.affine.copy()
    affine[:3, :2] *= 2
    signal = np.ascontiguousarray(series.signal[::2, ::2][..., frames])
    return replace(series, signal=signal, t=series.t[frames], affine=affine)


def moved(series: DceSeries, shifts_mm: np.ndarray, degrees: np.ndarray) -> DceSeries:
    spacing = np.linalg.norm(series.affine[:3, :3], axis=0)
    centre = (np.array(series.grid) - 1) / 2
    frames = []
    for frame, shift, angle in zip(
        np.moveaxis(series.signal, -1, 0), shifts_mm, np.radians(degrees), strict=True
    ):
        turn = np.array(
            [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
        )
        offset = centre - turn @ centre + shift / spacing
        frames.append(ndimage.affine_transform(frame, turn, offset, order=3, mode="nearest"))
    return replace(series, signal=np.stack(frames, axis=-1).clip(0).astype(np.float32))


def test_rigid_motion_is_taken_back_also_through_the_bolus(still):
    shifts = np.array([(0, 0, 0)] * 3 + [(3, -2, 0), (-2, 4, 0), (4, 1, 0)], dtype=float)
    degrees = np.array([0, 0, 0, 1.5, -1, 2.0])
    series = moved(still, shifts, degrees)
    mask = foreground(still)
    corrected, motion = corrected_series(series, 3, mask)
    displacement = motion.displacement
    spacing = np.linalg.norm(still.affine[:3, :3], axis=0)
    centre = (np.array(still.grid) - 1) / 2
    around = (np.argwhere(mask) - centre) * spacing
    for frame, (shift, degree) in enumerate(zip(shifts, degrees, strict=True)):
        angle = np.radians(degree)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        plane = around[:, :2] - shift[:2]
        true = np.linalg.norm(plane @ turn.T - around[:, :2], axis=1).mean()
        assert displacement[frame] == pytest.approx(true, abs=0.25)
    inside = ndimage.binary_erosion(mask, np.ones((5, 5, 1))) & (
        np.isfinite(corrected.signal).all(axis=-1)
    )
    before = np.abs(series.signal - still.signal)[inside].mean(axis=0)
    after = np.abs(corrected.signal - still.signal)[inside].mean(axis=0)
    assert (after[3:] < 0.5 * before[3:]).all()


def test_a_still_series_stays_where_it_is(still):
    unmoved, motion = corrected_series(still, 3, foreground(still))
    assert motion.displacement.max() < 0.4  # the slices are 5 mm thick
    assert not motion.corrected.any()
    np.testing.assert_array_equal(unmoved.signal, still.signal)


def test_a_single_slice_moves_in_its_plane_only(still):
    one = replace(still, signal=still.signal[:, :, 2:3])
    shifts = np.array([(0, 0, 0)] * 3 + [(3, -2, 0)] * 3, dtype=float)
    series = moved(one, shifts, np.zeros(6))
    corrected, motion = corrected_series(series, 3, foreground(one))
    assert corrected.grid == one.grid
    np.testing.assert_allclose(motion.displacement, [0, 0, 0] + [13**0.5] * 3, atol=0.3)
    assert np.abs(motion.shifts[:, 2]).max() < 1e-6
    assert np.abs(motion.rotations[:, :2]).max() < 1e-6


def test_progress_ends_at_its_total_and_bad_samples_stay_bad(still):
    signal = still.signal.copy()
    signal[40, 40, 2, 1] = np.nan
    steps = []
    corrected, _ = corrected_series(
        replace(still, signal=signal), 3, foreground(still), progress=lambda *s: steps.append(s)
    )
    assert steps[-1][0] == steps[-1][1]
    assert np.isnan(corrected.signal[40, 40, 2, 1])
    assert np.isfinite(corrected.signal[..., 0][foreground(still)]).mean() > 0.99


def test_an_empty_frame_is_one_clear_line(still):
    signal = still.signal.copy()
    signal[..., 4] = 0
    with pytest.raises(ValueError, match="frame 4 is empty where the body is"):
        corrected_series(replace(still, signal=signal), 3, foreground(still))
