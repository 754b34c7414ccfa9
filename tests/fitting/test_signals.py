"""Fits of the signal: the concentration's where nothing is uncertain, with wider errors else."""

import numpy as np
import pytest
import torch
from fit_cases import NAMES, grid, tissue
from scipy.optimize import least_squares
from scipy_models import Model
from signal_cases import ANGLE, RELAXIVITY, S0, T10, TR, signals, start_of

from gadmap.data import Reason
from gadmap.fitting.signals import fit_signals
from gadmap.physics.noise import rician
from gadmap.physics.spgr import spgr_signal

CASES = [("tofts", (0.2, 0.3)), ("extended-tofts", (0.2, 0.3, 0.05)), ("patlak", (0.05, 0.04))]
each_case = pytest.mark.parametrize(("model", "truth"), CASES)


def drawn(model, truth, count, snr, t10_error=0.0):
    """Signals with Rician noise of the baseline's over `snr`, and T1 with an error of its own."""
    t, cp = grid()
    random = np.random.default_rng(0)
    rate = torch.tensor(1 / T10 + RELAXIVITY * tissue(model, [truth], t, cp))
    clean = spgr_signal(rate, torch.tensor(S0), torch.tensor(ANGLE), TR)
    sd = float(clean[0, 0]) / snr
    samples = rician(clean.repeat(count, 1), sd, torch.Generator().manual_seed(0))
    t10 = T10 * (1 + t10_error * random.standard_normal(count))
    given = signals(samples.numpy(), t10_error=t10_error, t10=t10)
    return given, start_of(model, given), t, cp


@each_case
@pytest.mark.parametrize("noise", ["gaussian", "rician"])
def test_without_noise_the_signal_has_the_parameters_of_its_concentration(model, truth, noise):
    given, start, t, cp = drawn(model, truth, 3, snr=1e6)
    fit = fit_signals(start, given, t, cp, noise)
    for name, value in zip(NAMES[model], truth, strict=True):
        np.testing.assert_allclose(fit[name], start[name], rtol=3e-5)
        np.testing.assert_allclose(fit[name], value, rtol=1e-4)
    assert (fit.reason == Reason.ESTIMATED).all()
    assert (fit["r2"] > 0.999999).all()


@each_case
def test_gaussian_fits_are_those_of_scipy(model, truth):
    """Parameters and signal scale, T1 as it is."""
    given, start, t, cp = drawn(model, truth, 3, snr=30)
    fit, apart = fit_signals(start, given, t, cp), Model(model, t, cp)
    for voxel, samples in enumerate(given.samples):

        def off(values, samples=samples):
            rate = torch.tensor(1 / T10 + RELAXIVITY * apart.curve(values[:-1]))
            scale = torch.tensor(values[-1] * S0)
            return spgr_signal(rate, scale, torch.tensor(ANGLE), TR).numpy() - samples

        best = least_squares(off, (*truth, 1.0), x_scale="jac", xtol=1e-12, ftol=1e-12)
        found = [fit[name][voxel] for name in NAMES[model]]
        np.testing.assert_allclose(found, best.x[:-1], rtol=1e-4)
        assert fit.sse[voxel] == pytest.approx(2 * best.cost, rel=1e-7)
        errors = np.linalg.inv(best.jac.T @ best.jac) * 2 * best.cost / (t.size - len(best.x))
        told = [fit.standard_error[name][voxel] for name in NAMES[model]]
        np.testing.assert_allclose(told, np.sqrt(np.diagonal(errors))[:-1], rtol=1e-3)


@each_case
@pytest.mark.parametrize("t10_error", [0.0, 0.05])
def test_standard_errors_are_the_spread_over_draws_of_noise_and_t1(model, truth, t10_error):
    """Those of the concentration's fit hold neither the baseline's noise nor T1's."""
    given, start, t, cp = drawn(model, truth, 600, snr=50, t10_error=t10_error)
    fit = fit_signals(start, given, t, cp)
    for name in fit.standard_error:
        spread = fit[name].std(ddof=1)
        assert np.median(fit.standard_error[name]) == pytest.approx(spread, rel=0.1), name
    ktrans = np.median(start.standard_error["ktrans"]) / start["ktrans"].std(ddof=1)
    assert ktrans < (0.5 if t10_error == 0 else 0.15)


@each_case
def test_rician_fits_of_weak_signals_are_nearer_the_truth(model, truth):
    """At a signal of four times the noise: medians of ktrans, a quarter of the Gaussian's bias."""
    given, start, t, cp = drawn(model, truth, 1200, snr=4)
    off = {
        noise: np.nanmedian(fit_signals(start, given, t, cp, noise)["ktrans"]) / truth[0] - 1
        for noise in ("gaussian", "rician")
    }
    assert off["gaussian"] < -0.03
    assert abs(off["rician"]) < abs(off["gaussian"]) / 4


def test_t1s_error_widens_the_errors_and_hardly_moves_the_values():
    given, start, t, cp = drawn("tofts", (0.2, 0.3), 50, snr=50)
    known = fit_signals(start, given, t, cp)
    unsure = fit_signals(start, given._replace(t10_se=0.1 * given.t10), t, cp)
    for name in ("ktrans", "ve"):  # kep is that of the curve's shape
        assert (unsure.standard_error[name] > 2 * known.standard_error[name]).all(), name
    assert np.median(unsure["ktrans"] / known["ktrans"]) == pytest.approx(1, abs=0.02)


def test_a_scale_of_the_signal_changes_nothing():
    given, start, t, cp = drawn("tofts", (0.2, 0.3), 5, snr=20, t10_error=0.05)
    twice = given._replace(samples=2 * given.samples)
    one, two = (fit_signals(start, s, t, cp, "rician") for s in (given, twice))
    for name in ("ktrans", "ve", "r2"):
        np.testing.assert_allclose(two[name], one[name], rtol=1e-6)


def test_what_has_no_start_is_not_fitted():
    given, _, t, cp = drawn("tofts", (0.2, 0.3), 3, snr=20)
    given.samples[1, 20] = 1e6
    start = start_of("tofts", given)
    fit = fit_signals(start, given, t, cp)
    assert fit.valid.tolist() == [True, False, True]
    assert np.isnan(fit["ktrans"]).tolist() == [False, True, False]
    np.testing.assert_array_equal(fit.reason[1], start.reason[1])


def test_a_noise_that_is_not_known_is_said():
    given, start, t, cp = drawn("tofts", (0.2, 0.3), 1, snr=20)
    with pytest.raises(ValueError, match="noise is 'poisson'; expected gaussian or rician"):
        fit_signals(start, given, t, cp, "poisson")
