"""Maps put together from what is made of the concentration of slabs of the mask."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8

from gadmap.data import Exam, ParameterMaps, Reason
from gadmap.data.scratch import full_beside, let_go
from gadmap.physics.voxels import ConcentrationSlab, over_slabs


@runtime_checkable
class OfCurves(Protocol):
    """What is made of curves: a fit, or their description."""

    @property
    def values(self) -> Mapping[str, np.ndarray]:
        """Quantity name to array."""
        ...

    @property
    def standard_error(self) -> Mapping[str, np.ndarray]:
        """Quantity name to array of standard errors."""
        ...

    @property
    def reason(self) -> np.ndarray:
        """A `Reason` for each curve."""
        ...


class Collected(NamedTuple):
    """What was made of all slabs, on the whole grid."""

    values: dict[str, Float[np.ndarray, "x y z"]]
    standard_error: dict[str, Float[np.ndarray, "x y z"]]
    reason: UInt8[np.ndarray, "x y z"]

    def maps(
        self, exam: Exam, *, estimator: str, model: str, settings: Mapping[str, object]
    ) -> ParameterMaps:
        """As maps of `exam`: valid where a voxel was estimated."""
        return ParameterMaps(
            values=self.values,
            standard_error=self.standard_error,
            valid=(self.reason == Reason.ESTIMATED) | (self.reason >= Reason.NO_ENHANCEMENT),
            reason=self.reason,
            affine=exam.series.affine,
            estimator=estimator,
            model=model,
            settings=settings,
        )


def collected(
    exam: Exam,
    work: Callable[[ConcentrationSlab], OfCurves],
    progress: Callable[[int, int], None] | None,
) -> Collected:
    """Maps of what `work` makes of the concentration of the mask's voxels; NaN elsewhere.

    A voxel without concentration has the reason for that, any other the one that it is given.
    `progress` is called with the number of voxels done and of all in the mask.
    """
    grid, signal = exam.series.grid, exam.series.signal
    maps = Collected({}, {}, full_beside(signal, grid, Reason.OUTSIDE_MASK, np.uint8))
    done, total = 0, int(exam.mask.sum())

    def of_slab(slab: ConcentrationSlab) -> tuple[ConcentrationSlab, OfCurves]:
        return slab, work(slab)

    for slab, found in over_slabs(exam, of_slab):
        at = np.unravel_index(slab.voxels, grid)
        _put(maps.values, found.values, at, exam)
        _put(maps.standard_error, found.standard_error, at, exam)
        maps.reason[at] = np.where(slab.reason == Reason.ESTIMATED, found.reason, slab.reason)
        let_go(maps.reason, *maps.values.values(), *maps.standard_error.values())
        done += slab.voxels.size
        if progress:
            progress(done, total)
    return maps


def _put(
    maps: dict[str, np.ndarray],
    found: Mapping[str, np.ndarray],
    at: tuple[np.ndarray, ...],
    exam: Exam,
) -> None:
    """Put the values of some voxels into their maps, which start as NaN."""
    for name, values in found.items():
        if name not in maps:
            maps[name] = full_beside(exam.series.signal, exam.series.grid, np.nan)
        maps[name][at] = values
