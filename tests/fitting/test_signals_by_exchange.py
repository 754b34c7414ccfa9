"""Fits of the signal in both limits of water exchange."""

import numpy as np
import pytest
import torch
from fit_cases import NAMES, grid, usual_parameters
from scipy.optimize import least_squares
from scipy_models import Model
from signal_cases import (
    HCT,
    S0,
    TISSUES,
    noisy,
    signal,
    signals,
    start_of,
)

from gadmap.data import Reason
from gadmap.fitting.signal_voxels import SignalVoxels
from gadmap.fitting.signals import fit_signals, fitted_signals, signal_law

each_model = pytest.mark.parametrize("model", TISSUES)
each_exchange = pytest.mark.parametrize("exchange", ["fast", "none"])


def fitted(model, samples, exchange, **given):
    t, cp = grid()
    given = signals(samples, **given)
    return fit_signals(start_of(model, given), given, t, cp, water_exchange=exchange)


def found_of(fit, voxel=0):
    return np.array([fit[name][voxel] for name in NAMES[fit.model]])


@each_model
@each_exchange
def test_signals_without_noise_return_their_parameters(model, exchange):
    """The start is the concentration's fit, which is wrong where water does not exchange."""
    samples = signal(model, TISSUES[model], exchange)[None]
    fit = fitted(model, samples, exchange)
    np.testing.assert_allclose(found_of(fit), TISSUES[model], rtol=1e-4)
    assert fit.reason[0] == Reason.ESTIMATED
    assert fit["r2"][0] > 1 - 1e-8
    if exchange == "none":
        off = found_of(start_of(model, signals(samples))) / TISSUES[model] - 1
        assert np.abs(off).max() > 0.02


@each_model
def test_the_limits_agree_where_contrast_is_little(model):
    """They differ in the second order: a tenth of the contrast, a tenth of the relative gap."""
    gaps = []
    for contrast in (1e-2, 1e-3):
        fast, none = (
            signal(model, TISSUES[model], exchange, contrast=contrast)
            for exchange in ("fast", "none")
        )
        gaps.append(np.abs(none - fast).max() / np.ptp(fast))
    assert gaps[1] < 2e-3
    assert gaps[1] == pytest.approx(gaps[0] / 10, rel=0.1)


def test_the_limits_are_one_where_the_voxel_is_one_space():
    samples = noisy(signal("tofts", (0.3, 0.999), "fast"), 3, snr=200)
    fast, none = (fitted("tofts", samples, exchange) for exchange in ("fast", "none"))
    full = fast["ve"] > 0.999
    assert full.any()
    np.testing.assert_allclose(none["ktrans"][full], fast["ktrans"][full], rtol=1e-3)


@pytest.mark.parametrize(
    ("model", "made", "curves"),
    [
        ("tofts", "none", 4),
        ("extended-tofts", "none", 4),
        ("2cxm", "none", 2),
        ("vascular", "none", 2),
        ("tofts", "fast", 3),
        ("extended-tofts", "fast", 3),
    ],
)
def test_from_ten_starts_scipy_finds_nothing_lower(model, made, curves):
    """Bounded least squares of parameters and scale, on noisy curves of usual tissue.

    Fitted without exchange, whichever limit they were made in.
    """
    random = np.random.default_rng(1)
    truths = usual_parameters(model, curves, random)
    samples = np.concatenate(
        [noisy(signal(model, v, made), 1, 50, i) for i, v in enumerate(truths)]
    )
    fit, (t, cp) = fitted(model, samples, "none"), grid()
    apart = Model(model, t, cp)
    low, high = np.maximum(apart.bounds()[0], 1e-4), apart.bounds()[1]  # no plasma has no rates
    for voxel, curve in enumerate(samples):

        def off(values, curve=curve):
            return values[-1] * signal(model, values[:-1], "none") - curve

        best = min(
            (
                least_squares(
                    off,
                    [*start, 1.0],
                    bounds=([*low, 0.1], [*high, 10]),
                    x_scale="jac",
                    max_nfev=80,
                )
                for start in apart.starts(10, random)
            ),
            key=lambda found: found.cost,
        )
        assert fit.sse[voxel] <= 2 * best.cost * (1 + 1e-6)
        np.testing.assert_allclose(found_of(fit, voxel), best.x[:-1], rtol=2e-3, atol=1e-5)


