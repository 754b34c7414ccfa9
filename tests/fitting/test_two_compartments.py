"""What a fit of two compartments says of curves that do not tell all of it."""

import numpy as np
import pytest
import torch
from fit_cases import NAMES, TWO_COMPARTMENTS, grid, noisy_curves, parameters_of, tissue

from gadmap import fit_curves
from gadmap.data import Reason
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS

both = pytest.mark.parametrize("model", TWO_COMPARTMENTS)
TRUTH = {"2cum": (30.0, 0.2, 0.1), "2cxm": (30.0, 0.2, 0.3, 0.1)}


@both
def test_ktrans_is_the_extracted_flow_and_has_an_error(model):
    curves, t, cp = noisy_curves(model, 200, noise=0.01)
    fit = fit_curves(curves, t, cp, model)
    flow, ps = fit["fp"] / 100, fit["ps"]
    np.testing.assert_allclose(fit["ktrans"], flow * ps / (flow + ps), rtol=1e-12)
    assert (fit.standard_error["ktrans"] > 0).all()


@both
def test_the_error_of_ktrans_is_its_spread_over_noise_draws(model):
    t, cp = grid()
    curve = tissue(model, [TRUTH[model]], t, cp)
    noise = np.random.default_rng(7).standard_normal((800, t.size))
    fit = fit_curves(curve + 0.003 * curve.max() * noise, t, cp, model)
    for name, errors in fit.standard_error.items():
        assert np.median(errors) == pytest.approx(fit[name].std(ddof=1), rel=0.1), name


@both
def test_frames_too_coarse_for_the_flow_are_told(model):
    """Plasma that empties within a twentieth of a frame leaves flow unresolved; mostly told."""
    t, cp = grid()
    truth = (120.0, 0.1, 0.005) if model == "2cum" else (120.0, 0.1, 0.3, 0.005)
    curve = tissue(model, [truth], t, cp)
    noise = np.random.default_rng(1).standard_normal((300, t.size))
    fit = fit_curves(curve + 0.05 * curve.max() * noise, t, cp, model)
    told = (fit.reason == Reason.UNRESOLVED) | (fit.reason == Reason.AT_BOUND)
    told |= np.abs(fit["fp"] - 120) < 3 * fit.standard_error["fp"]
    assert (np.abs(fit["fp"] - 120) > 60).mean() > 0.3
    assert told.mean() > 0.75  # the rest fits another tissue better, by chance


def test_without_exchange_ve_is_not_resolved():
    """Whatever it is given, it has no error, and the voxel is flagged."""
    t, cp = grid()
    curve = tissue("2cxm", [(30.0, 0.0, 0.3, 0.1)], t, cp)
    fit = fit_curves(curve, t, cp, "2cxm")
    np.testing.assert_allclose(fit["fp"], 30, rtol=1e-4)
    np.testing.assert_allclose(fit["vp"], 0.1, rtol=1e-4)
    np.testing.assert_allclose(fit["ktrans"], 0, atol=1e-6)
    assert fit.reason == Reason.UNRESOLVED


@both
def test_flow_above_its_bound_ends_there(model):
    t, cp = grid()
    truth = (60.0, 0.2, 0.3) if model == "2cum" else (60.0, 0.2, 0.3, 0.3)
    fit = fit_curves(tissue(model, [truth], t, cp), t, cp, model, bounds={"fp": (0.0, 40.0)})
    np.testing.assert_allclose(fit["fp"], 40.0)
    assert np.isin(fit.reason, [Reason.AT_BOUND, Reason.UNRESOLVED]).all()


@both
@pytest.mark.parametrize("noise", [0.01, 0.2])
def test_no_tissue_of_a_fine_lattice_fits_better(model, noise):
    """Thousands of tissues spread over the box, each at its best scale: none is below the fit."""
    curves, t, cp = noisy_curves(model, 200, noise=noise)
    generator = np.random.default_rng(3)
    low = {"fp": 1.0, "ps": 1e-3, "ve": 1e-2, "vp": 1e-3}
    high = {"fp": 200.0, "ps": 5.0, "ve": 1.0, "vp": 1.0}
    ends = np.log([[end[name] for name in NAMES[model]] for end in (low, high)])
    tissues = np.exp(generator.uniform(*ends, (20_000, len(NAMES[model]))))
    modelled = tissue(model, tissues, t, cp)
    most = np.min([high[name] / tissues[:, i] for i, name in enumerate(NAMES[model])], axis=0)
    least = 1e-3 / tissues[:, NAMES[model].index("ve")] if model == "2cxm" else 0 * most
    own = np.square(modelled).sum(axis=1)
    toward = curves @ modelled.T
    scale = np.clip(toward / own, least, most)
    lowest = np.square(curves).sum(axis=1) + (scale * (scale * own - 2 * toward)).min(axis=1)
    fit = fit_curves(curves, t, cp, model)
    assert (fit.sse <= lowest * (1 + 1e-9)).all()


@both
def test_a_fit_in_single_precision_holds_its_parameters_within_their_errors(model):
    curves, t, cp = noisy_curves(model, 300)
    double, single = (fit_curves(c, t, cp, model) for c in (curves, curves.astype(np.float32)))
    np.testing.assert_allclose(single.sse, double.sse, rtol=1e-5)
    assert single["fp"].dtype == np.float32


@both
def test_a_delay_is_fitted_too(model):
    t, cp = grid()
    values = {
        n: torch.tensor([v]).double() for n, v in zip(NAMES[model], TRUTH[model], strict=True)
    }
    arguments = (torch.tensor(t), torch.tensor(cp), torch.tensor([3.2]).double())
    curve = tissue_concentration(KINETIC_MODELS[model], values, *arguments).numpy()
    fit = fit_curves(curve, t, cp, model, fit_delay=True, bounds={"delay": (0.0, 6.0)})
    np.testing.assert_allclose(fit["delay"], 3.2, atol=0.01)
    np.testing.assert_allclose(parameters_of(fit)[0], TRUTH[model], rtol=0.01)
