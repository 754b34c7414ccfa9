"""Regions of examinations without labels: what a network sees, and what was measured there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from gadmap.data import Acquisition, Exam
from gadmap.estimators.guided_exam import guided_exam
from gadmap.estimators.guided_input import GUIDED, frame_plasma
from gadmap.estimators.network_input import network_input
from gadmap.fitting import fit_curves
from gadmap.networks.fcsa_guided import Guidance, together
from gadmap.networks.frame_grid import RIDER_GRID
from gadmap.networks.guided_file import GUIDED_NETWORK
from gadmap.physics.voxels import exam_concentration
from gadmap.training.patient import determined, largest_slices
from gadmap.training.recipe import MAPPED, Recipe
from gadmap.training.regions import region_corners

TOFTS, EXTENDED = "tofts", "extended-tofts"

_REAL = 3  # what a random draw is for, beside the seed
_LOOKED_AT = 32  # regions
_SYMMETRIES = 8  # of a square


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
class RealExam:
    """Regions of one examination.

    Attributes
    ----------
    regions
        To learn from.
    fits
        Quantity name to the exact fit's values where they are determined.
    acquisition
        Settings of the dynamic frames.
    """

    regions: tuple[RealRegion, ...]
    fits: Mapping[str, Float[np.ndarray, " _"]]
    acquisition: Acquisition


def model_of(network: str) -> str:
    """The kinetic model that a network's outputs are parameters of."""
    return EXTENDED if network == GUIDED_NETWORK else TOFTS


def real_exam(name: str, exam: Exam, recipe: Recipe) -> RealExam:
    """Regions of an examination, at places that the recipe's `split_seed` draws.

    Raises
    ------
    ValueError
        If there is no region of tissue, or the network cannot see such a series.
    """
    first, stop = largest_slices(exam.mask, recipe.slices)
    kept = np.zeros_like(exam.mask)
    kept[:, :, first:stop] = exam.mask[:, :, first:stop]
    part = replace(exam, mask=kept)
    if recipe.network == GUIDED_NETWORK:
        guided, usual = guided_exam(part), None
        inside = kept
    else:
        guided, usual = None, network_input(exam, RIDER_GRID)
        inside = kept & usual.body
    corners = region_corners(
        inside[:, :, first:stop],
        count=recipe.regions,
        size=recipe.region_size,
        tissue=recipe.region_tissue,
        seed=recipe.split_seed,
        name=name,
    )
    if not len(corners):
        raise ValueError(
            f"no square of {recipe.region_size} voxels with {recipe.region_tissue:.0%} of tissue; "
            "is the mask too small?"
        )
    concentration, _ = exam_concentration(part)
    plasma = frame_plasma(exam)
    regions, fits = [], {quantity: [] for quantity in MAPPED}
    for x, y, z in (corners + [0, 0, first]).tolist():  # noqa: RUF005  # a sum of numbers
        here = (slice(x, x + recipe.region_size), slice(y, y + recipe.region_size))
        if guided is not None:
            seen, known = guided.slice(z)
            signal, usable = _cut(seen, here), known[(0, *here)].numpy()
        else:
            assert usual is not None
            signal = torch.from_numpy(usual.plane(z)[here]).movedim(-1, 0)[None].contiguous()
            usable = usual.usable[(*here, z)]
        measured, found = _measured(
            concentration[(*here, z)], usable, exam.series.t, plasma, model_of(recipe.network)
        )
        regions.append(RealRegion(signal, measured))
        for quantity, values in found.items():
            fits[quantity].append(values)
    if not any(region.measured.counts.any() for region in regions):
        raise ValueError("no curve in its regions can be fitted; does anything enhance?")
    return RealExam(
        regions=tuple(regions),
        fits={quantity: np.concatenate(parts) for quantity, parts in fits.items() if parts},
        acquisition=exam.series.acquisition,
    )


def _measured(
    concentration: Float[np.ndarray, "w h time"],
    usable: Bool[np.ndarray, "w h"],
    t: Float[np.ndarray, " time"],
    plasma: Float[np.ndarray, " time"],
    model: str,
) -> tuple[Measured, dict[str, Float[np.ndarray, " _"]]]:
    """What was measured in a region, and the fit's values where they are determined."""
    shape = concentration.shape[:2]
    curves = concentration.reshape(-1, t.size)
    known = np.asarray(np.isfinite(curves).all(axis=1))
    filled = np.where(known[:, None], curves, np.float32(0))
    fit = fit_curves(filled, t, plasma, model)
    counts = known & fit.valid & usable.reshape(-1)
    measured = Measured(
        concentration=torch.from_numpy(filled.reshape(*shape, -1)),
        t=torch.tensor(t, dtype=torch.float32),
        plasma=torch.tensor(plasma, dtype=torch.float32),
        least=torch.from_numpy(np.where(counts, fit.sse, 0).reshape(shape)).float(),
        counts=torch.from_numpy(counts.reshape(shape)),
    )
    return measured, {
        name: fit[name][counts & determined(fit, name)] for name in MAPPED if name in fit.values
    }


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
        attitudes = random.integers(_SYMMETRIES, size=self.batch)
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


def _cut(seen: Guidance, here: tuple[slice, slice]) -> Guidance:
    return _each_plane(seen, lambda plane: plane[(..., *here)].contiguous())


def _turned(region: RealRegion, attitude: int) -> RealRegion:
    """The region turned by quarters and, in the upper half of the attitudes, mirrored."""

    def plane(values: Tensor) -> Tensor:
        turned = values.rot90(attitude % 4, (-2, -1))
        return turned.flip(-1) if attitude >= _SYMMETRIES // 2 else turned

    signal, measured = region
    return RealRegion(
        _each_plane(signal, plane) if isinstance(signal, Guidance) else plane(signal),
        measured._replace(
            concentration=plane(measured.concentration.movedim(-1, 0)).movedim(0, -1),
            least=plane(measured.least),
            counts=plane(measured.counts),
        ),
    )


def _each_plane(seen: Guidance, change: Callable[[Tensor], Tensor]) -> Guidance:
    return Guidance(
        change(seen.features),
        change(seen.base),
        change(seen.spread),
        tuple(change(one) for one in seen.curves),
        seen.tokens,
    )
