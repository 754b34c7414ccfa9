"""How much later the bolus reaches the tissue than the arterial input says: one number."""

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import nnls

from gadmap.physics.convolution import exponential_convolution
from gadmap.quantities import SECONDS_PER_MINUTE

_STEP, _LARGEST = 1.0, 8.0  # s
_RATES = np.array([0.0, *np.geomspace(0.05, 8.0, 9)])  # 1/min
_FLOOR = 0.005  # of the mean curve: what its columns may miss without any delay
_LEAST_GAIN = 12.0  # of the logarithm of the likelihood, below which there is no delay


def input_delay(
    curves: Float[np.ndarray, "voxel time"],
    t: Float[np.ndarray, " time"],
    plasma: Float[np.ndarray, " time"],
) -> float:
    """Delay [s] under which the input explains the tissue best; 0 where none helps.

    The mean curve, in which noise and T1's error fade, is explained by plasma and its convolutions
    with exponentials, none negative: no kinetic model is presumed. Negative where the input was
    measured downstream of the tissue.
    """
    tissue = curves.mean(axis=0, dtype=np.float64)

    def surprise(delay: float) -> float:
        return _surprise(tissue, t, np.interp(t - delay, t, plasma))

    none, early, late = surprise(0.0), surprise(-_STEP), surprise(_STEP)
    if none <= min(early, late):
        return 0.0
    step = _STEP if late < early else -_STEP
    before, here, delay = none, min(early, late), step
    while (after := surprise(delay + step)) < here and abs(delay + step) < _LARGEST:
        before, here, delay = here, after, delay + step
    if none - here < _LEAST_GAIN:
        return 0.0
    vertex = 0.5 * (before - after) / (before - 2 * here + after)
    return delay + step * float(np.clip(vertex, -0.5, 0.5))


def _surprise(
    tissue: Float[np.ndarray, " time"],
    t: Float[np.ndarray, " time"],
    plasma: Float[np.ndarray, " time"],
) -> float:
    """Minus the logarithm of the likelihood of the curve under a plasma curve."""
    minutes = torch.from_numpy((t - t[0]) / SECONDS_PER_MINUTE)
    leaked = exponential_convolution(torch.from_numpy(plasma), minutes, torch.from_numpy(_RATES))
    columns = np.vstack([plasma, leaked.numpy()]).T
    columns /= np.linalg.norm(columns, axis=0) + 1e-12
    size = np.linalg.norm(tissue) + 1e-12
    bound = np.vstack([columns, _FLOOR / 10 * np.eye(columns.shape[1])])  # they are much alike
    curve = np.concatenate([tissue / size, np.zeros(columns.shape[1])])
    missed = nnls(bound, curve, maxiter=1000)[1]
    return float(t.size / 2 * np.log(missed**2 + _FLOOR**2))
