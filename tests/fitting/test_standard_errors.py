import numpy as np
import pytest
from fit_cases import MODELS, grid, noisy_curves, tissue

from gadmap import fit_curves

DRAWS = 1000
CASES = [
    ("tofts", (0.05, 0.2)),
    ("tofts", (0.25, 0.4)),
    ("tofts", (1.0, 0.5)),
    ("extended-tofts", (0.05, 0.2, 0.03)),
    ("extended-tofts", (0.25, 0.4, 0.1)),
    ("extended-tofts", (0.1, 0.3, 0.01)),
    ("patlak", (0.005, 0.02)),
    ("patlak", (0.05, 0.05)),
    ("patlak", (0.2, 0.1)),
    ("vascular", (0.05,)),
    ("2cum", (20.0, 0.05, 0.1)),
    ("2cum", (12.0, 0.15, 0.15)),
]


@pytest.mark.parametrize("name", ["even", "uneven"])
@pytest.mark.parametrize(("model", "truth"), CASES)
def test_standard_errors_are_the_spread_over_noise_draws(model, truth, name):
    """Within 10 %; 1,000 draws tell a spread to 2 %. kep's error is checked with the others."""
    t, cp = grid(name)
    curve = tissue(model, [truth], t, cp)
    noise = np.random.default_rng(7).standard_normal((DRAWS, t.size))
    fit = fit_curves(curve + 0.02 * curve.max() * noise, t, cp, model)
    for quantity, errors in fit.standard_error.items():
        spread = fit[quantity].std(ddof=1)
        assert np.median(errors) == pytest.approx(spread, rel=0.1), quantity


@pytest.mark.parametrize(("model", "truth"), CASES[::3])
def test_standard_errors_with_weights_are_the_spread_over_noise_draws(model, truth):
    """Noise that grows along the series, weighted by its inverse variance."""
    t, cp = grid()
    curve = tissue(model, [truth], t, cp)
    sd = 0.01 * curve.max() * np.linspace(0.5, 3, t.size)
    noise = np.random.default_rng(7).standard_normal((DRAWS, t.size))
    fit = fit_curves(curve + sd * noise, t, cp, model, weights=1 / sd**2)
    for quantity, errors in fit.standard_error.items():
        assert np.median(errors) == pytest.approx(fit[quantity].std(ddof=1), rel=0.1), quantity
    assert np.median(fit.sse) / (t.size - len(truth)) == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize("model", MODELS)
def test_standard_errors_grow_with_the_noise(model):
    small, t, cp = noisy_curves(model, 50, noise=1e-4)
    large, _, _ = noisy_curves(model, 50, noise=1e-3)
    one, ten = (fit_curves(curves, t, cp, model).standard_error for curves in (small, large))
    for name, errors in one.items():
        assert np.median(ten[name] / errors) == pytest.approx(10, rel=0.01), name


@pytest.mark.parametrize("model", MODELS)
def test_every_parameter_has_a_standard_error_in_its_own_shape(model):
    curves, t, cp = noisy_curves(model, 6)
    fit = fit_curves(curves.reshape(2, 3, -1), t, cp, model)
    assert set(fit.standard_error) == set(fit.values) - {"r2"}
    assert all(errors.shape == (2, 3) for errors in fit.standard_error.values())
    assert all((errors > 0).all() for errors in fit.standard_error.values())
