"""Batches of scenes: made when they are wanted, a pure function of seed and step."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.estimators.guided_exam import guided_exam
from gadmap.estimators.guided_input import FLOORS, GUIDED
from gadmap.networks.fcsa_guided import Guidance, together
from gadmap.phantoms.scene import Scene, SceneChoices, scene

_TRAINING, _VALIDATION, _CALIBRATION = 0, 1, 2  # what a scene is for, beside the seed


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

    def at(self, step: int, rank: int = 0, world: int = 1) -> SceneBatch:
        """Every `world`-th scene of the batch of a step."""
        return self._of(_TRAINING, step, range(self.batch)[rank::world])

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


def _target(one: Scene) -> Float[Tensor, "quantity h w"]:
    logarithms = [np.log1p(one.truth[name][..., 0] / FLOORS[name]) for name in GUIDED]
    return torch.from_numpy(np.stack(logarithms).astype(np.float32))
