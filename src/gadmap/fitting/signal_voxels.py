"""Signals of some voxels, as a function of all that is fitted to them, and what fits best."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from gadmap.fitting.levenberg_marquardt import Quadratic, descent, quadratic, slopes
from gadmap.fitting.shared_voxel import Coordinates
from gadmap.physics.kinetics import KineticModel
from gadmap.physics.likelihood import Noise, gaussian_variance
from gadmap.physics.relaxivity import relaxation_rate
from gadmap.physics.spgr import spgr_signal, spgr_slope
from gadmap.physics.water_exchange import WaterExchange

NOISE_ROUNDS, SETTLED = 12, 1e-3  # of fit and noise in turn, at most; relative
ENOUGH = 1e-8  # of -2 log likelihood a sample, to go another step
ROUNDING = 1e-7
"""Least noise, of the baseline: that of single precision."""
EXACT = 1e-6
"""Relative standard error of a T1 that is taken as it is."""
BESIDE = 2  # parameters: signal scale and T1, both over what they start from
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
    hct
        Haematocrit, 0 to 1.
    """

    samples: Float[np.ndarray, "voxel time"]
    baseline_frames: int
    t10: Float[np.ndarray, " voxel"]
    t10_se: Float[np.ndarray, " voxel"]
    flip_angle: Float[np.ndarray, " voxel"]
    tr: float
    relaxivity: float
    hct: float


class SignalLaw(NamedTuple):
    """From the coordinates of a fit to signals, and how these scatter.

    Attributes
    ----------
    model
        The kinetic model.
    coordinates
        What is stepped in, in the place of its parameters.
    exchange
        The limit of water exchange.
    noise
        The noise of the samples.
    """

    model: KineticModel
    coordinates: Coordinates
    exchange: WaterExchange
    noise: Noise


class FittedSignals(NamedTuple):
    """Where the rounds led, half the likelihood's curvature there, and who had further to go."""

    values: Float[Tensor, "parameter voxel"]
    normal: Float[Tensor, "voxel parameter parameter"]
    moving: Int[Tensor, " some"]


