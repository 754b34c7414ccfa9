import numpy as np
import pytest
from fit_cases import (
    GRIDS,
    MODELS,
    ONE_RATE,
    combinations,
    grid,
    parameters_of,
    tissue,
    usual_parameters,
)

from gadmap import fit_curves

every_grid = pytest.mark.parametrize("name", GRIDS)
every_model = pytest.mark.parametrize("model", MODELS)
one_rate = pytest.mark.parametrize("model", ONE_RATE)
KTRANS = [0.001, 0.003, 0.01, 0.05, 0.2, 0.7, 2.0]
VE = [0.01, 0.03, 0.1, 0.3, 0.6, 1.0]
VP = [0.0, 0.01, 0.05, 0.2]


def determined(model, parameters):
    """Leave out what five minutes at five seconds cannot tell from a plasma share.

    Beside a share of plasma, tissue that empties within a frame, or hardly at all during the
    series, differs from another by less than the rounding of the sum of squares.
    """
    if model != "extended-tofts":
        return parameters
    kep = parameters[:, 0] / parameters[:, 1]
    return parameters[(kep >= 0.02) & (kep <= 50)]


@every_grid
@one_rate
def test_parameters_come_back_from_a_curve_without_noise(model, name):
    """Within 0.01 %, on any time grid, with any first time and any first plasma sample."""
    t, cp = grid(name)
    truth = determined(model, combinations(model, KTRANS, VE, VP))
    fit = fit_curves(tissue(model, truth, t, cp), t, cp, model)
    np.testing.assert_allclose(parameters_of(fit), truth, rtol=1e-4, atol=1e-7)
    assert fit.valid.all()


@every_grid
@pytest.mark.parametrize("model", ["2cum", "2cxm", "vascular"])
def test_usual_tissue_comes_back_from_a_curve_without_noise(model, name):
    """Within 0.01 %, where frames are too coarse for some of the rates that combinations have."""
    t, cp = grid(name)
    truth = usual_parameters(model, 300, np.random.default_rng(0))
    fit = fit_curves(tissue(model, truth, t, cp), t, cp, model)
    np.testing.assert_allclose(parameters_of(fit), truth, rtol=1e-4)


@every_grid
@every_model
def test_a_curve_without_noise_is_explained_in_full(model, name):
    t, cp = grid(name)
    shares = VP if model != "vascular" else VP[1:]  # without plasma there is nothing to explain
    curves = tissue(model, combinations(model, KTRANS, VE, shares), t, cp)
    fit = fit_curves(curves, t, cp, model)
    assert (fit["r2"] > 1 - 1e-7).all()
    assert (fit.sse <= 1e-9 * np.square(curves).sum(axis=1)).all()
    residuals = curves - tissue(model, parameters_of(fit), t, cp)
    assert (np.square(residuals).sum(axis=1) <= 1e-12 * np.square(curves).sum(axis=1)).all()


def test_kep_is_ktrans_over_ve():
    t, cp = grid()
    truth = combinations("tofts", KTRANS, VE, VP)
    fit = fit_curves(tissue("tofts", truth, t, cp), t, cp)
    np.testing.assert_allclose(fit["kep"], fit["ktrans"] / fit["ve"], rtol=1e-12)


@one_rate
def test_four_frames_give_the_parameters_of_a_curve_without_noise(model):
    t = np.array([0.0, 20.0, 70.0, 200.0])
    cp = np.array([0.0, 5.0, 2.0, 1.0])
    truth = combinations(model, [0.05, 0.3], [0.1, 0.5], [0.02, 0.1])
    fit = fit_curves(tissue(model, truth, t, cp), t, cp, model)
    np.testing.assert_allclose(parameters_of(fit), truth, rtol=1e-4)


@one_rate
def test_as_many_frames_as_parameters_fit_but_leave_no_standard_error(model):
    frames = 3 if model == "extended-tofts" else 2
    t, cp = np.array([0.0, 30.0, 90.0])[:frames], np.array([1.0, 3.0, 1.0])[:frames]
    curve = tissue(model, combinations(model, [0.1], [0.3], [0.05]), t, cp)
    fit = fit_curves(curve, t, cp, model)
    assert fit.valid.all()
    assert np.isnan(fit.standard_error["ktrans"]).all()
