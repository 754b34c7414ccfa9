"""The fit is the optimum: no descent is left, and no other start finds a lower sum of squares."""

import numpy as np
import pytest
from dense_profile import lowest_on_dense_grid
from fit_cases import MODELS, noisy_curves, parameters_of, tissue
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy_models import BOUNDS, Model

from gadmap import fit_curves

# Not 2cxm: beyond its bounds the minimum rests on starts, and under a plasma curve of eight random
# frames it has been seen 1e-5 above scipy's; `test_against_scipy` and `test_two_compartments` hold.
every_model = pytest.mark.parametrize("model", [m for m in MODELS if m != "2cxm"])


@st.composite
def problems(draw):
    """Any plasma curve on any time grid, and the generator of the tissue under it."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    frames = draw(st.integers(8, 40))
    t = draw(st.floats(-100, 1000)) + np.cumsum(generator.uniform(1, 20, frames))
    bolus = generator.gamma(1, 3, frames) * (np.arange(frames) >= draw(st.integers(0, 4)))
    noise = draw(st.sampled_from([0.0, 0.1, 0.5])) * generator.standard_normal(frames)
    return t, bolus + noise, generator


def curve_under(model, t, cp, generator):
    """A tissue curve with noise, or, one time in four, noise alone."""
    low, high = np.log([1e-3, 1e-2, 1e-3, 2.0, 1e-3]), np.log([2.0, 1.2, 0.3, 150.0, 2.0])
    values = dict(zip(BOUNDS, np.exp(generator.uniform(low, high)), strict=True))
    curve = tissue(model.name, [[values[name] for name in model.parameters]], t, cp)[0]
    noise = generator.standard_normal(t.size) * np.abs(curve).max() * generator.uniform(0.01, 0.5)
    return noise if generator.random() < 0.25 else curve + noise


def descent(model, curve, values):
    """Share of the sum of squares that a step of one parameter takes off within its bounds.

    The lower of what the slope promises up to the bound and of the parabola's minimum.
    """
    low, high = (np.array([BOUNDS[name][i] for name in model.parameters]) for i in (0, 1))
    residual, jacobian = model.curve(values) - curve, model.jacobian(values)
    half_slope = residual @ jacobian
    room = np.where(half_slope > 0, values - low, high - values)
    curvature = np.square(jacobian).sum(axis=0) + 1e-300
    steps = np.minimum(2 * np.abs(half_slope) * room, half_slope**2 / curvature)
    return steps / (residual @ residual)


@every_model
@settings(max_examples=60)
@given(problem=problems())
def test_no_start_leads_lower(model, problem):
    """scipy's bounded least squares from the result itself and from three other points."""
    t, cp, generator = problem
    peer = Model(model, t, cp)
    curve = curve_under(peer, t, cp, generator)
    fit = fit_curves(curve[None], t, cp, model)
    low, high = (np.array([BOUNDS[name][i] for name in peer.parameters]) for i in (0, 1))
    itself = np.clip(parameters_of(fit)[0], low + 1e-9, high - 1e-9)
    best = peer.best_fit(curve, [itself, *peer.starts(3, generator)])
    assert fit.sse[0] <= 2 * best.cost * (1 + 1e-6) + 1e-12 * curve @ curve


@every_model
@settings(max_examples=60)
@given(problem=problems())
def test_no_parameter_has_a_step_to_go(model, problem):
    """The slope of the sum of squares is 0, or points out of the box at a bound."""
    t, cp, generator = problem
    peer = Model(model, t, cp)
    curve = curve_under(peer, t, cp, generator)
    values = parameters_of(fit_curves(curve[None], t, cp, model))[0]
    assert descent(peer, curve, values).max() < 1e-7


@pytest.mark.parametrize("name", ["even", "uneven", "contrast at once"])
@pytest.mark.parametrize("model", ["tofts", "extended-tofts"])
def test_no_rate_gives_a_lower_sum_of_squares(model, name):
    """Over all rates, densely, for 4,000 curves of tissue in strong noise and 8,000 of noise."""
    curves, t, cp = noisy_curves(model, 4000, noise=0.3, grid_name=name)
    noise = 0.02 * np.random.default_rng(99).standard_normal((8000, t.size))
    curves = np.concatenate([curves, noise])
    lowest, rate = lowest_on_dense_grid(model, t, cp, curves)
    fit = fit_curves(curves, t, cp, model, standard_error=False)
    higher = np.flatnonzero(fit.sse > lowest * (1 + 1e-6))
    assert higher.size == 0, (
        f"{higher.size} curves, up to {(fit.sse / lowest).max() - 1:.1e} above; the first at kep "
        f"{rate[higher[0]]:.3g}, but fitted {fit['kep'][higher[0]]:.3g}"
    )
