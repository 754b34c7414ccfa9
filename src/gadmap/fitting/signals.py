"""Fits of the signal itself: the kinetic parameters, and with them signal scale and native T1.

A concentration curve is made from a signal with the baseline's mean and with T1 as if both were
exact. Here they are fitted too: the scale without, T1 with what is known of it, its value and
standard error. So the errors of the parameters hold those of both; and the noise is that of the
samples as they were acquired, Rician too.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from gadmap.data import CurveFit, Reason
from gadmap.fitting.levenberg_marquardt import Quadratic, descent, quadratic, slopes
from gadmap.fitting.results import AT_BOUND
from gadmap.fitting.uncertainty import inverse_normal
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS, KineticModel
from gadmap.physics.likelihood import NOISES, Noise, gaussian_variance
from gadmap.physics.relaxivity import relaxation_rate
from gadmap.physics.spgr import spgr_signal, spgr_slope
from gadmap.quantities import KTRANS, R2, VE

VOXELS_A_CHUNK = 1 << 11
NOISE_ROUNDS, SETTLED = 12, 1e-3  # of fit and noise in turn, at most; relative
ENOUGH = 1e-8  # of -2 log likelihood a sample, to go another step
ROUNDING = 1e-7
"""Least noise, of the baseline: that of single precision."""
EXACT = 1e-6
"""Relative standard error of a T1 that is taken as it is."""
BESIDE = 2  # parameters: signal scale and T1, both over what they start from
INSIDE = {KTRANS.name: 1e-4, VE.name: 0.02}
"""Least starts: at the bounds themselves one parameter has no say over the curve."""
SCALE_BOUNDS, T10_BOUNDS = (0.1, 10.0), (0.2, 5.0)


class Signals(NamedTuple):
    """Signals of some voxels, and what they were acquired with.

    Attributes
    ----------
    samples
        Magnitude signal [a.u.].
    baseline_frames
        How many frames are before contrast.
    t10, t10_se
        Native T1 and its standard error [s]; one of 0 takes T1 as it is.
    flip_angle
        Actual flip angle [rad].
    tr
        Repetition time [s].
    relaxivity
        r1 [1/s per mmol/L].
    """

    samples: Float[np.ndarray, "voxel time"]
    baseline_frames: int
    t10: Float[np.ndarray, " voxel"]
    t10_se: Float[np.ndarray, " voxel"]
    flip_angle: Float[np.ndarray, " voxel"]
    tr: float
    relaxivity: float


def fit_signals(
    start: CurveFit,
    signals: Signals,
    t: Float[np.ndarray, " time"],
    cp: Float[np.ndarray, " time"],
    noise: str = "gaussian",
) -> CurveFit:
    """Parameters at the highest likelihood of the signals, from those that fit concentrations.

    The model is that of `start`, the bounds are those of every fit. Curves that are not valid
    there are not fitted. Standard errors are from the curvature of the likelihood, T1's own
    included, and hold the errors of signal scale and T1.

    Parameters
    ----------
    start
        Fit of the signals' concentration curves.
    t, cp
        Times [s] and plasma concentration [mmol/L].
    noise
        "gaussian" or "rician"; its variance is found for each voxel.

    Raises
    ------
    ValueError
        If there is no such noise, or too few frames for the parameters.
    """
    if noise not in NOISES:
        raise ValueError(f"noise is {noise!r}; expected {' or '.join(NOISES)}")
    model = KINETIC_MODELS[start.model]
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
        voxels = _Voxels(model, signals, chunk, t, cp, NOISES[noise])
        fitted = voxels.fitted(_start(model, start, chunk))
        for name, value, error in _told(model, fitted):
            values[name][chunk], errors[name][chunk] = value, error
        sse[chunk] = voxels.squares(fitted.values)
        spread = signals.samples[chunk].var(axis=1, dtype=np.float64) * t.size
        values[R2.name][chunk] = 1 - sse[chunk] / np.where(spread > 0, spread, np.nan)
        reason[chunk] = _reason(model, fitted, reason[chunk])
    return CurveFit(
        model=start.model,
        values=values,
        standard_error=errors,
        sse=sse,
        valid=start.valid,
        reason=reason,
    )


class _Fitted(NamedTuple):
    """Where the rounds led, half the likelihood's curvature there, and who had further to go."""

    values: Float[Tensor, "parameter voxel"]
    normal: Float[Tensor, "voxel parameter parameter"]
    moving: Int[Tensor, " some"]


