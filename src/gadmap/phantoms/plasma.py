"""The phantom's arterial curve."""

from dataclasses import replace
from functools import partial

import numpy as np
import torch
from jaxtyping import Float

from gadmap.phantoms.case import Case
from gadmap.physics.aifs import POPULATION_AIFS, parker_blood
from gadmap.physics.convolution import exponential_convolution

_STEP = 0.1  # s, on which the dispersion is worked out


def frame_times(case: Case) -> Float[np.ndarray, " time"]:
    """Times of the dynamic frames [s], from 0."""
    return np.arange(case.frames) * case.frame_step


def plasma_curve(case: Case) -> Float[np.ndarray, " time"]:
    """Plasma concentration [mmol/L] at the frame times; taken as linear between them.

    The population curve, at the patient's dose and pace, after the dispersion of its way to the
    brain: with the defaults a peak of 6 to 7 mmol/L and a visible second pass. All vessels and
    tissues see it without delay.

    References
    ----------
    Parker et al., Magn Reson Med 2006;56:993-1000: the curve.
    Calamante, Gadian and Connelly, Magn Reson Med 2000;44:466-473: exponential dispersion.
    """
    t = torch.arange(0, case.frames * case.frame_step + _STEP, _STEP, dtype=torch.float64)
    onset = (case.baseline_frames - case.lead) * case.frame_step
    curve = partial(parker_blood, circulation=case.cardiac_output, washout=case.washout)
    plasma = case.dose * replace(POPULATION_AIFS["parker"], curve=curve).plasma(t - onset, case.hct)
    if case.dispersion > 0:
        rate = torch.tensor(1 / case.dispersion, dtype=torch.float64)
        plasma = rate * exponential_convolution(plasma, t, rate)
    return np.interp(frame_times(case), t.numpy(), plasma.numpy())
