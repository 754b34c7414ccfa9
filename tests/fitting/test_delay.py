"""The fit of an arterial delay, and of what else no table holds."""

import numpy as np
import pytest
import torch
from fit_cases import NAMES, ONE_RATE, grid, parameters_of, usual_parameters

from gadmap import fit_curves
from gadmap.data import Reason
from gadmap.fitting.levenberg_marquardt import bounded_minimum
from gadmap.physics.convolution import exponential_convolution
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS

# Two compartments with a delay: `test_two_compartments`, within a hundredth.
every_model = pytest.mark.parametrize("model", [*ONE_RATE, "vascular"])


def late_tissue(model, parameters, delay, t, cp):
    """Tissue curves under a plasma curve that reaches each of them with its own delay [s]."""
    values = {n: torch.tensor(v) for n, v in zip(NAMES[model], parameters.T, strict=True)}
    arguments = (torch.tensor(values_) for values_ in (t, cp, delay))
    return tissue_concentration(KINETIC_MODELS[model], values, *arguments).numpy()


def late_curves(model, count, noise, grid_name="even", seed=0):
    generator = np.random.default_rng(seed)
    t, cp = grid(grid_name)
    parameters, delay = usual_parameters(model, count, generator), generator.uniform(-8, 8, count)
    curves = late_tissue(model, parameters, delay, t, cp)
    peak = np.abs(curves).max(axis=1, keepdims=True)
    noisy = curves + noise * peak * generator.standard_normal(curves.shape)
    return noisy, curves, parameters, delay, t, cp


@every_model
@pytest.mark.parametrize("grid_name", ["even", "uneven", "late gap", "late start"])
def test_noise_free_curves_give_their_parameters_and_delay(model, grid_name):
    curves, _, parameters, delay, t, cp = late_curves(model, 40, 0.0, grid_name)
    fit = fit_curves(curves, t, cp, model, fit_delay=True)
    np.testing.assert_allclose(parameters_of(fit), parameters, rtol=1e-4)
    np.testing.assert_allclose(fit["delay"], delay, atol=1e-3)


@every_model
def test_with_noise_nothing_fits_better_than_the_fit(model):
    """Neither the true parameters nor, at delay 0, the exact fit without a delay."""
    curves, true_curves, _, _, t, cp = late_curves(model, 150, 0.1)
    fit = fit_curves(curves, t, cp, model, fit_delay=True, standard_error=False)
    assert (fit.sse <= np.square(curves - true_curves).sum(axis=1) * (1 + 1e-6)).all()
    undelayed = fit_curves(curves, t, cp, model, standard_error=False)
    assert (fit.sse <= undelayed.sse * (1 + 1e-6)).all()


@every_model
def test_its_standard_errors_are_the_spread_over_noise(model):
    """The delay is half a frame from where samples meet frames, where its slope bends."""
    t, cp = grid()
    parameters = usual_parameters(model, 1, np.random.default_rng(3))
    curves = late_tissue(model, parameters, np.array([2.4]), t, cp)
    draws = curves + 0.003 * curves.max() * np.random.default_rng(4).standard_normal((600, t.size))
    fit = fit_curves(draws, t, cp, model, fit_delay=True)
    for name in (*NAMES[model], "delay"):
        spread = np.std(fit[name])
        assert np.median(fit.standard_error[name]) == pytest.approx(spread, rel=0.12), name


def test_a_delay_beyond_its_bounds_ends_at_the_bound_and_says_so():
    t, cp = grid()
    parameters = usual_parameters("tofts", 5, np.random.default_rng(0))
    curves = late_tissue("tofts", parameters, np.full(5, 6.0), t, cp)
    fit = fit_curves(curves, t, cp, fit_delay=True, bounds={"delay": (-2.0, 2.0)})
    np.testing.assert_allclose(fit["delay"], 2.0)
    assert (fit.reason == Reason.AT_BOUND).all()


def test_one_thread_gives_the_answer_of_two_and_a_spoilt_curve_harms_no_other():
    curves, _, _, _, t, cp = late_curves("extended-tofts", 300, 0.1)
    curves[7, 3] = np.nan
    fit = fit_curves(curves, t, cp, "extended-tofts", fit_delay=True)
    assert fit.reason[7] == Reason.NOT_FINITE
    assert np.isnan(fit["delay"][7])
    alone = fit_curves(curves[8:9], t, cp, "extended-tofts", fit_delay=True)
    np.testing.assert_allclose(alone["delay"], fit["delay"][8:9], rtol=1e-6)


def test_steps_reach_the_minimum_of_two_exponentials():
    """The two-compartment exchange model, amplitudes and rates as such."""
    t, cp = (torch.tensor(values) for values in grid())
    generator = torch.Generator().manual_seed(0)
    low = torch.tensor([0.05, 0.05, 0.05, 1.0], dtype=torch.float64)[:, None]
    high = torch.tensor([0.3, 0.5, 0.4, 6.0], dtype=torch.float64)[:, None]
    true = low + (high - low) * torch.rand((4, 60), generator=generator, dtype=torch.float64)

    def curves(values):
        slow, fast, slow_rate, fast_rate = values
        terms = exponential_convolution(cp, t / 60, torch.stack([slow_rate, fast_rate], dim=-1))
        return (torch.stack([slow, fast], dim=-1)[..., None] * terms).sum(dim=-2)

    bounds = torch.stack([0 * low, 10 * high])
    found = bounded_minimum(
        curves, curves(true), torch.ones(1, t.numel(), dtype=torch.float64), 1.3 * true, bounds
    )
    torch.testing.assert_close(found.values, true, rtol=1e-3, atol=0)