class _Voxels:
    """Signals of a chunk of voxels, as a function of all that is fitted.

    That is the model's parameters, then the signal's scale over the baseline's mean, then T1 over
    what it was measured as.
    """

    def __init__(
        self,
        model: KineticModel,
        signals: Signals,
        chunk: Int[np.ndarray, " voxel"],
        t: Float[np.ndarray, " time"],
        cp: Float[np.ndarray, " time"],
        noise: Noise,
    ) -> None:
        self._model, self._noise = model, noise
        self._t, self._plasma = _double(t - t[0]), _double(cp)
        self._tr, self._relaxivity = signals.tr, signals.relaxivity
        self._samples = _double(signals.samples[chunk])
        self._baseline = self._samples[:, : signals.baseline_frames].mean(dim=1, keepdim=True)
        t10 = signals.t10[chunk].astype(np.float64)
        self._r10, self._angle = _double(1 / t10)[:, None], _double(signals.flip_angle[chunk])
        error = np.nan_to_num(signals.t10_se[chunk] / t10)
        self._t10_precision = _double(np.maximum(error, EXACT) ** -2)

    def fitted(self, start: Float[Tensor, "parameter voxel"]) -> _Fitted:
        """What fits best, with the noise's variance that goes with it.

        Fit and variance in turn: the variance weighs T1's prior, and shapes Rician likelihood.
        """
        free = len(self._model.parameters) + 1
        moving = every = torch.arange(len(self._samples))
        variance = gaussian_variance(self._samples, self._signal(start, every), free)
        least = (ROUNDING * self._baseline[:, 0]).square()
        variance, values = variance.maximum(least), start
        for _ in range(NOISE_ROUNDS):
            values[:, moving] = self._descended(variance, values[:, moving], moving)
            samples, signal = self._samples[moving], self._signal(values[:, moving], moving)
            before = variance[moving]
            found = self._noise.variance(samples, signal, before, free)
            variance[moving] = found.maximum(least[moving])
            moving = moving[(variance[moving] / before - 1).abs() > SETTLED]
            if not moving.numel():
                break
        return _Fitted(values, self._at(variance, values, every).normal, moving)

    def _descended(
        self,
        variance: Float[Tensor, " all"],
        start: Float[Tensor, "parameter voxel"],
        rows: Int[Tensor, " voxel"],
    ) -> Float[Tensor, "parameter voxel"]:
        """What fits some rows best while the variance is held."""
        box = (*(q.bounds for q in self._model.parameters), SCALE_BOUNDS, T10_BOUNDS)
        bounds = torch.tensor(box, dtype=torch.float64).T[..., None]
        enough = ENOUGH * self._samples.shape[1]
        return descent(
            lambda values, some: self._at(variance, values, rows[some]),
            start,
            bounds,
            lambda height: torch.full_like(height, enough),
        ).values

    def squares(self, values: Float[Tensor, "parameter voxel"]) -> Float[np.ndarray, " voxel"]:
        """Sum of squared residuals [a.u.²]."""
        signal = self._signal(values, torch.arange(len(self._samples)))
        return (signal - self._samples).square().sum(dim=1).numpy()

    def _at(self, variance: Tensor, values: Tensor, rows: Tensor) -> Quadratic:
        signal, jacobian = self._signal_slopes(values, rows)
        misfit = self._noise.misfit(self._samples[rows], signal, variance[rows, None])
        normal, slope, height = quadratic(*misfit, jacobian)
        precision, off = self._t10_precision[rows], values[-1] - 1
        normal[:, -1, -1] += precision
        slope[-1] += precision * off
        return Quadratic(normal, slope, height + precision * off.square())

    def _signal(self, values: Tensor, rows: Tensor) -> Float[Tensor, "voxel time"]:
        r10 = self._r10[rows] / values[-1, :, None]
        r1 = relaxation_rate(self._tissue(values[:-BESIDE]), r10, self._relaxivity)
        return self._scaled(spgr_signal, r1, values, rows, r10)

    def _signal_slopes(
        self, values: Tensor, rows: Tensor
    ) -> tuple[Float[Tensor, "voxel time"], Float[Tensor, "parameter voxel time"]]:
        """Signal, and its derivatives: by the chain rule through the tissue's concentration."""
        tissue, tissue_slopes = slopes(self._tissue, values[:-BESIDE])
        r10 = self._r10[rows] / values[-1, :, None]
        r1 = relaxation_rate(tissue, r10, self._relaxivity)
        signal = self._scaled(spgr_signal, r1, values, rows, r10)
        by_rate = self._scaled(spgr_slope, r1, values, rows, r10)
        own = [torch.ones_like(r10), self._angle[rows, None], self._tr]
        native_share = spgr_slope(r10, *own) / spgr_signal(r10, *own)
        by_r10 = by_rate - signal * native_share
        by_t10 = -by_r10 * r10 / values[-1, :, None]
        by_scale = signal / values[-BESIDE, :, None]
        by_kinetics = by_rate * self._relaxivity * tissue_slopes
        return signal, torch.cat([by_kinetics, by_scale[None], by_t10[None]])

    def _scaled(
        self, law: Callable[..., Tensor], r1: Tensor, values: Tensor, rows: Tensor, r10: Tensor
    ) -> Float[Tensor, "voxel time"]:
        """Signal, or its slope, of a rate, scaled so that the native rate has the baseline's."""
        angle = self._angle[rows, None]
        native = spgr_signal(r10, torch.ones_like(r10), angle, self._tr)
        return law(r1, values[-BESIDE, :, None] * self._baseline[rows] / native, angle, self._tr)

    def _tissue(self, kinetic: Float[Tensor, "parameter *voxel"]) -> Float[Tensor, "*voxel time"]:
        named = {q.name: v for q, v in zip(self._model.parameters, kinetic, strict=True)}
        return tissue_concentration(self._model, named, self._t, self._plasma)


