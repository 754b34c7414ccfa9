"""Regions of examinations without labels, and batches of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from gadmap.estimators.guided_input import GUIDED
from gadmap.networks.fcsa_guided import Guidance, together

ATTITUDES = 8
"""Of a square: its symmetries."""

_REAL = 3  # what a random draw is for, beside the seed
_LOOKED_AT = 32  # regions


class Measured(NamedTuple):
    """What was measured in a region.

    Attributes
    ----------
    concentration
        Of contrast agent [mmol/L]; 0 where it is not known.
    t, plasma
        Times of the frames [s] and the arterial plasma concentration at them [mmol/L].
    least
        Sum of squares that the exact fit leaves.
    counts
        Voxels with a fit.
    """

    concentration: Float[Tensor, "h w time"]
    t: Float[Tensor, " time"]
    plasma: Float[Tensor, " time"]
    least: Float[Tensor, "h w"]
    counts: Bool[Tensor, "h w"]


class RealRegion(NamedTuple):
    """A region as a network sees it, and what was measured in it."""

    signal: Float[Tensor, "1 frames h w"] | Guidance
    measured: Measured


class RealBatch(NamedTuple):
    """Regions of examinations without labels.

    Attributes
    ----------
    signal
        What the network sees.
    measured
        In each region.
    normal
        Random numbers of the standard normal distribution, for networks that tell their errors.
    """

    signal: Float[Tensor, "b frames h w"] | Guidance
    measured: tuple[Measured, ...]
    normal: Float[Tensor, "b quantity h w"]


@dataclass(frozen=True, eq=False)
class RealRegions:
    """Batches of randomly chosen regions, each in one of the square's eight attitudes."""

    regions: Sequence[RealRegion]
    batch: int
    seed: int

    def at(self, step: int, rank: int = 0, world: int = 1) -> RealBatch:
        """Every `world`-th region of the batch of a step."""
        random = np.random.default_rng([self.seed, _REAL, step])
        chosen = random.integers(len(self.regions), size=self.batch)
        attitudes = random.integers(ATTITUDES, size=self.batch)
        pairs = list(zip(chosen.tolist(), attitudes.tolist(), strict=True))
        normal = self._normal(random, self.batch)[rank::world]
        return _batch([_turned(self.regions[k], a) for k, a in pairs[rank::world]], normal)

    def looks(self) -> tuple[RealBatch, ...]:
        """Regions as they lie, evenly from all."""
        places = np.linspace(0, len(self.regions) - 1, min(_LOOKED_AT, len(self.regions)))
        random = np.random.default_rng([self.seed, _REAL])
        return tuple(
            _batch([self.regions[round(k)] for k in part], self._normal(random, len(part)))
            for part in np.array_split(places, max(1, len(places) // self.batch))
        )

    def _normal(self, random: np.random.Generator, count: int) -> Float[Tensor, "b quantity h w"]:
        size = self.regions[0].measured.counts.shape
        drawn = random.standard_normal((count, len(GUIDED), *size), dtype=np.float32)
        return torch.from_numpy(drawn)


def _batch(regions: Sequence[RealRegion], normal: Float[Tensor, "b quantity h w"]) -> RealBatch:
    signals = [region.signal for region in regions]
    guided = [one for one in signals if isinstance(one, Guidance)]
    usual = [one for one in signals if isinstance(one, Tensor)]
    return RealBatch(
        together(guided) if guided else torch.cat(usual),
        tuple(region.measured for region in regions),
        normal,
    )


def _turned(region: RealRegion, attitude: int) -> RealRegion:
    """The region in an attitude."""
    plane = partial(in_attitude, attitude=attitude)
    signal, measured = region
    return RealRegion(
        each_plane(signal, plane) if isinstance(signal, Guidance) else plane(signal),
        measured._replace(
            concentration=plane(measured.concentration.movedim(-1, 0)).movedim(0, -1),
            least=plane(measured.least),
            counts=plane(measured.counts),
        ),
    )


def in_attitude(plane: Tensor, attitude: int) -> Tensor:
    """The last two axes turned by quarters and, in the upper half of the attitudes, mirrored."""
    turned = plane.rot90(attitude % 4, (-2, -1))
    return turned.flip(-1) if attitude >= ATTITUDES // 2 else turned


def each_plane(seen: Guidance, change: Callable[[Tensor], Tensor]) -> Guidance:
    """All planes of what a guided network sees, changed alike."""
    return Guidance(
        change(seen.features),
        change(seen.base),
        change(seen.spread),
        tuple(change(one) for one in seen.curves),
        seen.tokens,
    )
