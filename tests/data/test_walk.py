"""Laws of walking through a series: every order of memory gives the same samples."""

import numpy as np
import pytest

from gadmap.data.scratch import Scratch
from gadmap.data.walk import curves_at, frames_of, mean_frame, pieces_of, slice_of, thinned

SHAPE = (7, 5, 4, 6)


@pytest.fixture(params=["memory, time fastest", "memory, x fastest", "scratch"])
def signal(request, tmp_path):
    samples = np.random.default_rng(1).normal(size=SHAPE).astype(np.float32)
    if request.param == "memory, time fastest":
        return samples
    if request.param == "memory, x fastest":
        return np.asfortranarray(samples)
    array = Scratch(folder=tmp_path, slab_bytes=1 << 20).empty(SHAPE)
    array[:] = samples
    return array


def test_curves_are_those_of_the_voxels_in_their_order(signal):
    at = tuple(np.array([[6, 0, 3], [0, 4, 1], [2, 0, 3]]).T)
    np.testing.assert_array_equal(curves_at(signal, at), signal[at])


def test_frames_and_slices_are_all_there(signal):
    frames = [frame.copy() for frame in frames_of(signal)]
    np.testing.assert_array_equal(np.stack(frames, axis=-1), signal)
    slices = [slice_of(signal, z).transpose(2, 1, 0) for z in range(SHAPE[2])]
    np.testing.assert_array_equal(np.stack(slices, axis=2), signal)


def test_the_mean_frame_is_the_mean(signal):
    np.testing.assert_allclose(mean_frame(signal), signal.mean(axis=-1), atol=1e-6)


@pytest.mark.parametrize("most", [1, 9, 1000])
def test_pieces_hold_every_voxel_once_and_none_outside(signal, most):
    inside = np.random.default_rng(2).random(SHAPE[:3]) < 0.4
    counts = np.zeros(SHAPE[:3], int)
    for piece in pieces_of(inside, most, signal):
        assert len(piece[0]) <= most
        np.add.at(counts, piece, 1)
    np.testing.assert_array_equal(counts, inside)


def test_nothing_inside_is_one_empty_piece(signal):
    pieces = list(pieces_of(np.zeros(SHAPE[:3], bool), 8, signal))
    assert [len(x) for x, _, _ in pieces] == [0]


def test_thinned_voxels_are_spread_evenly_and_few_are_all_there():
    where = np.random.default_rng(3).random((20, 20, 20)) < 0.5
    few = thinned(where, 100)
    assert 100 <= len(few) <= 110
    assert where[tuple(few.T)].all()
    assert np.ptp(few[:, 0]) >= 17
    np.testing.assert_array_equal(thinned(where, 8000), np.argwhere(where))
