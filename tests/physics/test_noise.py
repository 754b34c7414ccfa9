from math import pi, sqrt

import pytest
import torch

from gadmap.physics.noise import rician

COUNT = 200_000


def noisy(signal, sd, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return rician(torch.full((COUNT,), signal, dtype=torch.float64), sd, generator)


def test_noise_without_signal_follows_rayleigh():
    """Mean sd sqrt(pi / 2), variance (2 - pi / 2) sd²."""
    values = noisy(0.0, 3.0)
    assert values.mean().item() == pytest.approx(3 * sqrt(pi / 2), rel=0.005)
    assert values.std().item() == pytest.approx(3 * sqrt(2 - pi / 2), rel=0.01)


@pytest.mark.parametrize("snr", [0.5, 2, 5, 50])
def test_the_mean_square_is_that_of_the_signal_and_of_both_channels(snr):
    """E[m²] = signal² + 2 sd²; Gudbjartsson and Patz 1995."""
    mean_square = noisy(snr, 1.0).square().mean().item()
    assert mean_square == pytest.approx(snr**2 + 2, rel=0.01)


def test_strong_signal_has_gaussian_noise_and_a_small_bias():
    values = noisy(100.0, 1.0)
    assert values.std().item() == pytest.approx(1, rel=0.01)
    assert values.mean().item() == pytest.approx(sqrt(100**2 + 1), abs=0.01)


def test_no_noise_leaves_the_magnitude():
    assert (noisy(7.0, 0.0) == 7).all()


def test_the_generator_decides_the_noise():
    assert torch.equal(noisy(5.0, 1.0, seed=3), noisy(5.0, 1.0, seed=3))
    assert not torch.equal(noisy(5.0, 1.0, seed=3), noisy(5.0, 1.0, seed=4))
