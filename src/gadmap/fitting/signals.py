"""Fits of the signal itself: the kinetic parameters, and with them signal scale and native T1.

A concentration curve is made from a signal with the baseline's mean and with T1 as if both were
exact. Here they are fitted too: the scale without, T1 with what is known of it, its value and
standard error. So the errors of the parameters hold those of both; and the noise is that of the
samples as they were acquired, Rician too. Water exchanges at once between all spaces of a voxel,
or not at all.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from gadmap.data import CurveFit, Reason
from gadmap.fitting.levenberg_marquardt import slopes
from gadmap.fitting.results import AT_BOUND
from gadmap.fitting.shared_voxel import own_coordinates, shared_voxel
from gadmap.fitting.signal_voxels import (
    BESIDE,
    FittedSignals,
    SignalLaw,
    Signals,
    SignalVoxels,
    double,
)
from gadmap.fitting.uncertainty import inverse_normal
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.likelihood import NOISES
from gadmap.physics.water_exchange import FAST, water_exchange_of
from gadmap.quantities import KTRANS, R2, VE

VOXELS_A_CHUNK = 1 << 11
INSIDE = {KTRANS.name: 1e-4, VE.name: 0.02}
"""Least starts: at the bounds themselves one parameter has no say over the curve."""


def fit_signals(
    start: CurveFit,
    signals: Signals,
    t: Float[np.ndarray, " time"],
    cp: Float[np.ndarray, " time"],
    noise: str = "gaussian",
    water_exchange: str = FAST,
) -> CurveFit:
    """Parameters at the highest likelihood of the signals, from those that fit concentrations.

    The model is that of `start`, the bounds are those of every fit; without water exchange blood
    and interstitium together are held within the voxel. Curves that are not valid in `start` are
    not fitted. Standard errors are from the curvature of the likelihood, T1's own included, and
    hold the errors of signal scale and T1.

    Parameters
    ----------
    start
        Fit of the signals' concentration curves.
    t, cp
        Times [s] and plasma concentration [mmol/L].
    noise
        "gaussian" or "rician"; its variance is found for each voxel.
    water_exchange
        "fast", or "none": blood, interstitium and cells then keep their own water.

    Raises
    ------
    ValueError
        If there is no such noise or exchange, the model leaves open how large its spaces are where
        they matter, or there are too few frames for the parameters.
    """
    law = signal_law(start.model, signals.hct, noise, water_exchange)
    model = law.model
    if t.size <= len(model.parameters) + 1:
        raise ValueError(
            f"{t.size} frames for the {len(model.parameters)} parameters of {model.name} and the "
            "signal's scale; expected more"
        )
    values = {name: np.full(start.valid.shape, np.nan) for name in start.values}
    errors = {name: np.full(start.valid.shape, np.nan) for name in start.standard_error}
    sse, reason = np.full(start.valid.shape, np.nan), start.reason.copy()
    rows = np.flatnonzero(start.valid)
    for first in range(0, rows.size, VOXELS_A_CHUNK):
        chunk = rows[first : first + VOXELS_A_CHUNK]
        voxels = SignalVoxels(law, signals, chunk, t, cp)
        fitted = voxels.fitted(_start(law, start, chunk))
        for name, value, error in _told(law, fitted):
            values[name][chunk], errors[name][chunk] = value, error
        sse[chunk] = voxels.squares(fitted.values)
        spread = signals.samples[chunk].var(axis=1, dtype=np.float64) * t.size
        values[R2.name][chunk] = 1 - sse[chunk] / np.where(spread > 0, spread, np.nan)
        reason[chunk] = _reason(law, fitted, reason[chunk])
    return CurveFit(
        model=start.model,
        values=values,
        standard_error=errors,
        sse=sse,
        valid=start.valid,
        reason=reason,
    )


def fitted_signals(
    model: str,
    values: Mapping[str, Float[np.ndarray, " voxel"]],
    signals: Signals,
    t: Float[np.ndarray, " time"],
    cp: Float[np.ndarray, " time"],
    noise: str = "gaussian",
    water_exchange: str = FAST,
) -> Float[np.ndarray, "voxel time"]:
    """Signals [a.u.] of fitted parameters, with the scale and the T1 that go with them.

    `values` are the parameters of the kinetic `model` that `fit_signals` found for the same
    signals; what else it takes is as there. With them held, scale and T1 at the highest likelihood
    are those of the fit.

    Raises
    ------
    ValueError
        As `fit_signals` does.
    """
    law = signal_law(model, signals.hct, noise, water_exchange)
    kinetics = torch.stack([double(values[q.name]) for q in law.model.parameters])
    found = np.empty(signals.samples.shape)
    for first in range(0, len(found), VOXELS_A_CHUNK):
        chunk = np.arange(first, min(first + VOXELS_A_CHUNK, len(found)))
        voxels = SignalVoxels(law, signals, chunk, t, cp)
        start = _beside_one(law.coordinates.of_parameters(kinetics[:, chunk]))
        held = voxels.fitted(start, kinetics_held=True)
        found[chunk] = voxels.signal(held.values).numpy()
    return found


def signal_law(model: str, hct: float, noise: str, water_exchange: str) -> SignalLaw:
    """What signals are fitted with.

    Raises
    ------
    ValueError
        If there is no such noise or exchange, or exchange is not defined in the model.
    """
    if noise not in NOISES:
        raise ValueError(f"noise is {noise!r}; expected {' or '.join(NOISES)}")
    kinetics = KINETIC_MODELS[model]
    exchange = water_exchange_of(water_exchange, kinetics)
    fast = water_exchange == FAST
    coordinates = own_coordinates(kinetics) if fast else shared_voxel(kinetics, hct)
    return SignalLaw(kinetics, coordinates, exchange, NOISES[noise])


def _start(
    law: SignalLaw, start: CurveFit, chunk: Int[np.ndarray, " voxel"]
) -> Float[Tensor, "parameter voxel"]:
    kinetics = [
        double(start[q.name][chunk]).clamp(min=INSIDE.get(q.name, 0.0))
        for q in law.model.parameters
    ]
    return _beside_one(law.coordinates.of_parameters(torch.stack(kinetics)))


def _beside_one(kinetics: Float[Tensor, "kinetic voxel"]) -> Float[Tensor, "parameter voxel"]:
    """With the scale and T1 that are assumed: the baseline's and the measured one."""
    return torch.cat([kinetics, kinetics.new_ones((BESIDE, kinetics.shape[1]))])


