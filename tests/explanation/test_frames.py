"""Laws of the frames' shares in an estimate, and of the deletion of frames."""

import numpy as np
import pytest
import torch

from explained_region import GRID, one_frame_network, some_seen
from gadmap.explanation import deletion_test, frame_gradients, region_attention
from gadmap.explanation.deletion import deletion_counts, without_frames
from gadmap.networks import NETWORKS

USED = 7


@pytest.mark.parametrize("network", NETWORKS)
def test_the_shares_add_up_to_the_change_of_the_estimate(network: str):
    """Completeness, Sundararajan et al., Proposition 1."""
    found = frame_gradients(some_seen(network))
    change = found.end - found.start
    moved = np.abs(found.frames).sum()
    assert moved > 1e-4
    assert found.frames.sum() == pytest.approx(change, abs=0.02 * moved)


def test_frames_that_are_not_used_have_no_share():
    found = frame_gradients(some_seen(one_frame_network(USED)))
    assert np.flatnonzero(found.frames).tolist() == [USED]
    assert found.gap < 1e-4


def test_without_contrast_agent_there_is_no_change():
    seen = some_seen()
    before = seen.before_contrast()
    assert torch.allclose(before[:, 0], seen.signal[:, : GRID.baseline].mean(dim=1))
    assert torch.equal(before[:, 0], before[:, -1])
    assert frame_gradients(seen).start == pytest.approx(seen.estimate(before))


def test_deleting_frames_that_are_not_used_changes_nothing():
    seen = some_seen(one_frame_network(USED))
    last = np.ones(GRID.frames)
    last[USED] = 0
    found = deletion_test(seen, {"all others first": last}, orders=1)
    np.testing.assert_allclose(found.change["all others first"], 0, atol=1e-6)
    assert found.area("all others first") < 0


def test_the_frame_that_is_used_is_found_first():
    seen = some_seen(one_frame_network(USED, "cnn-local-fab"))
    attention = region_attention(seen)
    assert attention is not None
    of_frames = attention.mean_frames()
    assert of_frames is not None
    shares = np.abs(frame_gradients(seen).frames)
    found = deletion_test(seen, {"attention": of_frames, "gradients": shares})
    for name in ("attention", "gradients"):
        assert found.change[name][1] > 0
        assert found.area(name) > 0
        assert found.beaten(name) >= 10
    assert found.random[:, 0].tolist() == [0] * len(found.random)


def test_random_orders_come_from_the_seed():
    seen = some_seen(one_frame_network(USED))
    first, again, other = (deletion_test(seen, {}, seed=seed).random for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_region_without_an_estimate_is_refused():
    seen = some_seen(one_frame_network(USED, gain=0.0))
    with pytest.raises(ValueError, match="about 0"):
        deletion_test(seen, {})


def test_a_straight_line_survives_any_deletion_between_its_ends():
    deleted = np.zeros(GRID.frames, dtype=bool)
    deleted[[1, 2, 5, 8]] = True
    line = 3.0 + 2.0 * np.arange(GRID.frames)
    np.testing.assert_allclose(line @ without_frames(deleted), line)


def test_deleted_ends_take_the_value_of_the_nearest_frame():
    deleted = np.zeros(GRID.frames, dtype=bool)
    deleted[[0, 1, -1]] = True
    line = np.arange(GRID.frames, dtype=float)
    found = line @ without_frames(deleted)
    assert (found[0], found[1], found[-1]) == (2, 2, GRID.frames - 2)


@pytest.mark.parametrize("frames", [4, 12, 65])
def test_counts_rise_from_none_and_leave_two_frames(frames: int):
    counts = deletion_counts(frames)
    assert counts[0] == 0
    assert (np.diff(counts) > 0).all()
    assert counts[-1] <= frames - 2
