"""The fit of an arterial dispersion: exact, and nothing else ends lower."""

import numpy as np
import pytest
import torch
from dense_profile import lowest_over
from fit_cases import NAMES, ONE_RATE, grid, parameters_of, usual_parameters
from scipy.optimize import least_squares
from scipy_models import BOUNDS, PARAMETERS, START_HIGH, START_LOW, convolution

from gadmap import choose_models, fit_curves
from gadmap.data import Reason
from gadmap.fitting.compiled_dispersion import dispersed_quadratics
from gadmap.fitting.profile import curve_likelihood
from gadmap.physics.convolution import dispersed, dispersed_exponential_convolution
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.quantities import DISPERSION

every_model = pytest.mark.parametrize("model", [*ONE_RATE, "vascular"])
both_tofts = pytest.mark.parametrize("model", ["tofts", "extended-tofts"])


def dispersed_tissue(model, parameters, tau, t, cp):
    """Tissue curves under plasma that reaches each of them with its own dispersion [s]."""
    values = {n: torch.tensor(v) for n, v in zip(NAMES[model], parameters.T, strict=True)}
    t, cp, tau = (torch.tensor(values_) for values_ in (t, cp, tau))
    return tissue_concentration(KINETIC_MODELS[model], values, t, cp, dispersion=tau).numpy()


def dispersed_curves(model, count, noise, grid_name="even", seed=0):
    generator = np.random.default_rng(seed)
    t, cp = grid(grid_name)
    parameters = usual_parameters(model, count, generator)
    tau = np.exp(generator.uniform(np.log(0.5), np.log(12), count))
    curves = dispersed_tissue(model, parameters, tau, t, cp)
    peak = np.abs(curves).max(axis=1, keepdims=True)
    noisy = curves + noise * peak * generator.standard_normal(curves.shape)
    return noisy, curves, parameters, tau, t, cp


class DispersedPlasma:
    """A plasma curve that comes dispersed [s], and its convolutions; written apart.

    Both are differences of plain convolutions, for plasma that starts at 0.
    """

    def __init__(self, t, cp, dispersion):
        self.minutes, self.given = (t - t[0]) / 60, cp
        self.tau = dispersion / 60
        self.plasma = cp
        if dispersion:
            self.slow = self.undispersed(1 / self.tau)
            self.plasma = self.slow / self.tau

    def undispersed(self, rate):
        return convolution(self.minutes, self.given, float(rate))[0]

    def convolved(self, rate):
        if not self.tau:
            return self.undispersed(rate)
        if abs(1 - rate * self.tau) < 1e-6:
            rate *= 1 + 1e-5
        return (self.undispersed(rate) - self.slow) / (1 - rate * self.tau)


@every_model
@pytest.mark.parametrize("grid_name", ["even", "uneven", "late gap", "contrast at once"])
def test_noise_free_curves_give_their_parameters_and_dispersion(model, grid_name):
    curves, _, parameters, tau, t, cp = dispersed_curves(model, 40, 0.0, grid_name)
    fit = fit_curves(curves, t, cp, model, fit_dispersion=True)
    np.testing.assert_allclose(parameters_of(fit), parameters, rtol=1e-4)
    np.testing.assert_allclose(fit["dispersion"], tau, atol=1e-3)
    assert (fit.reason == Reason.ESTIMATED).all()


@every_model
def test_curves_without_dispersion_have_none(model):
    t, cp = grid()
    parameters = usual_parameters(model, 30, np.random.default_rng(1))
    curves = dispersed_tissue(model, parameters, np.zeros(30), t, cp)
    fit = fit_curves(curves, t, cp, model, fit_dispersion=True)
    np.testing.assert_allclose(fit["dispersion"], 0, atol=1e-3)
    np.testing.assert_allclose(parameters_of(fit), parameters, rtol=1e-3)


@every_model
def test_with_noise_nothing_fits_better_than_the_fit(model):
    """Neither the true parameters nor the exact fit without a dispersion."""
    curves, true_curves, _, _, t, cp = dispersed_curves(model, 150, 0.1)
    fit = fit_curves(curves, t, cp, model, fit_dispersion=True, standard_error=False)
    assert (fit.sse <= np.square(curves - true_curves).sum(axis=1) * (1 + 1e-6)).all()
    plain = fit_curves(curves, t, cp, model, standard_error=False)
    assert (fit.sse <= plain.sse * (1 + 1e-6)).all()