def _told(law: SignalLaw, fitted: FittedSignals) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, value and standard error of every parameter and of what follows from them."""
    stepped = fitted.values[:-BESIDE]
    covariance = inverse_normal(fitted.normal)[:, :-BESIDE, :-BESIDE]
    covariance = law.coordinates.covariance(stepped, covariance)
    kinetics, model = law.coordinates.parameters(stepped), law.model
    for place, quantity in enumerate(model.parameters):
        error = covariance[:, place, place].sqrt()
        yield quantity.name, kinetics[place].numpy(), _known(error)
    for name, value in model.derived(*kinetics).items():
        _, slope = slopes(lambda there, name=name: model.derived(*there)[name], kinetics)
        error = torch.einsum("pv,vpq,qv->v", slope, covariance, slope).sqrt()
        yield name, value.numpy(), _known(error)


def _known(error: Float[Tensor, " voxel"]) -> Float[np.ndarray, " voxel"]:
    return torch.where(torch.isfinite(error), error, torch.nan).numpy()


def _reason(
    law: SignalLaw, fitted: FittedSignals, before: UInt8[np.ndarray, " voxel"]
) -> UInt8[np.ndarray, " voxel"]:
    """At a bound that is not 0, as of every fit; no enhancement as of the concentration."""
    low, high = np.array(law.coordinates.bounds).T[..., None]
    counts = np.array([q.bounds[0] != 0 for q in law.model.parameters])[:, None]
    slack, values = AT_BOUND * (high - low), fitted.values[:-BESIDE].numpy()
    bound = (((values <= low + slack) & counts) | (values >= high - slack)).any(axis=0)
    reason = np.where(bound, Reason.AT_BOUND, Reason.ESTIMATED).astype(np.uint8)
    reason[fitted.moving.numpy()] = Reason.NOT_CONVERGED
    return np.where(before == Reason.NO_ENHANCEMENT, before, reason)
