import json

import numpy as np
import pytest
from fit_cases import NAMES, plasma_at, tissue

import gadmap
from disc import disc_exam
from gadmap import fit_curves, fit_linear
from gadmap.data import Reason
from gadmap.estimators import LinearLeastSquares
from gadmap.pipeline import MapSettings
from validation.osipi import curve_shares
from validation.reference_data import CURVE_SETS

DENSE = np.arange(0, 300, 0.25)
TRUE = {
    "tofts": [[0.1, 0.3], [0.25, 0.2], [0.03, 0.6]],
    "extended-tofts": [[0.1, 0.3, 0.05], [0.25, 0.2, 0.02]],
    "patlak": [[0.03, 0.05], [0.01, 0.1]],
    "2cxm": [[30.0, 0.1, 0.3, 0.06], [80.0, 0.3, 0.2, 0.1]],
}
SHARE = {"tofts": 0.25, "extended-tofts": 0.25, "patlak": 0.1, "2cxm": 1.0}


@pytest.mark.parametrize("model", TRUE)
def test_parameters_come_back_from_dense_curves_without_noise(model):
    cp = plasma_at(DENSE)
    fit = fit_linear(tissue(model, TRUE[model], DENSE, cp), DENSE, cp, model)
    for name, true in zip(NAMES[model], np.transpose(TRUE[model]), strict=True):
        np.testing.assert_allclose(fit[name], true, rtol=0.01)
    assert (fit["r2"] > 0.9999).all()
    assert not fit.standard_error


@pytest.mark.parametrize("model", ["tofts", "extended-tofts", "2cxm"])
def test_the_error_of_the_trapezium_falls_with_the_square_of_the_step(model):
    errors = []
    for step in (1.0, 0.5):
        t = np.arange(0, 300, step)
        cp = np.interp(t, np.arange(0, 301, 2.0), plasma_at(np.arange(0, 301, 2.0)))
        fit = fit_linear(tissue(model, TRUE[model], t, cp), t, cp, model)
        true = np.transpose(TRUE[model])
        found = np.array([fit[name] for name in NAMES[model]])
        errors.append(np.abs(found / true - 1).max())
    assert errors[1] == pytest.approx(errors[0] / 4, rel=0.25)


def test_patlak_is_that_of_the_exact_fit_inside_its_bounds():
    """There the equation holds no integral of the noisy curve: both are one problem."""
    t = 4.8 * np.arange(65)
    cp = plasma_at(t)
    curves = tissue("patlak", TRUE["patlak"], t, cp)
    curves += np.random.default_rng(0).normal(0, 0.01, curves.shape)
    exact, linear = fit_curves(curves, t, cp, "patlak"), fit_linear(curves, t, cp, "patlak")
    for name in NAMES["patlak"]:
        np.testing.assert_allclose(linear[name], exact[name], rtol=1e-8)
    np.testing.assert_allclose(linear.sse, exact.sse, rtol=1e-8)


@pytest.mark.parametrize("model", TRUE)
def test_no_linear_fit_has_a_smaller_sum_of_squares_than_the_exact_one(model):
    t = 2.0 * np.arange(150)
    cp = plasma_at(t)
    curves = np.repeat(tissue(model, TRUE[model], t, cp), 20, axis=0)
    curves += np.random.default_rng(0).normal(0, 0.01, curves.shape)
    linear = fit_linear(curves, t, cp, model)
    inside = linear.reason == Reason.ESTIMATED
    assert inside.sum() > 10
    exact = fit_curves(curves, t, cp, model, standard_error=False)
    assert (exact.sse[inside] <= linear.sse[inside] * (1 + 1e-6)).all()


@pytest.mark.data
@pytest.mark.parametrize("chosen", CURVE_SETS, ids=lambda chosen: chosen.model)
def test_osipis_sets_are_met_within_this_share_of_its_tolerance(
    chosen, reference_data, monkeypatch
):
    monkeypatch.setattr("validation.osipi.fit_curves", fit_linear)
    shares = curve_shares(reference_data, chosen)
    for name in chosen.truth:
        assert shares[name].size == chosen.cases
        assert shares[name].max() < SHARE[chosen.model], name


def test_a_curve_without_agent_or_with_nan_is_told_and_spoils_no_other():
    t = DENSE[::8]
    cp = plasma_at(t)
    curves = np.concatenate([tissue("tofts", TRUE["tofts"], t, cp), np.zeros((2, t.size))])
    curves[4, 7] = np.nan
    fit = fit_linear(curves, t, cp)
    assert fit.reason.tolist() == [0, 0, 0, Reason.NOT_DETERMINED, Reason.NOT_FINITE]
    assert np.isnan(fit["ktrans"][3:]).all()
    alone = fit_linear(curves[:3], t, cp)
    np.testing.assert_allclose(fit["ktrans"][:3], alone["ktrans"], rtol=1e-12)


def test_what_lies_outside_the_exact_fits_bounds_is_kept_and_flagged():
    t = 4.8 * np.arange(65)
    cp = plasma_at(t)
    fit = fit_linear(tissue("tofts", [[0.2, 0.5]], t, cp) * 4, t, cp)
    assert fit["ve"][0] == pytest.approx(2, rel=0.05)
    assert fit.reason[0] == Reason.AT_BOUND


def test_maps_are_the_linear_fit_of_every_curve_and_say_what_they_are():
    exam = disc_exam()
    maps = LinearLeastSquares("extended-tofts").estimate(exam)
    fit = fit_linear(
        gadmap.concentration(exam)[exam.mask], exam.series.t, exam.aif.plasma, "extended-tofts"
    )
    for name in fit.values:
        np.testing.assert_allclose(maps[name][exam.mask], fit[name], rtol=1e-6)
    assert (maps.estimator, maps.standard_error) == ("linear-least-squares", {})
    assert "noise biases it" in json.dumps(maps.settings["remarks"])


def test_settings_choose_the_model_and_refuse_one_without_a_linear_form():
    chosen = MapSettings(estimator="linear-least-squares", model="2cxm").chosen_estimator()
    assert chosen == LinearLeastSquares("2cxm")
    with pytest.raises(ValueError, match="no linear form of '2cum'"):
        MapSettings(estimator="linear-least-squares", model="2cum").chosen_estimator()
    with pytest.raises(ValueError, match="no linear form of 'vascular'"):
        fit_linear(np.ones((1, 9)), np.arange(9.0), np.ones(9), "vascular")
