import numpy as np
import pytest
from fit_cases import DIGITS, MODELS, grid, noisy_curves, parameters_of, tissue

from gadmap import fit_curves

every_model = pytest.mark.parametrize("model", MODELS)


def weights_like(t, seed=3):
    return np.random.default_rng(seed).uniform(0.2, 5, t.size)


@every_model
def test_equal_weights_change_nothing(model):
    curves, t, cp = noisy_curves(model, 100)
    weighted = fit_curves(curves, t, cp, model, weights=np.ones(t.size))
    np.testing.assert_array_equal(
        parameters_of(weighted), parameters_of(fit_curves(curves, t, cp, model))
    )


@every_model
def test_a_frame_of_weight_0_tells_nothing(model):
    curves, t, cp = noisy_curves(model, 100)
    weights = weights_like(t)
    weights[[5, 20, 40]] = 0
    spoilt = curves.copy()
    spoilt[:, [5, 20, 40]] = 1e3
    one, other = (fit_curves(c, t, cp, model, weights=weights) for c in (curves, spoilt))
    np.testing.assert_allclose(parameters_of(one), parameters_of(other), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(one.sse, other.sse, rtol=1e-6)


@every_model
def test_a_frame_of_weight_0_is_like_one_that_was_not_measured(model):
    """Where the plasma is on the line between its neighbours, leaving the frame out is the same."""
    t, cp = grid("uneven")
    gone = [12, 30, 50]
    kept = np.setdiff1d(np.arange(t.size), gone)
    cp = np.interp(t, t[kept], cp[kept])
    truth = {"tofts": (0.1, 0.3), "extended-tofts": (0.1, 0.3, 0.05), "patlak": (0.1, 0.05)}
    truth |= {"2cum": (30.0, 0.2, 0.1), "2cxm": (30.0, 0.2, 0.3, 0.1), "vascular": (0.05,)}
    curve = tissue(model, [truth[model]], t, cp)
    curves = curve + 0.03 * curve.max() * np.random.default_rng(0).standard_normal((50, t.size))
    weights = np.ones(t.size)
    weights[gone] = 0
    weighted = fit_curves(curves, t, cp, model, weights=weights)
    shorter = fit_curves(curves[:, kept], t[kept], cp[kept], model)
    np.testing.assert_allclose(parameters_of(weighted), parameters_of(shorter), rtol=1e-7)
    np.testing.assert_allclose(weighted.sse, shorter.sse, rtol=1e-9)
    np.testing.assert_array_equal(weighted.reason, shorter.reason)
    for name, errors in shorter.standard_error.items():
        np.testing.assert_allclose(weighted.standard_error[name], errors, rtol=1e-6)


@every_model
def test_twice_the_weights_double_only_the_sum_of_squares(model):
    curves, t, cp = noisy_curves(model, 100)
    weights = weights_like(t)
    once, twice = (fit_curves(curves, t, cp, model, weights=k * weights) for k in (1, 2))
    np.testing.assert_allclose(
        parameters_of(twice), parameters_of(once), rtol=DIGITS[model], atol=1e-6 * DIGITS[model]
    )
    np.testing.assert_allclose(twice.sse, 2 * once.sse, rtol=1e-8)
    np.testing.assert_allclose(twice["r2"], once["r2"], rtol=1e-8)
    for name, errors in once.standard_error.items():
        np.testing.assert_allclose(
            twice.standard_error[name], errors, rtol=max(1e-6, 3 * DIGITS[model])
        )


@every_model
def test_weights_of_its_own_fit_a_curve_as_if_it_were_alone(model):
    curves, t, cp = noisy_curves(model, 20)
    weights = np.stack([weights_like(t, seed) for seed in range(20)])
    together = fit_curves(curves, t, cp, model, weights=weights)
    for i in range(20):
        alone = fit_curves(curves[i : i + 1], t, cp, model, weights=weights[i])
        np.testing.assert_allclose(parameters_of(together)[i], parameters_of(alone)[0], rtol=1e-7)
        np.testing.assert_allclose(together.sse[i], alone.sse[0], rtol=1e-9)
        for name, errors in alone.standard_error.items():
            np.testing.assert_allclose(together.standard_error[name][i], errors[0], rtol=1e-6)


@every_model
def test_the_same_weights_for_every_curve_are_like_those_for_all(model):
    """More curves than are worked on at once with weights of their own."""
    curves, t, cp = noisy_curves(model, 5000)
    weights = weights_like(t)
    own = np.broadcast_to(weights, curves.shape)
    one, other = (fit_curves(curves, t, cp, model, weights=w) for w in (weights, own))
    rtol = max(1e-4, DIGITS[model])
    np.testing.assert_allclose(parameters_of(one), parameters_of(other), rtol=rtol, atol=1e-9)
    np.testing.assert_array_equal(one.reason, other.reason)


@every_model
def test_the_sum_of_squares_is_that_of_the_weighted_residuals(model):
    curves, t, cp = noisy_curves(model, 100)
    for weights in (np.ones(t.size), weights_like(t)):
        fit = fit_curves(curves, t, cp, model, weights=weights)
        residuals = curves - tissue(model, parameters_of(fit), t, cp)
        np.testing.assert_allclose(fit.sse, np.square(residuals) @ weights, rtol=1e-6)
        mean = curves @ weights / weights.sum()
        spread = np.square(curves - mean[:, None]) @ weights
        np.testing.assert_allclose(fit["r2"], 1 - fit.sse / spread, rtol=1e-8)


@every_model
@pytest.mark.parametrize("kept", [slice(0, 0), slice(0, 6)], ids=["nothing", "baseline"])
def test_weights_that_leave_nothing_of_the_plasma_leave_no_estimate(model, kept):
    """Nothing tells the parameters there; what is not estimated is NaN and not valid."""
    curves, t, cp = noisy_curves(model, 5)
    weights = np.ones(curves.shape)
    weights[2] = 0
    weights[2, kept] = 1
    fit = fit_curves(curves, t, cp, model, weights=weights)
    np.testing.assert_array_equal(fit.valid, np.arange(5) != 2)
    np.testing.assert_array_equal(np.isnan(parameters_of(fit)).all(axis=1), ~fit.valid)
    assert np.isfinite(parameters_of(fit)[fit.valid]).all()