class SignalVoxels:
    """Signals of a chunk of voxels, as a function of all that is fitted.

    That is the kinetic coordinates, then the signal's scale over the baseline's mean, then T1 over
    what it was measured as.
    """

    def __init__(
        self,
        law: SignalLaw,
        signals: Signals,
        chunk: Int[np.ndarray, " voxel"],
        t: Float[np.ndarray, " time"],
        cp: Float[np.ndarray, " time"],
    ) -> None:
        self._law = law
        self._t, self._plasma = double(t - t[0]), double(cp)
        self._tr, self._relaxivity, self._hct = signals.tr, signals.relaxivity, signals.hct
        self._samples = double(signals.samples[chunk])
        self._baseline = self._samples[:, : signals.baseline_frames].mean(dim=1, keepdim=True)
        t10 = signals.t10[chunk].astype(np.float64)
        self._r10, self._angle = double(1 / t10)[:, None], double(signals.flip_angle[chunk])
        error = np.nan_to_num(signals.t10_se[chunk] / t10)
        self._t10_precision = double(np.maximum(error, EXACT) ** -2)

    def fitted(
        self, start: Float[Tensor, "parameter voxel"], *, kinetics_held: bool = False
    ) -> FittedSignals:
        """What fits best, with the noise's variance that goes with it; scale and T1 alone if held.

        Fit and variance in turn: the variance weighs T1's prior, and shapes Rician likelihood.
        """
        free = len(start) - BESIDE + 1
        box = (*self._law.coordinates.bounds, SCALE_BOUNDS, T10_BOUNDS)
        bounds = torch.tensor(box, dtype=torch.float64).T[..., None].repeat(1, 1, start.shape[1])
        if kinetics_held:
            bounds[:, :-BESIDE] = start[:-BESIDE]
        moving = every = torch.arange(len(self._samples))
        variance = gaussian_variance(self._samples, self._signal(start, every), free)
        least = (ROUNDING * self._baseline[:, 0]).square()
        variance, values = variance.maximum(least), start
        for _ in range(NOISE_ROUNDS):
            values[:, moving] = self._descended(variance, values, bounds, moving)
            samples, signal = self._samples[moving], self._signal(values[:, moving], moving)
            before = variance[moving]
            found = self._law.noise.variance(samples, signal, before, free)
            variance[moving] = found.maximum(least[moving])
            moving = moving[(variance[moving] / before - 1).abs() > SETTLED]
            if not moving.numel():
                break
        return FittedSignals(values, self._at(variance, values, every).normal, moving)

    def _descended(
        self,
        variance: Float[Tensor, " all"],
        start: Float[Tensor, "parameter all"],
        bounds: Float[Tensor, "2 parameter all"],
        rows: Int[Tensor, " voxel"],
    ) -> Float[Tensor, "parameter voxel"]:
        """What fits some rows best while the variance is held."""
        enough = ENOUGH * self._samples.shape[1]
        return descent(
            lambda values, some: self._at(variance, values, rows[some]),
            start[:, rows],
            bounds[..., rows],
            lambda height: torch.full_like(height, enough),
        ).values

    def signal(self, values: Float[Tensor, "parameter voxel"]) -> Float[Tensor, "voxel time"]:
        """Signal [a.u.] that all that is fitted gives."""
        return self._signal(values, torch.arange(len(self._samples)))

    def squares(self, values: Float[Tensor, "parameter voxel"]) -> Float[np.ndarray, " voxel"]:
        """Sum of squared residuals [a.u.²]."""
        return (self.signal(values) - self._samples).square().sum(dim=1).numpy()

    def _at(self, variance: Tensor, values: Tensor, rows: Tensor) -> Quadratic:
        signal, jacobian = self._signal_slopes(values, rows)
        misfit = self._law.noise.misfit(self._samples[rows], signal, variance[rows, None])
        normal, slope, height = quadratic(*misfit, jacobian)
        precision, off = self._t10_precision[rows], values[-1] - 1
        normal[:, -1, -1] += precision
        slope[-1] += precision * off
        return Quadratic(normal, slope, height + precision * off.square())

    def _signal(self, values: Tensor, rows: Tensor) -> Float[Tensor, "voxel time"]:
        kinetics, r10 = values[:-BESIDE], self._native(values, rows)
        r1 = relaxation_rate(self._concentrations(kinetics), r10, self._relaxivity)
        pools = self._scaled(spgr_signal, r1, values, rows, r10)
        return (self._volumes(kinetics)[..., None] * pools).sum(dim=1)

    def _signal_slopes(
        self, values: Tensor, rows: Tensor
    ) -> tuple[Float[Tensor, "voxel time"], Float[Tensor, "parameter voxel time"]]:
        """Signal, and its derivatives: by the chain rule through every pool's concentration."""
        volumes, volume_slopes = slopes(self._volumes, values[:-BESIDE])
        concentrations, concentration_slopes = slopes(self._concentrations, values[:-BESIDE])
        volumes, r10 = volumes[..., None], self._native(values, rows)
        r1 = relaxation_rate(concentrations, r10, self._relaxivity)
        pools = self._scaled(spgr_signal, r1, values, rows, r10)
        pool_rates = volumes * self._scaled(spgr_slope, r1, values, rows, r10)
        signal, by_rate = (volumes * pools).sum(dim=1), pool_rates.sum(dim=1)
        own = [torch.ones_like(r10[:, 0]), self._angle[rows, None], self._tr]
        native_share = spgr_slope(r10[:, 0], *own) / spgr_signal(r10[:, 0], *own)
        by_r10 = by_rate - signal * native_share
        by_t10 = -by_r10 * r10[:, 0] / values[-1, :, None]
        by_scale = signal / values[-BESIDE, :, None]
        by_kinetics = pool_rates * self._relaxivity * concentration_slopes
        by_kinetics = by_kinetics + volume_slopes[..., None] * pools
        return signal, torch.cat([by_kinetics.sum(dim=2), by_scale[None], by_t10[None]])

    def _native(self, values: Tensor, rows: Tensor) -> Float[Tensor, "voxel 1 1"]:
        return (self._r10[rows] / values[-1, :, None])[:, None]

    def _scaled(
        self, law: Callable[..., Tensor], r1: Tensor, values: Tensor, rows: Tensor, r10: Tensor
    ) -> Float[Tensor, "voxel pool time"]:
        """Signal, or its slope, of a rate, scaled so that the native rate has the baseline's."""
        angle = self._angle[rows, None, None]
        native = spgr_signal(r10, torch.ones_like(r10), angle, self._tr)
        s0 = values[-BESIDE, :, None, None] * self._baseline[rows, None] / native
        return law(r1, s0, angle, self._tr)

    def _volumes(self, kinetics: Float[Tensor, "parameter *voxel"]) -> Float[Tensor, "*voxel pool"]:
        return self._law.exchange.volumes(self._law.model, self._named(kinetics), self._hct)

    def _concentrations(
        self, kinetics: Float[Tensor, "parameter *voxel"]
    ) -> Float[Tensor, "*voxel pool time"]:
        return self._law.exchange.concentrations(
            self._law.model, self._named(kinetics), self._t, self._plasma, self._hct
        )

    def _named(self, kinetics: Float[Tensor, "parameter *voxel"]) -> dict[str, Tensor]:
        parameters = self._law.coordinates.parameters(kinetics)
        return {q.name: v for q, v in zip(self._law.model.parameters, parameters, strict=True)}


def double(values: np.ndarray) -> Float[Tensor, "..."]:
    """As a tensor of double precision."""
    return torch.tensor(values, dtype=torch.float64)
