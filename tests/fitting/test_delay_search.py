"""The search over delay and rate in machine code: nothing else ends lower."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from dense_profile import lowest_over
from fit_cases import NAMES, grid, usual_parameters
from scipy.optimize import least_squares
from scipy_models import BOUNDS, PARAMETERS, START_HIGH, convolution

from gadmap import fit_curves
from gadmap.data import Reason
from gadmap.fitting.by_input import fit_chunk_by_input
from gadmap.fitting.chunk import weighting
from gadmap.fitting.delay_tables import delays
from gadmap.fitting.problem import make_problem
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.quantities import DELAY

DELAYS = (-10.0, 10.0)
both_tofts = pytest.mark.parametrize("model", ["tofts", "extended-tofts"])


class LatePlasma:
    """A plasma curve that comes with a delay [s], and its convolutions; written apart.

    On the samples' times and those of the frames before the delay together, the curve is linear
    between neighbours, so the convolution without a delay serves.
    """

    def __init__(self, t, cp, delay):
        when = (t - t[0] - delay) / 60
        minutes = np.unique(np.concatenate([(t - t[0]) / 60, when[when >= 0]]))
        self.at = np.searchsorted(minutes, np.maximum(when, 0))
        self.come = when >= 0
        self.minutes, self.whole = minutes, np.interp(minutes, (t - t[0]) / 60, cp)
        self.plasma = self.whole[self.at] * self.come

    def convolved(self, rate):
        return convolution(self.minutes, self.whole, rate)[0][self.at] * self.come


def noisy_late_curves(model, count, grid_name, seed):
    """Usual tissue and tissue beyond every bound, in noise of 2 to 30 % of the peak."""
    generator = np.random.default_rng(seed)
    t, cp = grid(grid_name)
    values = usual_parameters(model, count, generator)
    values[::5] *= generator.uniform(0, 6, (len(values[::5]), values.shape[1]))
    named = dict(zip(NAMES[model], torch.tensor(values).T, strict=True))
    late = torch.tensor(generator.uniform(-11, 11, count))
    plasma = torch.tensor(cp)
    curves = tissue_concentration(
        KINETIC_MODELS[model], named, torch.tensor(t), plasma, late
    ).numpy()
    noise = np.exp(generator.uniform(np.log(0.02), np.log(0.3), (count, 1)))
    return (
        curves
        + noise * curves.max(axis=1, keepdims=True) * generator.standard_normal(curves.shape),
        t,
        cp,
    )


@both_tofts
@pytest.mark.parametrize("grid_name", ["even", "uneven"])
def test_no_delay_and_rate_of_a_dense_grid_fit_better(model, grid_name):
    curves, t, cp = noisy_late_curves(model, 150, grid_name, seed=1)
    lowest = np.full(len(curves), np.inf)
    rates = np.concatenate([[0.0], np.geomspace(1e-3, 5000, 59)])
    for delay in np.linspace(*DELAYS, 51):
        late = LatePlasma(t, cp, delay)
        columns = np.stack([late.convolved(rate) for rate in rates])
        there, _ = lowest_over(model, late.plasma, columns, curves, rates)
        lowest = np.minimum(lowest, there)
    fit = fit_curves(curves, t, cp, model, fit_delay=True, standard_error=False)
    assert (fit.sse <= lowest * (1 + 1e-7)).all()
    assert not (fit.reason == Reason.NOT_CONVERGED).any()


@both_tofts
def test_no_start_of_scipy_ends_lower_with_a_delay(model):
    """And the sum of squares is that of the model written apart, at the parameters given."""
    curves, t, cp = noisy_late_curves(model, 8, "even", seed=2)
    fit = fit_curves(curves, t, cp, model, fit_delay=True)
    names = [*PARAMETERS[model], "delay"]
    box = BOUNDS | {"delay": DELAYS}
    low, high = np.array([box[name] for name in names]).T

    def residuals(values, curve):
        late = LatePlasma(t, cp, values[-1])
        tissue = values[0] * late.convolved(values[0] / values[1])
        return tissue + (values[2] * late.plasma if "vp" in names else 0) - curve

    generator = np.random.default_rng(0)
    for index, curve in enumerate(curves):
        found = np.array([fit[name][index] for name in names])
        sse = np.square(residuals(found, curve)).sum()
        np.testing.assert_allclose(fit.sse[index], sse, rtol=1e-6)
        for start in generator.uniform(size=(10, len(names))):
            most = np.array([START_HIGH.get(name, 8.0) for name in names])
            least = np.array([1e-3 if name != "delay" else -8.0 for name in names])
            peer = least_squares(
                residuals,
                least + start * (most - least) * [0.2, 1, 1, 1][: len(names)],
                bounds=(low, high),
                args=(curve,),
                x_scale=most,
            )
            assert sse <= 2 * peer.cost * (1 + 1e-7)


@both_tofts
def test_steps_from_exact_fits_which_serve_other_devices_end_no_lower(model):
    """Where both end at the same minimum the standard errors are the same too."""
    curves, t, cp = noisy_late_curves(model, 60, "even", seed=3)
    kinetic = KINETIC_MODELS[model]
    box = {q.name: q.bounds for q in kinetic.parameters} | {"delay": DELAYS}
    times, plasma, weights = torch.tensor(t), torch.tensor(cp), torch.ones(1, t.size).double()
    problems = [
        make_problem(kinetic, box, times, plasma, DELAY, delay) for delay in delays(*DELAYS)
    ]
    alone = [replace(problem, of_input=None) for problem in problems]  # no search of its own
    weighted = [weighting(problem, weights, standard_error=True) for problem in alone]
    freedom = weighted[0].freedom - 1
    weighted = [rows._replace(freedom=freedom) for rows in weighted]
    steps = fit_chunk_by_input(problems, weighted, torch.tensor(curves), standard_error=True)
    fit = fit_curves(curves, t, cp, model, fit_delay=True)
    assert (fit.sse <= steps.sse * (1 + 1e-7)).all()
    same = (fit.sse >= steps.sse * (1 - 1e-6)) & (fit.reason == Reason.ESTIMATED)
    same &= np.abs(fit["delay"] / 4.8 - np.round(fit["delay"] / 4.8)) > 1e-3  # off the bends
    assert same.sum() > 20
    for name in (*NAMES[model], "delay"):
        np.testing.assert_allclose(
            fit.standard_error[name][same], steps.errors[name][same], rtol=0.02, err_msg=name
        )


@pytest.mark.parametrize("model", ["tofts", "extended-tofts", "patlak", "vascular"])
def test_weights_of_all_curves_and_of_each_are_the_same(model):
    curves, t, cp = noisy_late_curves(model, 12, "uneven", seed=4)
    weights = np.random.default_rng(5).uniform(0, 2, t.size)
    weights[::7] = 0
    shared = fit_curves(curves, t, cp, model, weights=weights, fit_delay=True)
    each = fit_curves(
        curves, t, cp, model, weights=np.tile(weights, (len(curves), 1)), fit_delay=True
    )
    for name in (*NAMES[model], "delay"):
        np.testing.assert_allclose(shared[name], each[name], rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(
            shared.standard_error[name], each.standard_error[name], rtol=1e-5
        )


def test_nothing_enhancing_has_no_error_and_no_delay_to_believe():
    t, cp = grid()
    fit = fit_curves(np.zeros((3, t.size)), t, cp, fit_delay=True)
    assert (fit.reason == Reason.NO_ENHANCEMENT).all()
    assert (fit["ktrans"] == 0).all()
    assert np.isnan(fit.standard_error["delay"]).all()
