"""Batches of scenes: made when they are wanted, a pure function of seed and step.

To make a scene takes as long as to learn from it. So each is seen four times, some steps apart and
turned or mirrored each time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.estimators.guided_exam import guided_exam
from gadmap.estimators.guided_input import FLOORS, GUIDED
from gadmap.networks.fcsa_guided import Guidance, together
from gadmap.phantoms.scene import Scene, SceneChoices, scene
from gadmap.training.real_regions import ATTITUDES, each_plane, in_attitude

_TRAINING, _VALIDATION, _CALIBRATION = 0, 1, 2  # what a scene is for, beside the seed
_AGES = (0, 13, 31, 61)  # steps after which a scene is seen again


class SceneBatch(NamedTuple):
    """What a guided network sees and should say.

    Attributes
    ----------
    signal
        Of each scene.
    target
        Logarithm of each quantity over its floor, plus one.
    weight
        1 where the exact fit is usable, else 0.
    """

    signal: Guidance
    target: Float[Tensor, "b quantity h w"]
    weight: Float[Tensor, "b 1 h w"]


@dataclass(frozen=True)
class Scenes:
    """Batches of scenes of a kind."""

    batch: int
    seed: int
    choices: SceneChoices = field(default_factory=SceneChoices)
    _kept: dict[tuple[int, int], SceneBatch] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def at(self, step: int, rank: int = 0, world: int = 1) -> SceneBatch:
        """Every `world`-th scene of the batch of a step."""
        for old in [key for key in self._kept if key[0] < step]:
            del self._kept[old]
        return joined([self._seen(step, place) for place in range(self.batch)[rank::world]])

    def _seen(self, step: int, place: int) -> SceneBatch:
        """The scene of a place in the batch of a step, turned."""
        number, view = divmod(place, len(_AGES))
        made = step + _AGES[-1] - _AGES[view]  # counted so that the oldest of the first step is 0
        one = self._kept.get((made, number))
        if one is None:
            one = self._of(_TRAINING, made, range(number, number + 1))
            self._kept[made, number] = one
        attitude = np.random.default_rng([self.seed, _TRAINING, step, place]).integers(ATTITUDES)
        return turned(one, int(attitude))

    def validation(self, batches: int) -> tuple[SceneBatch, ...]:
        """Scenes that no step trains on."""
        return tuple(self._of(_VALIDATION, k, range(self.batch)) for k in range(batches))

    def calibration(self, batches: int, part: int) -> tuple[SceneBatch, ...]:
        """Scenes of neither training nor validation, in separate parts."""
        return tuple(self._of(_CALIBRATION + part, k, range(self.batch)) for k in range(batches))

    def _of(self, use: int, step: int, places: range) -> SceneBatch:
        return scene_batch([scene((self.seed, use, step, place), self.choices) for place in places])


def scene_batch(scenes: list[Scene]) -> SceneBatch:
    """Scenes as a network sees them."""
    seen, usable = zip(*(guided_exam(one.exam).slice(0) for one in scenes), strict=True)
    return SceneBatch(
        together(seen),
        torch.stack([_target(one) for one in scenes]),
        torch.stack(usable).to(torch.float32),
    )


def joined(batches: Sequence[SceneBatch]) -> SceneBatch:
    """Several in one."""
    return SceneBatch(
        together([batch.signal for batch in batches]),
        torch.cat([batch.target for batch in batches]),
        torch.cat([batch.weight for batch in batches]),
    )


def turned(batch: SceneBatch, attitude: int) -> SceneBatch:
    """A batch as it is seen in an attitude."""
    turn = partial(in_attitude, attitude=attitude)
    return SceneBatch(each_plane(batch.signal, turn), turn(batch.target), turn(batch.weight))


def _target(one: Scene) -> Float[Tensor, "quantity h w"]:
    logarithms = [np.log1p(one.truth[name][..., 0] / FLOORS[name]) for name in GUIDED]
    return torch.from_numpy(np.stack(logarithms).astype(np.float32))
