"""Parameter maps by fits of the signal itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gadmap.data import CurveFit, Exam, ParameterMaps
from gadmap.data.walk import curves_at
from gadmap.estimators.by_slab import collected
from gadmap.fitting import fit_curves
from gadmap.fitting.curves import fitted_box
from gadmap.fitting.signals import Signals, fit_signals
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.voxels import ConcentrationSlab

SIGNAL_FIT = "signal-fit"


@dataclass(frozen=True)
class SignalFit:
    """Voxelwise fit of the signal, from the exact fit of the concentration on.

    Beside the kinetic parameters it fits the signal's scale, and T1 with its measured value and
    standard error, so that the parameters' errors hold those of both.

    Attributes
    ----------
    model
        Name of the kinetic model.
    noise
        "gaussian" or "rician".
    progress
        Called with the number of voxels done and of all in the mask.
    """

    model: str = "tofts"
    noise: str = "gaussian"
    progress: Callable[[int, int], None] | None = None

    needs_concentration: ClassVar[bool] = True

    def estimate(self, exam: Exam) -> ParameterMaps:
        """Maps of every voxel in the mask of `exam`; NaN elsewhere, with a reason.

        A voxel without a concentration has no start, and keeps that reason.

        Raises
        ------
        ValueError
            If there is no such model or noise, or the arterial input is not positive anywhere
            during the series.
        """
        t = exam.series.t
        plasma = np.interp(t, exam.aif.t, exam.aif.plasma)

        def fitted(slab: ConcentrationSlab) -> CurveFit:
            start = fit_curves(slab.concentration, t, plasma, self.model)
            return fit_signals(start, _signals(exam, slab), t, plasma, self.noise)

        box = fitted_box(self.model)
        settings = {
            "model_code": KINETIC_MODELS[self.model].code,
            "bounds": box,
            "domain": "signal",
            "noise": self.noise,
            "remarks": (_remark(exam, self.noise),),
        }
        found = collected(exam, fitted, self.progress)
        return found.maps(
            exam,
            estimator=SIGNAL_FIT,
            model=self.model,
            settings=settings,
        )


def _signals(exam: Exam, slab: ConcentrationSlab) -> Signals:
    x, y, z = np.unravel_index(slab.voxels, exam.series.grid)
    acquisition = exam.series.acquisition
    return Signals(
        samples=curves_at(exam.series.signal, (x, y, z)),
        baseline_frames=exam.baseline_frames,
        t10=exam.t10[x, y, z],
        t10_se=exam.t10_se[x, y, z],
        flip_angle=acquisition.flip_angle * exam.b1[x, y, z],
        tr=acquisition.tr,
        relaxivity=exam.relaxivity,
    )


def _remark(exam: Exam, noise: str) -> str:
    """What was fitted, and whose errors the standard errors hold."""
    inside = exam.mask & (exam.t10 > 0) & np.isfinite(exam.t10_se)
    error = float(np.median(exam.t10_se[inside] / exam.t10[inside])) if inside.any() else 0.0
    of_t10 = (
        f"and of T1, {error:.1%} in the median voxel"
        if error > 0
        else f"alone, for that of T1 ({exam.t10_source}) is not known"
    )
    return (
        f"The signal itself was fitted, with {noise.capitalize()} noise; standard errors hold "
        f"those of the signal's scale {of_t10}."
    )
