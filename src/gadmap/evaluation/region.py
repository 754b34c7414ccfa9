"""A region's mean curve, and the model fitted to that."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from gadmap.data import Exam, RegionFit
from gadmap.evaluation.curves import measured_curves
from gadmap.fitting.profile import LEVELS, curve_likelihood
from gadmap.physics.kinetics import Bounds


class MeanCurve(NamedTuple):
    """Mean of some voxels' curves.

    Attributes
    ----------
    curve, spread
        Mean, and standard deviation over the voxels: 0 of one.
    counted
        How many voxels.
    """

    curve: Float[np.ndarray, " time"]
    spread: Float[np.ndarray, " time"]
    counted: int


def mean_of(curves: Float[np.ndarray, "voxel time"]) -> MeanCurve:
    """Mean of curves."""
    spread = curves.std(axis=0, ddof=1) if len(curves) > 1 else np.zeros_like(curves[0])
    return MeanCurve(curves.mean(axis=0), spread, len(curves))


def mean_curve(exam: Exam, voxels: Int[np.ndarray, "n 3"]) -> MeanCurve | None:
    """Mean concentration [mmol/L] of the voxels that have one; None where none has."""
    found = measured_curves(exam, voxels)
    found = found[np.isfinite(found).all(axis=1)]
    return mean_of(found) if len(found) else None


def fit_region(
    exam: Exam,
    mask: Bool[np.ndarray, "x y z"],
    model: str = "tofts",
    *,
    name: str = "region",
    bounds: Bounds | None = None,
    fit_delay: bool = False,
    fit_dispersion: bool = False,
    levels: Sequence[float] = LEVELS,
) -> RegionFit:
    """The mean concentration of the voxels in `mask`, fitted; the exam's own mask has no say.

    Raises
    ------
    ValueError
        If the region is empty or on another grid, none of its voxels has a concentration, the
        examination has no arterial input, or the fit cannot be made.
    """
    if mask.shape != exam.series.grid:
        raise ValueError(
            f"{name} has shape {mask.shape}; expected {exam.series.grid}, the series' grid"
        )
    if not mask.any():
        raise ValueError(f"{name} is empty; expected at least one voxel that is not 0")
    if exam.aif.stand_in:
        raise ValueError(
            "the examination was prepared without an arterial input, as for a network; expected "
            "one with an input. Was it mapped with --aif none, or by a network?"
        )
    voxels = np.argwhere(mask)
    mean = mean_curve(exam, voxels)
    if mean is None:
        raise ValueError(
            f"{name}: none of its {len(voxels):,} voxels has a concentration. Is it in the body?"
        )
    t, curve = exam.series.t, mean.curve.astype(np.float64)
    plasma = np.interp(t, exam.aif.t, exam.aif.plasma)
    return RegionFit(
        name=name,
        model=model,
        voxels=len(voxels),
        counted=mean.counted,
        t=t,
        curve=curve,
        spread=mean.spread.astype(np.float64),
        likelihood=curve_likelihood(
            curve,
            t,
            plasma,
            model,
            bounds=bounds,
            fit_delay=fit_delay,
            fit_dispersion=fit_dispersion,
            levels=levels,
        ),
    )
