"""The gray picture under every map, and the slices worth showing."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from gadmap.data import Exam, ParameterMaps
from gadmap.data.walk import mean_frame
from gadmap.drawing.slices import largest, slices_by_weight
from gadmap.drawing.view import View, view_of
from gadmap.evaluation.curves import enhancing
from gadmap.quantities import DELAY, DISPERSION, QUANTITIES

_MARGIN = 0.04
_SURE = 3.0
_AT_BOUND = 1e-5
_SOURCES = {"kep": ("ktrans", "ve", "rktrans", "rve"), "r2": ()}


@dataclass(frozen=True, eq=False, kw_only=True)
class Anatomy:
    """The mean image before contrast, cut to what holds tissue.

    Attributes
    ----------
    gray
        Brightness of each voxel, 0 to 1.
    view
        How a slice is hung.
    window
        First and last + 1 voxel shown along x and y.
    """

    gray: Float[np.ndarray, "x y z"]
    view: View
    window: tuple[slice, slice]

    def cut(self, volume: np.ndarray, k: int) -> np.ndarray:
        """Slice `k` of a volume (x, y, z, ...), inside the window, hung for the screen."""
        return self.view.picture(volume[(*self.window, k)])

    def place(self, x: int, y: int) -> tuple[int, int]:
        """Row and column of a voxel in the pictures."""
        first, second = self.window
        shape = (first.stop - first.start, second.stop - second.start)
        return self.view.position(x - first.start, y - second.start, shape)


def anatomy_of(exam: Exam) -> Anatomy:
    """The anatomy of an examination."""
    gray = mean_frame(exam.series.signal[..., : exam.baseline_frames])
    gray[~(np.isfinite(gray) & (gray > 0))] = 0
    bright = gray[gray > 0]
    gray /= np.float32(np.percentile(bright, 98) if bright.size else 1)
    np.power(np.minimum(gray, 1, out=gray), np.float32(0.8), out=gray)
    return Anatomy(gray=gray, view=view_of(exam.series.affine), window=_window(gray, _told(exam)))


def _told(exam: Exam) -> Bool[np.ndarray, "x y z"]:
    """Voxels that the page speaks of: those of the mask, the arterial input and the reference."""
    told = exam.mask.copy()
    told[tuple(exam.aif.voxels.T)] = True
    if exam.reference is not None:
        told[tuple(exam.reference.voxels.T)] = True
    return told


def _window(
    gray: Float[np.ndarray, "x y z"], told: Bool[np.ndarray, "x y z"]
) -> tuple[slice, slice]:
    """The part of a slice that holds tissue, and what the page speaks of, with a margin."""
    shown = (gray > 0.12).mean(axis=2) > 0.1
    shown |= told.any(axis=2)
    return _span(shown.any(axis=1)), _span(shown.any(axis=0))


def _span(occupied: Bool[np.ndarray, " n"]) -> slice:
    where = np.flatnonzero(occupied)
    if not where.size:
        return slice(0, occupied.size)
    margin = max(1, round(_MARGIN * occupied.size))
    return slice(max(0, int(where[0]) - margin), min(occupied.size, int(where[-1]) + 1 + margin))


def determined(maps: ParameterMaps, name: str) -> Bool[np.ndarray, "x y z"]:
    """Enhancing voxels whose data determine the parameter: it did not reach its upper bound.

    A derived parameter, as a fit's kep, is determined where those it comes from are.
    """
    bounds = maps.settings.get("bounds")
    given = bounds if isinstance(bounds, Mapping) else {}
    drawn = enhancing(maps)
    for source in (name,) if name in given else _SOURCES.get(name, (name,)):
        if source in maps.values and source in QUANTITIES:
            high = given.get(source, QUANTITIES[source].bounds)[1]  # None in a record: no bound
            if high is not None:
                drawn = drawn & (maps[source] < float(high) * (1 - _AT_BOUND))
    return drawn


def leading(maps: ParameterMaps) -> str:
    """The parameter that voxels and slices are chosen by: ktrans where there is one."""
    return "ktrans" if "ktrans" in maps.values else next(iter(maps.values))


def telling(maps: ParameterMaps, name: str) -> Bool[np.ndarray, "x y z"]:
    """Voxels whose parameter is determined and at least three standard errors.

    A delay or a dispersion may well be 0: it is told where three standard errors are less than its
    range.
    """
    drawn = determined(maps, name)
    error = maps.standard_error.get(name)
    if error is None:
        return drawn
    least = maps[name]
    if name in (DELAY.name, DISPERSION.name):
        low, high = QUANTITIES[name].bounds
        least = high - low
    return drawn & (least >= _SURE * error)


def slices_that_matter(maps: ParameterMaps, most: int) -> list[int]:
    """At most so many slices where most enhances most strongly, in the order of the array.

    A slice counts with the sum of its squared ktrans (its leading parameter's where there is none),
    so that a small tumour weighs more than a large area of faint enhancement. Only voxels that can
    be told from zero count, capped at their 99th percentile: a vessel is no reason to show a slice.
    """
    name = leading(maps)
    return slices_by_weight(maps[name], telling(maps, name), most, also=maps.valid)


def slices_by_area(where: Bool[np.ndarray, "x y z"], most: int) -> list[int]:
    """At most so many slices with the largest area, in the order of the array."""
    return largest(where.sum(axis=(0, 1)), most)
