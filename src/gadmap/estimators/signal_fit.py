"""Parameter maps by fits of the signal itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gadmap.data import CurveFit, Exam, ParameterMaps
from gadmap.data.walk import Voxels, curves_at
from gadmap.estimators.by_slab import collected
from gadmap.fitting import fit_curves
from gadmap.fitting.signal_voxels import Signals
from gadmap.fitting.signals import fit_signals, signal_law
from gadmap.physics.voxels import ConcentrationSlab
from gadmap.physics.water_exchange import FAST

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
    water_exchange
        "fast": a voxel has one R1. "none": blood, interstitium and cells have one each.
    progress
        Called with the number of voxels done and of all in the mask.
    """

    model: str = "tofts"
    noise: str = "gaussian"
    water_exchange: str = FAST
    progress: Callable[[int, int], None] | None = None

    needs_concentration: ClassVar[bool] = True

    def estimate(self, exam: Exam) -> ParameterMaps:
        """Maps of every voxel in the mask of `exam`; NaN elsewhere, with a reason.

        A voxel without a concentration has no start, and keeps that reason.

        Raises
        ------
        ValueError
            If there is no such model, noise or water exchange, the model leaves open how large its
            spaces are where they matter, or the arterial input is not positive anywhere during the
            series.
        """
        law = signal_law(self.model, exam.hct, self.noise, self.water_exchange)
        t = exam.series.t
        plasma = np.interp(t, exam.aif.t, exam.aif.plasma)

        def fitted(slab: ConcentrationSlab) -> CurveFit:
            start = fit_curves(slab.concentration, t, plasma, self.model)
            x, y, z = np.unravel_index(slab.voxels, exam.series.grid)
            given = signals_at(exam, (x, y, z))
            return fit_signals(start, given, t, plasma, self.noise, self.water_exchange)

        settings = {
            "model_code": law.model.code,
            "bounds": law.coordinates.box,
            "domain": "signal",
            "noise": self.noise,
            "water_exchange": self.water_exchange,
            "remarks": (_remark(exam, self.noise), *_water_remark(exam, self.water_exchange)),
        }
        found = collected(exam, fitted, self.progress)
        return found.maps(
            exam,
            estimator=SIGNAL_FIT,
            model=self.model,
            settings=settings,
        )


def signals_at(exam: Exam, at: Voxels) -> Signals:
    """The signals of voxels (x, y, z), and what they were acquired with."""
    acquisition = exam.series.acquisition
    return Signals(
        samples=curves_at(exam.series.signal, at),
        baseline_frames=exam.baseline_frames,
        t10=exam.t10[at],
        t10_se=exam.t10_se[at],
        flip_angle=acquisition.flip_angle * exam.b1[at],
        tr=acquisition.tr,
        relaxivity=exam.relaxivity,
        hct=exam.hct,
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


def _water_remark(exam: Exam, water_exchange: str) -> tuple[str, ...]:
    """What no exchange means; fast exchange is what every other estimate assumes, and unsaid."""
    if water_exchange == FAST:
        return ()
    remark = (
        "Water is taken not to exchange between blood, interstitium and cells: each has an R1 of "
        f"its own, blood the volume of its plasma over one minus the haematocrit ({exam.hct:g})."
    )
    return (remark,)
