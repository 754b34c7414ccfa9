"""Misfits against scipy's densities, their slopes, and the noise that they lead to."""

import numpy as np
import pytest
import torch
from scipy.stats import norm, rice

from gadmap.physics.likelihood import NOISES, bessel_ratio
from gadmap.physics.noise import rician
from gadmap.physics.spgr import spgr_signal, spgr_slope

SIGNAL = torch.linspace(0.5, 30, 40, dtype=torch.float64)
SAMPLES = SIGNAL.flip(0) + 0.3
SD = 2.0
VARIANCE = torch.tensor(SD**2, dtype=torch.float64)


def density(noise, signal):
    if noise == "gaussian":
        return norm.logpdf(SAMPLES, signal, SD)
    return rice.logpdf(SAMPLES, signal / SD, scale=SD)


@pytest.mark.parametrize("noise", list(NOISES))
def test_the_loss_is_minus_two_log_likelihood_but_for_a_constant_of_the_sample(noise):
    loss = NOISES[noise].misfit(SAMPLES, SIGNAL, VARIANCE).loss
    other = NOISES[noise].misfit(SAMPLES, SIGNAL / 2, VARIANCE).loss
    expected = -2 * (density(noise, SIGNAL.numpy()) - density(noise, SIGNAL.numpy() / 2))
    np.testing.assert_allclose(loss - other, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("noise", list(NOISES))
def test_slope_and_curvature_are_half_the_losss(noise):
    signal = SIGNAL.clone().requires_grad_()
    misfit = NOISES[noise].misfit(SAMPLES, signal, VARIANCE)
    (slope,) = torch.autograd.grad(misfit.loss.sum(), signal)
    torch.testing.assert_close(misfit.slope, slope / 2)
    step = 1e-5
    there = NOISES[noise].misfit(SAMPLES, SIGNAL + step, VARIANCE).slope
    numeric = (there - misfit.slope) / step
    curved = misfit.curvature * SD**2 > 0.021  # where it is not held above nothing
    assert curved.sum() > 20
    torch.testing.assert_close(misfit.curvature[curved], numeric[curved], rtol=1e-4, atol=1e-6)


def test_far_above_the_noise_rician_slopes_are_gaussian():
    signal = SIGNAL + 1e4
    found = [NOISES[noise].misfit(signal + 3, signal, VARIANCE) for noise in NOISES]
    torch.testing.assert_close(found[0].slope, found[1].slope, rtol=1e-3, atol=0)
    torch.testing.assert_close(found[0].curvature, found[1].curvature, rtol=1e-6, atol=0)


def test_the_bessel_ratio_is_a_half_of_little_and_one_of_much():
    x = torch.tensor([1e-8, 1e8], dtype=torch.float64)
    torch.testing.assert_close(bessel_ratio(x), torch.tensor([5e-9, 1 - 5e-9]).double())


@pytest.mark.parametrize("snr", [2.0, 5.0, 100.0])
def test_the_noise_of_rician_samples_is_found(snr):
    """Of 200 voxels of 200 samples whose signal is known, to 2 %."""
    signal = torch.full((200, 200), snr * SD, dtype=torch.float64)
    samples = rician(signal, SD, torch.Generator().manual_seed(0))
    variance = samples.var(dim=1)
    for _ in range(60):
        variance = NOISES["rician"].variance(samples, signal, variance, 0)
    assert float(variance.mean()) == pytest.approx(SD**2, rel=0.02)


def test_the_slope_of_the_signal_is_its_derivative_by_the_rate():
    r1 = torch.linspace(0.2, 20, 30, dtype=torch.float64).requires_grad_()
    angle, tr = torch.tensor(0.35).double(), 5e-3
    signal = spgr_signal(r1, torch.tensor(7.0).double(), angle, tr)
    (slope,) = torch.autograd.grad(signal.sum(), r1)
    torch.testing.assert_close(spgr_slope(r1, torch.tensor(7.0).double(), angle, tr), slope)