@pytest.mark.parametrize("model", ["tofts", "extended-tofts"])
@pytest.mark.parametrize("t10_error", [0.0, 0.05])
def test_standard_errors_are_the_spread_over_draws(model, t10_error):
    count = 400
    clean = signal(model, TISSUES[model], "none")
    t10 = 1.2 * (1 + t10_error * np.random.default_rng(0).standard_normal(count))
    fit = fitted(model, noisy(clean, count, 50), "none", t10_error=t10_error, t10=t10)
    for name in fit.standard_error:
        spread = fit[name].std(ddof=1)
        assert np.median(fit.standard_error[name]) == pytest.approx(spread, rel=0.12), name


def test_blood_and_interstitium_are_held_within_the_voxel():
    samples = noisy(signal("extended-tofts", (0.3, 0.93, 0.04), "none"), 60, snr=40)
    fit = fitted("extended-tofts", samples, "none")
    filled = fit["vp"] / (1 - HCT) + fit["ve"]
    assert filled.max() <= 1 + 1e-12
    full = filled > 1 - 1e-6
    assert 10 < full.sum() < 60
    assert (fit.reason[full] == Reason.AT_BOUND).all()
    assert (fit.reason[filled < 0.99] == Reason.ESTIMATED).all()


@each_model
@each_exchange
def test_the_signals_slopes_are_its_gradient(model, exchange):
    (t, cp), given = grid(), signals(signal(model, TISSUES[model], exchange)[None])
    law = signal_law(model, HCT, "gaussian", exchange)
    voxels = SignalVoxels(law, given, np.array([0]), t, cp)
    kinetics = law.coordinates.of_parameters(torch.tensor(TISSUES[model]).double()[:, None])
    values = torch.cat([kinetics, torch.tensor([[1.02], [0.97]]).double()])
    assert torch.autograd.gradcheck(voxels.signal, values.clone().requires_grad_(), atol=1e-4)
    gradient = torch.autograd.functional.jacobian(voxels.signal, values)[0, :, :, 0].numpy()
    _, slopes = voxels._signal_slopes(values, torch.arange(1))
    scale = np.abs(gradient).max(axis=0)
    np.testing.assert_allclose(slopes[:, 0].T.numpy() / scale, gradient / scale, atol=1e-7)


@each_exchange
@pytest.mark.parametrize("noise", ["gaussian", "rician"])
def test_what_a_fit_gives_back_is_the_signal_that_it_fitted(exchange, noise):
    """With the scale and T1 that belong to it, which the parameters alone do not tell."""
    (t, cp), model = grid(), "extended-tofts"
    given = signals(noisy(signal(model, TISSUES[model], exchange), 4, 20), t10_error=0.05)
    fit = fit_signals(start_of(model, given), given, t, cp, noise, exchange)
    again = fitted_signals(model, fit.values, given, t, cp, noise, exchange)
    np.testing.assert_allclose(((again - given.samples) ** 2).sum(axis=1), fit.sse, rtol=1e-4)
    bare = np.stack([signal(model, found_of(fit, voxel), exchange) for voxel in range(4)])
    assert (((bare - given.samples) ** 2).sum(axis=1) > 1.001 * fit.sse).all()


def test_a_scale_of_the_signal_changes_nothing():
    samples = noisy(signal("tofts", TISSUES["tofts"], "none"), 4, 20)
    one, two = (fitted("tofts", many * samples / S0, "none") for many in (1.0, 2.0))
    np.testing.assert_allclose(two["ktrans"], one["ktrans"], rtol=1e-6)


def test_a_model_that_leaves_a_volume_open_is_refused():
    given = signals(signal("vascular", (0.05,), "none")[None])
    with pytest.raises(ValueError, match="with model patlak, which leaves"):
        fit_signals(start_of("patlak", given), given, *grid(), water_exchange="none")
