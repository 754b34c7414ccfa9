"""What a whole examination tells of its arterial input and of the physics that is presumed.

Noise of different voxels is not related, so their mean residual fades with their number. What stays
is in the arterial input, the scanner's gain, motion or the model.
"""

from dataclasses import replace
from math import sqrt
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float

from gadmap.data import Exam
from gadmap.estimators.input_delay import input_delay
from gadmap.fitting import fit_curves
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.voxels import over_slabs
from gadmap.quantities import SECONDS_PER_MINUTE

_MODEL, _MOST_VOXELS = "extended-tofts", 256


class ExamSigns(NamedTuple):
    """What is one number for a whole examination.

    Attributes
    ----------
    plasma
        Plasma concentration [mmol/L] at the frames, as it reaches the tissue.
    delay
        How much later that is than it was measured [s].
    shared
        Root mean square over the frames of the mean residual, over the residuals' own size: 0 for
        noise alone, 1 where all voxels miss the data in the same way. NaN without a fit.
    misfit
        The mean residual's root mean square over the mean fitted curve's.
    """

    plasma: Float[np.ndarray, " time"]
    delay: float
    shared: float
    misfit: float


def exam_signs(exam: Exam) -> ExamSigns:
    """The signs, from some hundred voxels of the mask, spread evenly, each weighed alike."""
    concentration = np.concatenate(
        [slab.concentration for slab in over_slabs(_thinned(exam), lambda slab: slab)]
    )
    curves = concentration[np.isfinite(concentration).all(axis=-1)]
    t, plasma = exam.series.t, np.interp(exam.series.t, exam.aif.t, exam.aif.plasma)
    if not len(curves):
        return ExamSigns(plasma, 0.0, float("nan"), float("nan"))
    delay = input_delay(curves, t, plasma)
    if delay:
        plasma = np.interp(t - delay, t, plasma)
    fit = fit_curves(curves, t, plasma, _MODEL, standard_error=False)
    model = KINETIC_MODELS[_MODEL]
    values = {q.name: torch.from_numpy(fit[q.name][fit.valid]) for q in model.parameters}
    times, arterial = torch.from_numpy(t - t[0]).float(), torch.from_numpy(plasma).float()
    fitted = tissue_concentration(model, values, times, arterial).numpy()
    residual = curves[fit.valid] - fitted
    size = np.sqrt(np.square(residual).mean(axis=1, keepdims=True))
    shared = np.square((residual / np.maximum(size, 1e-12)).mean(axis=0)).mean()
    whole = np.square(fitted.mean(axis=0)).mean() + 1e-12
    return ExamSigns(
        plasma=plasma,
        delay=delay,
        shared=sqrt(max(shared - 1 / len(residual), 0.0)),
        misfit=sqrt(np.square(residual.mean(axis=0)).mean() / whole),
    )


EXAM_FEATURES = 8


def exam_features(exam: Exam, signs: ExamSigns) -> Float[np.ndarray, " feature"]:
    """The signs and the input's shape as a network is told them, about -2 to 2."""
    t, plasma, before = exam.series.t, signs.plasma, exam.baseline_frames
    peak = plasma.max()
    noise = np.std(plasma[:before]) / peak
    tail = np.clip(plasma[-(t.size // 4) :].mean() / peak, 0.005, 1)
    area = np.trapezoid(plasma, t) / SECONDS_PER_MINUTE
    told = [
        (np.log(noise + 1e-5) + 7) / 2,
        np.log(tail) + 2,
        np.log(peak) - 1.5,
        np.log(max(area / peak, 0.01)) + 0.5,
        signs.delay / 4,
        np.log(np.nan_to_num(signs.shared) + 0.02) + 2,
        (np.log(np.nan_to_num(signs.misfit) + 1e-4) + 5) / 2,
        np.log((t[-1] - t[0]) / 300),
    ]
    return np.clip(told, -4, 4)


def _thinned(exam: Exam) -> Exam:
    """The examination with some hundred voxels of its mask."""
    inside = np.flatnonzero(exam.mask)
    kept = inside[:: max(inside.size // _MOST_VOXELS, 1)]
    mask = np.zeros(exam.mask.size, bool)
    mask[kept] = True
    return replace(exam, mask=mask.reshape(exam.mask.shape))
