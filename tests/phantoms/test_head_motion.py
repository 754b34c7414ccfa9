"""Laws of the head's motion: it is rigid, starts at rest and leaves the rest alone."""

from dataclasses import replace
from math import inf, radians

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gadmap.phantoms import Case, patient_case, phantom_of
from gadmap.phantoms.motion import head_motion, move
from gadmap.phantoms.sampling import voxel_centres

CASE = Case(matrix=64, slices=20, frames=9, field_of_view=128.0, slice_thickness=2.0, jumps=2)
MOVING = replace(CASE, drift=0.8, drift_angle=radians(1.5))


def blobs(points):
    """A smooth object, wide against a voxel, at places (3 *n) [mm]."""
    x, y, z = points
    first = np.exp(-((x - 12) ** 2 + (y + 5) ** 2 + (z - 18) ** 2) / 512)
    return 100 * (first + 0.5 * np.exp(-((x + 20) ** 2 + (y + 30) ** 2 + (z - 22) ** 2) / 512))


def test_moved_frames_show_the_object_where_the_rigid_motion_took_it():
    motion = head_motion(MOVING)
    points = np.stack(np.meshgrid(*voxel_centres(MOVING), indexing="ij")).astype(float)
    signal = np.repeat(blobs(points)[..., None], MOVING.frames, axis=-1).astype(np.float32)
    move(signal, motion, MOVING)
    centre = np.array(MOVING.centre)[:, None]
    inner = (slice(6, -6), slice(6, -6), slice(6, -6))
    for frame in range(MOVING.frames):
        turn = Rotation.from_rotvec(motion[frame, 3:]).as_matrix()
        flat = points.reshape(3, -1)
        rest = turn.T @ (flat - centre - motion[frame, :3, None]) + centre
        expected = blobs(rest.reshape(points.shape))
        still = np.abs(blobs(points) - expected)[inner].max()
        error = np.abs(signal[..., frame] - expected)[inner].max()
        assert error < 0.4
        assert frame == 0 or still > 3 * error


def test_the_head_starts_at_rest():
    assert (head_motion(MOVING)[0] == 0).all()
    assert (np.abs(head_motion(MOVING)[1:]).max(axis=0) > 0).all()


def test_motion_ends_with_the_spread_asked_for():
    """A random walk: the last frame's standard deviation is the drift."""
    walks = [head_motion(replace(MOVING, seed=seed, jumps=0, frames=20))[-1] for seed in range(300)]
    sd = np.std(walks, axis=0)
    np.testing.assert_allclose(sd[:3], MOVING.drift, rtol=0.15)
    np.testing.assert_allclose(sd[3:], MOVING.drift_angle, rtol=0.15)


def test_jumps_come_on_top_at_as_many_frames():
    without = head_motion(replace(MOVING, jumps=0))
    jumps = np.diff(head_motion(MOVING) - without, axis=0)
    assert 1 <= (np.abs(jumps) > 1e-9).any(axis=1).sum() <= MOVING.jumps


def test_without_motion_the_case_is_static_and_nothing_else_changes():
    moving = replace(patient_case(4, 1, matrix=32, slices=8, frames=14), snr=inf)
    still = replace(patient_case(4, 1, matrix=32, slices=8, frames=14, motion=False), snr=inf)
    moved, rested = phantom_of(moving), phantom_of(still)
    assert (rested.motion == 0).all()
    baseline = rested.exam.series.signal[..., : rested.exam.baseline_frames]
    assert (baseline == baseline[..., :1]).all()
    np.testing.assert_array_equal(moved.vfa.signal, rested.vfa.signal)
    np.testing.assert_array_equal(moved.truth["ktrans"], rested.truth["ktrans"])
    np.testing.assert_allclose(
        moved.exam.series.signal[..., 0], rested.exam.series.signal[..., 0], rtol=1e-5, atol=1e-3
    )
    assert np.abs(moved.exam.series.signal - rested.exam.series.signal).max() > 5
    assert moved.exam.series.signal.min() >= 0


@pytest.mark.parametrize("smooth_axis", [0, 1, 2])
def test_a_shift_by_a_whole_voxel_is_exact(smooth_axis):
    case = replace(CASE, frames=9, matrix=16, slices=6, field_of_view=32.0)
    generator = np.random.default_rng(0)
    signal = generator.uniform(0, 100, (16, 16, 6, 9)).astype(np.float32)
    motion = np.zeros((9, 6))
    motion[4, smooth_axis] = case.voxel_size[smooth_axis]
    moved = signal.copy()
    move(moved, motion, case)
    shifted = np.roll(signal[..., 4], 1, axis=smooth_axis)
    inner = np.moveaxis(moved[..., 4], smooth_axis, 0)[1:]
    np.testing.assert_allclose(inner, np.moveaxis(shifted, smooth_axis, 0)[1:], rtol=1e-4)
    others = [frame for frame in range(9) if frame != 4]
    np.testing.assert_allclose(moved[..., others], signal[..., others], rtol=1e-5)
