"""What a fit says a voxel's measured curve should be: its concentration, or that of its signal.

Measured curves are concentrations by the formula of fast exchange, from the baseline's mean and
the measured T1. Where the signal was fitted, the fit has a scale and a T1 of its own, and perhaps
no exchange of water; what can be held against the measured curve is the fitted signal, sent through
the same formula.
"""

import numpy as np
from jaxtyping import Float, Int

from gadmap.data import Exam, ParameterMaps
from gadmap.estimators import SIGNAL_FIT
from gadmap.estimators.signal_fit import signals_at
from gadmap.evaluation.curves import has_curves, modelled_curves
from gadmap.fitting.signals import fitted_signals
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.voxels import concentration_of_signal
from gadmap.physics.water_exchange import FAST, NONE


def fits_signal(maps: ParameterMaps) -> bool:
    """Whether the signal itself was fitted."""
    return maps.estimator == SIGNAL_FIT


def without_exchange(maps: ParameterMaps) -> bool:
    """Whether water was taken not to exchange, so that measured curves are not concentrations."""
    return fits_signal(maps) and maps.settings.get("water_exchange") == NONE


def fitted_curves(
    exam: Exam,
    maps: ParameterMaps,
    driving: Float[np.ndarray, " time"],
    voxels: Int[np.ndarray, "n 3"],
) -> Float[np.ndarray, "n time"]:
    """Curves [mmol/L] to hold against `measured_curves` in voxels (x, y, z).

    `driving` is the model's input [mmol/L] at the frames. NaN where a voxel was not estimated; of
    a fit of the signal also in a frame whose signal no T1 gives.

    Raises
    ------
    ValueError
        If the maps lack a parameter of their model, or their record names no known fit.
    """
    if not fits_signal(maps) or maps.model not in KINETIC_MODELS or not has_curves(maps):
        return modelled_curves(maps, exam.series.t, driving, voxels)
    curves = np.full((len(voxels), exam.series.t.size), np.nan)
    estimated = maps.valid[tuple(voxels.T)]
    x, y, z = voxels[estimated].T
    signal = fitted_signals(
        maps.model,
        {q.name: maps[q.name][x, y, z] for q in KINETIC_MODELS[maps.model].parameters},
        signals_at(exam, (x, y, z)),
        exam.series.t,
        driving,
        str(maps.settings.get("noise")),
        str(maps.settings.get("water_exchange", FAST)),
    )
    curves[estimated] = concentration_of_signal(exam, (x, y, z), signal)
    return curves
