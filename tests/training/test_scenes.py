"""Batches of scenes: a function of seed and step, each scene seen again in another attitude."""

import numpy as np
import torch

from gadmap.training.real_regions import ATTITUDES, in_attitude
from gadmap.training.scenes import SceneBatch, Scenes


def same(one: SceneBatch, other: SceneBatch) -> bool:
    pairs = [
        (one.target, other.target),
        (one.weight, other.weight),
        (one.signal.features, other.signal.features),
        *zip(one.signal.curves, other.signal.curves, strict=True),
    ]
    return all(torch.equal(a, b) for a, b in pairs)


def test_a_batch_is_the_same_whichever_steps_came_before():
    walked = Scenes(4, seed=3)
    for step in range(15):
        last = walked.at(step)
    assert same(last, Scenes(4, seed=3).at(14))
    assert not same(last, Scenes(4, seed=4).at(14))


def test_processes_share_a_batch():
    whole, parts = Scenes(4, seed=3).at(2), [Scenes(4, seed=3).at(2, rank, 2) for rank in (0, 1)]
    for rank, part in enumerate(parts):
        assert torch.equal(whole.target[rank::2], part.target)
        assert torch.equal(whole.signal.base[rank::2], part.signal.base)


def test_a_scene_is_seen_again_turned_with_all_that_belongs_to_it():
    scenes = Scenes(4, seed=5)
    first = scenes.at(0)
    again = scenes.at(13)
    attitudes = [
        (one, other)
        for one in range(ATTITUDES)
        for other in range(ATTITUDES)
        if torch.equal(in_attitude(first.target[0], one), in_attitude(again.target[1], other))
    ]
    assert attitudes
    one, other = attitudes[0]
    for part in ("features", "base", "spread"):
        before, after = (getattr(batch.signal, part) for batch in (first, again))
        assert torch.equal(in_attitude(before[0], one), in_attitude(after[1], other))
    np.testing.assert_array_equal(
        in_attitude(first.signal.curves[0], one), in_attitude(again.signal.curves[1], other)
    )


def test_what_no_step_trains_on_is_apart():
    scenes = Scenes(2, seed=1)
    seen = {float(scenes.at(step).target.double().sum()) for step in range(3)}
    kept = {float(batch.target.double().sum()) for batch in scenes.validation(2)}
    assert not seen & kept
