"""How well the frames catch the bolus, and what that costs."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from gadmap.data import Exam
from gadmap.fitting import fit_curves
from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS

_KTRANS, _VE, _HCT = 0.1, 0.3, 0.42
_STEP = 0.1  # s, of the curve taken for continuous
_PHASES = 8


@dataclass(frozen=True, kw_only=True)
class BolusSampling:
    """What the frames make of a bolus.

    Attributes
    ----------
    frames_at_peak
        Frames at which the arterial input exceeds half of its peak, in the first pass.
    low, high
        Least and largest relative error of ktrans, of all moments between two frames at which a
        bolus may arrive.
    """

    frames_at_peak: int
    low: float
    high: float

    @property
    def worst(self) -> float:
        """The error of the larger size."""
        return self.low if -self.low > self.high else self.high


def bolus_sampling(exam: Exam) -> BolusSampling:
    """What this examination's frame times make of Parker's bolus and Tofts tissue without noise.

    The tissue sees the continuous curve, the fit its samples, straight lines between them.
    """
    t = exam.series.t - exam.series.t[0]
    first = exam.baseline_frames
    phases = (np.arange(_PHASES) + 0.5) / _PHASES
    errors = [_error(t, t[first - 1] + phase * (t[first] - t[first - 1])) for phase in phases]
    return BolusSampling(
        frames_at_peak=_frames_at_peak(np.interp(exam.series.t, exam.aif.t, exam.aif.plasma)),
        low=min(errors),
        high=max(errors),
    )


def _frames_at_peak(plasma: Float[np.ndarray, " time"]) -> int:
    """Frames around the highest one that exceed half of it."""
    peak = int(np.argmax(plasma))
    low = np.flatnonzero(plasma < plasma[peak] / 2)
    before, after = low[low < peak], low[low > peak]
    start = int(before[-1]) + 1 if before.size else 0
    end = int(after[0]) if after.size else plasma.size
    return end - start


def _error(t: Float[np.ndarray, " time"], arrival: float) -> float:
    """Relative error of ktrans for a bolus that arrives then."""
    fine = np.arange(0, t[-1] + 2 * _STEP, _STEP)
    plasma = POPULATION_AIFS["parker"].plasma(torch.tensor(fine - arrival), _HCT)
    parameters = {"ktrans": torch.tensor(_KTRANS).double(), "ve": torch.tensor(_VE).double()}
    tissue = tissue_concentration(KINETIC_MODELS["tofts"], parameters, torch.tensor(fine), plasma)
    fit = fit_curves(
        np.interp(t, fine, tissue.numpy())[None], t, np.interp(t, fine, plasma.numpy())
    )
    return float(fit["ktrans"][0] / _KTRANS - 1)
