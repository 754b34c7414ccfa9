"""What the residuals of all voxels have in common: a sign that the physics is not what was fitted.

Noise of different voxels is not related, so their mean residual fades with their number. What stays
is in the arterial input, the scanner's gain, motion or the model.
"""

from dataclasses import replace
from math import sqrt

import numpy as np
import torch

from gadmap.data import Exam
from gadmap.estimators.guided_input import frame_plasma
from gadmap.fitting import fit_curves
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.voxels import over_slabs

_MODEL, _MOST_VOXELS = "extended-tofts", 2_000


def common_residual(exam: Exam) -> float:
    """Root mean square over the frames of the mean residual, over the residuals' own size.

    Of some thousand voxels of the mask, spread evenly, each weighed alike; 0 for noise alone, 1
    where all voxels miss the data in the same way. NaN where no voxel can be fitted.
    """
    concentration = np.concatenate(
        [slab.concentration for slab in over_slabs(_thinned(exam), lambda slab: slab)]
    )
    curves = concentration[np.isfinite(concentration).all(axis=-1)]
    if not len(curves):
        return float("nan")
    t, plasma = exam.series.t, frame_plasma(exam)
    fit = fit_curves(curves, t, plasma, _MODEL, standard_error=False)
    model = KINETIC_MODELS[_MODEL]
    values = {q.name: torch.from_numpy(fit[q.name][fit.valid]).double() for q in model.parameters}
    times, arterial = torch.from_numpy(t - t[0]).double(), torch.from_numpy(plasma).double()
    fitted = tissue_concentration(model, values, times, arterial).numpy()
    residual = curves[fit.valid] - fitted
    size = np.sqrt(np.square(residual).mean(axis=1, keepdims=True))
    shared = np.square((residual / np.maximum(size, 1e-12)).mean(axis=0)).mean()
    return sqrt(max(shared - 1 / len(residual), 0.0))


def _thinned(exam: Exam) -> Exam:
    """The examination with some thousand voxels of its mask."""
    inside = np.flatnonzero(exam.mask)
    kept = inside[:: max(inside.size // _MOST_VOXELS, 1)]
    mask = np.zeros(exam.mask.size, bool)
    mask[kept] = True
    return replace(exam, mask=mask.reshape(exam.mask.shape))
