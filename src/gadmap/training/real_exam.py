"""What a network sees of an examination without labels, and what was measured there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from gadmap.data import Acquisition, Exam
from gadmap.estimators.guided_exam import guided_exam
from gadmap.estimators.guided_input import frame_plasma
from gadmap.estimators.network_input import network_input
from gadmap.fitting import fit_curves
from gadmap.networks.fcsa_guided import Guidance
from gadmap.networks.frame_grid import RIDER_GRID
from gadmap.networks.guided_file import GUIDED_NETWORK
from gadmap.physics.voxels import exam_concentration
from gadmap.training.patient import determined, largest_slices, only_slices
from gadmap.training.real_regions import Measured, RealRegion, each_plane
from gadmap.training.recipe import MAPPED, Recipe
from gadmap.training.regions import region_corners

TOFTS, EXTENDED = "tofts", "extended-tofts"


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
    kept = only_slices(exam.mask, (first, stop))
    part = replace(exam, mask=kept)
    planes, inside = (
        _guided_planes(part) if recipe.network == GUIDED_NETWORK else _signal_planes(exam, kept)
    )
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
        seen, usable = planes(z)
        signal = _cut(seen, here)
        measured, found = _measured(
            concentration[(*here, z)], usable[here], exam.series.t, plasma, model_of(recipe.network)
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


Planes = Callable[[int], tuple[Float[Tensor, "1 frames x y"] | Guidance, np.ndarray]]
"""What a network sees of a slice, and where it is usable; the last slice asked for is kept."""


def _guided_planes(exam: Exam) -> tuple[Planes, Bool[np.ndarray, "x y z"]]:
    """Planes of the guided network, and the voxels to learn from."""
    guided = guided_exam(exam)

    @lru_cache(maxsize=1)
    def plane(z: int) -> tuple[Guidance, np.ndarray]:
        seen, usable = guided.slice(z)
        return seen, usable[0].numpy()

    return plane, exam.mask


def _signal_planes(
    exam: Exam, kept: Bool[np.ndarray, "x y z"]
) -> tuple[Planes, Bool[np.ndarray, "x y z"]]:
    """Planes of networks of the signal, and the voxels of `kept` to learn from."""
    usual = network_input(exam, RIDER_GRID)

    @lru_cache(maxsize=1)
    def plane(z: int) -> tuple[Tensor, np.ndarray]:
        return torch.from_numpy(usual.plane(z)).movedim(-1, 0)[None], usual.usable[..., z]

    return plane, kept & usual.body


def _cut(
    seen: Float[Tensor, "1 frames x y"] | Guidance, here: tuple[slice, slice]
) -> Float[Tensor, "1 frames w h"] | Guidance:
    def cut(plane: Tensor) -> Tensor:
        return plane[(..., *here)].contiguous()

    return each_plane(seen, cut) if isinstance(seen, Guidance) else cut(seen)