def _start(
    model: KineticModel, start: CurveFit, chunk: Int[np.ndarray, " voxel"]
) -> Float[Tensor, "parameter voxel"]:
    kinetic = [
        _double(start[q.name][chunk]).clamp(min=INSIDE.get(q.name, 0.0)) for q in model.parameters
    ]
    one = torch.ones_like(kinetic[0])
    return torch.stack([*kinetic, one, one])


def _told(model: KineticModel, fitted: _Fitted) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, value and standard error of every parameter and of what follows from them."""
    covariance = inverse_normal(fitted.normal)[:, :-BESIDE, :-BESIDE]
    kinetic = fitted.values[:-BESIDE]
    for place, quantity in enumerate(model.parameters):
        error = covariance[:, place, place].sqrt()
        yield quantity.name, kinetic[place].numpy(), _known(error)
    for name, value in model.derived(*kinetic).items():
        _, slope = slopes(lambda there, name=name: model.derived(*there)[name], kinetic)
        error = torch.einsum("pv,vpq,qv->v", slope, covariance, slope).sqrt()
        yield name, value.numpy(), _known(error)


def _known(error: Float[Tensor, " voxel"]) -> Float[np.ndarray, " voxel"]:
    return torch.where(torch.isfinite(error), error, torch.nan).numpy()


def _reason(
    model: KineticModel, fitted: _Fitted, before: UInt8[np.ndarray, " voxel"]
) -> UInt8[np.ndarray, " voxel"]:
    """At a bound that is not 0, as of every fit; no enhancement as of the concentration."""
    low, high = np.array([q.bounds for q in model.parameters]).T[..., None]
    slack, values = AT_BOUND * (high - low), fitted.values[:-BESIDE].numpy()
    bound = (((values <= low + slack) & (low != 0)) | (values >= high - slack)).any(axis=0)
    reason = np.where(bound, Reason.AT_BOUND, Reason.ESTIMATED).astype(np.uint8)
    reason[fitted.moving.numpy()] = Reason.NOT_CONVERGED
    return np.where(before == Reason.NO_ENHANCEMENT, before, reason)


def _double(values: np.ndarray) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)