@both_tofts
@pytest.mark.parametrize("grid_name", ["even", "uneven"])
def test_no_dispersion_and_rate_of_a_dense_grid_fit_better(model, grid_name):
    curves, _, _, _, t, cp = dispersed_curves(model, 100, 0.1, grid_name, seed=2)
    lowest = np.full(len(curves), np.inf)
    rates = np.concatenate([[0.0], np.geomspace(1e-3, 5000, 59)])
    for tau in [0.0, *np.geomspace(0.05, 30, 50)]:
        there = DispersedPlasma(t, cp, tau)
        columns = np.stack([there.convolved(rate) for rate in rates])
        lowest = np.minimum(lowest, lowest_over(model, there.plasma, columns, curves, rates)[0])
    fit = fit_curves(curves, t, cp, model, fit_dispersion=True, standard_error=False)
    assert (fit.sse <= lowest * (1 + 1e-7)).all()


@both_tofts
def test_no_start_of_scipy_ends_lower_with_a_dispersion(model):
    """And the sum of squares is that of the model written apart, at the parameters given."""
    curves, _, _, _, t, cp = dispersed_curves(model, 6, 0.1, seed=3)
    fit = fit_curves(curves, t, cp, model, fit_dispersion=True)
    names = [*PARAMETERS[model], "dispersion"]
    box = BOUNDS | {"dispersion": DISPERSION.bounds}
    low, high = np.array([box[name] for name in names]).T
    least = np.log([START_LOW.get(name, 0.1) for name in names])
    most = np.log([START_HIGH.get(name, 20.0) for name in names])

    def residuals(values, curve):
        there = DispersedPlasma(t, cp, values[-1])
        tissue = values[0] * there.convolved(values[0] / values[1])
        return tissue + (values[2] * there.plasma if "vp" in names else 0) - curve

    generator = np.random.default_rng(0)
    for index, curve in enumerate(curves):
        found = np.array([fit[name][index] for name in names])
        sse = np.square(residuals(found, curve)).sum()
        np.testing.assert_allclose(fit.sse[index], sse, rtol=1e-6)
        for start in generator.uniform(least, most, size=(10, len(names))):
            peer = least_squares(
                residuals, np.exp(start), bounds=(low, high), args=(curve,), x_scale=np.exp(most)
            )
            assert sse <= 2 * peer.cost * (1 + 1e-7)


@every_model
def test_its_standard_errors_are_the_spread_over_noise(model):
    t, cp = grid()
    parameters = usual_parameters(model, 1, np.random.default_rng(3))
    curves = dispersed_tissue(model, parameters, np.array([5.0]), t, cp)
    draws = curves + 0.003 * curves.max() * np.random.default_rng(4).standard_normal((600, t.size))
    fit = fit_curves(draws, t, cp, model, fit_dispersion=True)
    for name in (*NAMES[model], "dispersion"):
        spread = np.std(fit[name])
        assert np.median(fit.standard_error[name]) == pytest.approx(spread, rel=0.12), name


def test_of_two_tissues_with_one_curve_the_one_with_slower_exchange_is_given():
    """kep and 1 / dispersion swapped, ktrans in proportion to kep, the curve is the same."""
    t, cp = grid()
    fast = dispersed_tissue("tofts", np.array([[3.6, 0.3]]), np.array([10.0]), t, cp)
    slow = dispersed_tissue("tofts", np.array([[1.8, 0.3]]), np.array([5.0]), t, cp)
    np.testing.assert_allclose(fast, slow, rtol=1e-9, atol=1e-12)
    fit = fit_curves(fast, t, cp, fit_dispersion=True)
    assert fit["dispersion"][0] == pytest.approx(5, rel=1e-3)
    assert fit["kep"][0] == pytest.approx(6, rel=1e-3)
    assert fit["ktrans"][0] == pytest.approx(1.8, rel=1e-3)


def test_with_noise_exchange_is_never_faster_than_dispersion():
    curves, _, _, _, t, cp = dispersed_curves("tofts", 300, 0.3, seed=6)
    fit = fit_curves(curves, t, cp, fit_dispersion=True, standard_error=False)
    assert (fit["kep"] * fit["dispersion"] / 60 <= 1 + 1e-9).all()


def test_a_dispersion_beyond_its_bound_ends_there_and_says_so():
    t, cp = grid()
    parameters = usual_parameters("patlak", 5, np.random.default_rng(0))
    curves = dispersed_tissue("patlak", parameters, np.full(5, 9.0), t, cp)
    bounds = {"dispersion": (0.0, 4.0)}
    fit = fit_curves(curves, t, cp, "patlak", fit_dispersion=True, bounds=bounds)
    np.testing.assert_allclose(fit["dispersion"], 4.0)
    assert (fit.reason == Reason.AT_BOUND).all()


