"""Regions of examinations without labels: what a network sees, and what was measured there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from gadmap.data import Acquisition, Exam, Reason
from gadmap.estimators.guided_exam import guided_exam
from gadmap.estimators.guided_input import GUIDED
from gadmap.estimators.network_input import network_input
from gadmap.fitting import fit_curves
from gadmap.networks.fcsa_guided import Guidance
from gadmap.networks.frame_grid import RIDER_GRID
from gadmap.networks.guided_file import GUIDED_NETWORK
from gadmap.physics.voxels import exam_concentration
from gadmap.training.patient import largest_slices
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
        inside, plasma = kept, guided.signs.plasma
    else:
        guided, usual = None, network_input(exam, RIDER_GRID)
        inside = kept & usual.body
        plasma = np.interp(exam.series.t, exam.aif.t, exam.aif.plasma)
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
    regions, fits = [], {quantity: [] for quantity in MAPPED}
    for x, y, z in (corners + [0, 0, first]).tolist():  # noqa: RUF005  # a sum of numbers
        here = (slice(x, x + recipe.region_size), slice(y, y + recipe.region_size))
        if guided is not None:
            signal = _cut(guided.slice(z)[0], here)
        else:
            assert usual is not None
            signal = torch.from_numpy(usual.plane(z)[here]).movedim(-1, 0)[None].contiguous()
        measured, found = _measured(
            concentration[(*here, z)], exam.series.t, plasma, model_of(recipe.network)
        )
        regions.append(RealRegion(signal, measured))
        for quantity, values in found.items():
            fits[quantity].append(values)
    return RealExam(
        regions=tuple(regions),
        fits={quantity: np.concatenate(parts) for quantity, parts in fits.items() if parts},
        acquisition=exam.series.acquisition,
    )


def _measured(
    concentration: Float[np.ndarray, "w h time"],
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
    counts = known & fit.valid
    measured = Measured(
        concentration=torch.from_numpy(filled.reshape(*shape, -1)),
        t=torch.tensor(t, dtype=torch.float32),
        plasma=torch.tensor(plasma, dtype=torch.float32),
        least=torch.from_numpy(np.where(counts, fit.sse, 0).reshape(shape)).float(),
        counts=torch.from_numpy(counts.reshape(shape)),
    )
    told = counts & (fit.reason == Reason.ESTIMATED)
    return measured, {name: fit[name][told] for name in MAPPED if name in fit.values}


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
        pairs = list(zip(chosen.tolist(), attitudes.tolist(), strict=True))[rank::world]
        return _joined([_turned(self.regions[k], a) for k, a in pairs], random)

    def looks(self) -> tuple[RealBatch, ...]:
        """Regions as they lie, evenly from all."""
        places = np.linspace(0, len(self.regions) - 1, min(_LOOKED_AT, len(self.regions)))
        random = np.random.default_rng([self.seed, _REAL])
        return tuple(
            _joined([self.regions[round(k)] for k in part], random)
            for part in np.array_split(places, max(1, len(places) // self.batch))
        )


def _joined(regions: Sequence[RealRegion], random: np.random.Generator) -> RealBatch:
    signals = [region.signal for region in regions]
    size = regions[0].measured.counts.shape
    normal = random.standard_normal((len(regions), len(GUIDED), *size), dtype=np.float32)
    return RealBatch(
        _together(signals), tuple(region.measured for region in regions), torch.from_numpy(normal)
    )


def _together(signals: list[Tensor | Guidance]) -> Tensor | Guidance:
    guided = [one for one in signals if isinstance(one, Guidance)]
    if not guided:
        return torch.cat([one for one in signals if isinstance(one, Tensor)])
    return Guidance(
        torch.cat([one.features for one in guided]),
        torch.cat([one.base for one in guided]),
        torch.cat([one.spread for one in guided]),
        tuple(one.curves[0] for one in guided),
        tuple(one.tokens[0] for one in guided),
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