@every_model
def test_weights_of_all_curves_and_of_each_are_the_same(model):
    """And a curve that is spoilt harms no other."""
    curves, _, _, _, t, cp = dispersed_curves(model, 12, 0.05, "uneven", seed=4)
    curves[7, 3] = np.nan
    weights = np.random.default_rng(5).uniform(0, 2, t.size)
    weights[::7] = 0
    each = np.tile(weights, (len(curves), 1))
    one, other = (
        fit_curves(curves, t, cp, model, weights=w, fit_dispersion=True) for w in (weights, each)
    )
    assert one.reason[7] == other.reason[7] == Reason.NOT_FINITE
    assert np.isnan(one["dispersion"][7])
    np.testing.assert_allclose(one.sse, other.sse, rtol=1e-7)
    error = np.maximum(one.standard_error["dispersion"], 1e-3)
    assert np.nanmax(np.abs(one["dispersion"] - other["dispersion"]) / error) < 1e-2


def test_machine_code_has_the_derivatives_of_the_physics():
    """By share, amplitude, rate and tau, around every special case."""
    t, cp = (torch.tensor(values) for values in grid("uneven"))
    minutes = t / 60
    values = torch.tensor(
        [
            [0.1, 0.2, 0.7, 0.1],
            [0.0, 0.3, 10.0, 0.1],
            [0.2, 0.1, 40.0, 0.1],
            [0.3, 0.2, 0.0, 1e-5],
            [0.1, 0.4, 300.0, 0.0],
        ],
        dtype=torch.float64,
    )
    curves = torch.rand(5, t.numel(), generator=torch.Generator().manual_seed(0)).double()
    lengths = torch.diff(minutes).numpy()
    normal, slope, sse = np.empty((5, 4, 4)), np.empty((5, 4)), np.empty(5)
    dispersed_quadratics(
        lengths, np.arange(lengths.size), cp.numpy(), curves.numpy(), np.ones((1, t.numel())),
        np.arange(5), values.numpy(), normal, slope, sse,
    )  # fmt: skip

    def tissue(one):
        share, amplitude, rate, tau = one
        exchanged = dispersed_exponential_convolution(cp, minutes, rate, tau)
        return share * dispersed(cp, minutes, tau) + amplitude * exchanged

    for row, one in enumerate(values):
        jacobian = torch.autograd.functional.jacobian(tissue, one)
        residual = tissue(one) - curves[row]
        np.testing.assert_allclose(normal[row], (jacobian.T @ jacobian).numpy(), rtol=1e-9)
        np.testing.assert_allclose(slope[row], (jacobian.T @ residual).numpy(), rtol=1e-9)
        np.testing.assert_allclose(sse[row], residual.square().sum().item(), rtol=1e-9)


def test_a_fitted_curve_is_the_dispersed_one():
    curves, _, _, _, t, cp = dispersed_curves("extended-tofts", 2, 0.0)
    fit = fit_curves(curves, t, cp, "extended-tofts", fit_dispersion=True)
    shown = fit.curves.curve((1,), {name: float(v[1]) for name, v in fit.values.items()})
    np.testing.assert_allclose(shown.fitted, curves[1], rtol=1e-5, atol=1e-7)


def test_models_are_weighed_with_a_dispersion_each():
    curves, _, _, tau, t, cp = dispersed_curves("tofts", 20, 0.002)
    chosen = choose_models(curves, t, cp, ("vascular", "tofts"), fit_dispersion=True)
    assert (chosen.best == 2).all()
    np.testing.assert_allclose(chosen.fit["dispersion"], tau, atol=1)
    assert not chosen.fit["dispersion"].min() < 0


def test_its_interval_holds_the_true_dispersion():
    curves, _, _, tau, t, cp = dispersed_curves("tofts", 1, 0.02, seed=7)
    found = curve_likelihood(curves[0], t, cp, fit_dispersion=True, levels=(0.999,))
    interval = found.profiles["dispersion"].intervals[0.999]
    assert interval.low < tau[0] < interval.high
    error = np.sqrt(found.covariance[2, 2])
    assert interval.high - interval.low == pytest.approx(2 * 3.47 * error, rel=0.3)


@pytest.mark.parametrize("model", ["2cum", "2cxm", "reference-region"])
def test_models_without_a_dispersion_say_so(model):
    t, cp = grid()
    with pytest.raises(ValueError, match=f"no dispersion is fitted with {model}; expected tofts"):
        fit_curves(np.ones((1, t.size)), t, cp, model, fit_dispersion=True)


def test_a_delay_and_a_dispersion_exclude_each_other():
    t, cp = grid()
    with pytest.raises(ValueError, match="expected one of them"):
        fit_curves(np.ones((1, t.size)), t, cp, fit_delay=True, fit_dispersion=True)
