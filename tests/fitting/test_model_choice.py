"""Laws of the choice among kinetic models."""

from functools import cache

import numpy as np
import pytest
from fit_cases import grid, tissue, usual_parameters
from scipy.stats import f as f_distribution

from gadmap import choose_models
from gadmap.cli.options import USUAL_MODELS as OFFERED
from gadmap.data import Reason
from gadmap.fitting import fit_curves
from gadmap.fitting.choice import USUAL_MODELS, nested_pairs
from gadmap.fitting.evidence import averaged, corrected_akaike, f_test
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.quantities import MODEL_NAMES

CHAIN = ("tofts", "extended-tofts", "2cxm")
COUNT = 400


@cache
def noisy(truth, noise=0.05, count=COUNT):
    generator = np.random.default_rng(3)
    t, cp = grid()
    curves = tissue(truth, usual_parameters(truth, count, generator), t, cp)
    peak = np.abs(curves).max(axis=1, keepdims=True)
    return curves + noise * peak * generator.standard_normal(curves.shape), t, cp


@cache
def chosen_of(truth, noise=0.05, models=CHAIN, count=COUNT):
    return choose_models(*noisy(truth, noise, count), models)


def shares(chosen):
    counts = np.bincount(chosen.best, minlength=len(chosen.models) + 1)
    return dict(zip(chosen.models, counts[1:] / counts.sum(), strict=True))


def test_names_of_quantities_are_those_of_the_models():
    assert set(MODEL_NAMES) == set(KINETIC_MODELS)


def test_the_command_line_means_the_same_by_usual():
    assert OFFERED == USUAL_MODELS


@pytest.mark.parametrize("truth", ["vascular", "patlak", "tofts", "extended-tofts", "2cxm"])
def test_the_model_that_made_a_curve_without_noise_is_chosen(truth):
    generator = np.random.default_rng(1)
    t, cp = grid()
    parameters = usual_parameters(truth, 50, generator)
    curves = tissue(truth, parameters, t, cp)
    chosen = choose_models(curves, t, cp, USUAL_MODELS)
    assert shares(chosen)[truth] == 1
    for place, quantity in enumerate(KINETIC_MODELS[truth].parameters):
        np.testing.assert_allclose(chosen.fit[quantity.name], parameters[:, place], rtol=1e-3)


@pytest.mark.parametrize("truth", CHAIN)
def test_the_model_that_made_a_curve_is_chosen_in_most_where_noise_is_low(truth):
    assert shares(chosen_of(truth, 0.01))[truth] > 0.85


def test_more_noise_calls_for_fewer_parameters():
    quiet, loud = (shares(chosen_of("2cxm", noise))["2cxm"] for noise in (0.01, 0.1))
    assert loud < quiet


@pytest.mark.parametrize("noise", [0.01, 0.05])
def test_f_tests_refuse_a_true_smaller_model_in_at_most_five_percent(noise):
    """At a bound, here vp = 0, it is about half: Self and Liang, J Am Stat Assoc 1987;82:605."""
    chosen = chosen_of("tofts", noise, count=2000)
    spread = np.sqrt(0.05 * 0.95 / 2000)
    for pair, p in chosen.p_value.items():
        assert (p < 0.05).mean() <= 0.05 + 2 * spread, pair
    half = (chosen.p_value["tofts", "extended-tofts"] < 0.05).mean()
    assert 0.01 < half < 0.04


def test_f_tests_see_plasma_where_it_is():
    assert (chosen_of("extended-tofts", 0.01).p_value["tofts", "extended-tofts"] < 0.05).all()


def test_the_criterion_is_twice_the_unknowns_less_twice_the_log_likelihood():
    """Of Gaussian noise whose variance is its own best estimate; but for what models share."""
    rng = np.random.default_rng(0)
    residuals = rng.standard_normal(40)
    variance = np.mean(residuals**2)
    likelihood = -0.5 * np.sum(np.log(2 * np.pi * variance) + residuals**2 / variance)
    shared = 40 * np.log(2 * np.pi) + 40
    expected = 2 * 4 - 2 * likelihood + 2 * 4 * 5 / (40 - 4 - 1)
    found = corrected_akaike(np.array(np.sum(residuals**2)), 40, 3)
    np.testing.assert_allclose(found + shared, expected)


def test_criteria_are_those_of_the_fits_own_sums_of_squares():
    curves, t, cp = noisy("tofts")
    chosen = chosen_of("tofts")
    for model, parameters in zip(CHAIN, (2, 3, 4), strict=True):
        sse = fit_curves(curves, t, cp, model).sse
        expected = corrected_akaike(sse, t.size, parameters)
        np.testing.assert_allclose(chosen.aicc[model], expected)


def test_weights_are_the_likelihoods_of_the_models_and_sum_to_one():
    chosen = chosen_of("extended-tofts")
    weights = np.stack([chosen.weight[model] for model in CHAIN])
    np.testing.assert_allclose(weights.sum(axis=0), 1)
    difference = chosen.aicc["tofts"] - chosen.aicc["extended-tofts"]
    ratio = chosen.weight["extended-tofts"] / chosen.weight["tofts"]
    np.testing.assert_allclose(np.log(ratio), difference / 2, atol=1e-6)
    np.testing.assert_array_equal(chosen.best, weights.argmax(axis=0) + 1)


def test_p_values_are_those_of_the_distribution_of_f():
    few, many, frames = np.array([3.0, 2.0]), np.array([1.5, 1.9]), 30
    ratio = (few - many) / 2 / (many / (frames - 5))
    expected = f_distribution.sf(ratio, 2, frames - 5)
    np.testing.assert_allclose(f_test(few, many, (3, 5), frames), expected)


def test_a_larger_model_that_is_no_better_has_a_p_value_of_one():
    """As where the bound of its flow keeps it from the smaller one."""
    assert f_test(np.array([1.0]), np.array([1.2]), (3, 4), 30) == 1


def test_the_scale_of_the_curves_changes_nothing_of_the_choice():
    curves, t, cp = noisy("extended-tofts", count=100)
    one, other = (choose_models(k * curves, t, k * cp, CHAIN) for k in (1.0, 64.0))
    np.testing.assert_array_equal(one.best, other.best)
    for model in CHAIN:
        np.testing.assert_allclose(one.weight[model], other.weight[model], atol=1e-6)
    for pair, p in one.p_value.items():
        np.testing.assert_allclose(p, other.p_value[pair], atol=1e-6)


def test_the_average_lies_between_the_models_and_errs_by_their_distance_too():
    chosen = chosen_of("extended-tofts")
    ktrans = np.stack([chosen.fits[model]["ktrans"] for model in CHAIN])
    average = chosen.fit["ktrans_averaged"]
    assert (average >= ktrans.min(axis=0) - 1e-9).all()
    assert (average <= ktrans.max(axis=0) + 1e-9).all()
    sure = chosen.weight["extended-tofts"] > 0.999
    own = chosen.fits["extended-tofts"].standard_error["ktrans"]
    found = chosen.fit.standard_error["ktrans_averaged"]
    np.testing.assert_allclose(found[sure], own[sure], rtol=0.02)


def test_the_error_of_an_average_is_that_of_burnham_and_anderson():
    """Equation 4.9: the weighted sum of sqrt(variance + squared distance)."""
    weights, values, errors = np.array([0.75, 0.25]), np.array([1.0, 3.0]), np.array([0.5, 0.0])
    average, error = averaged(weights, values, errors)
    assert average == 1.5
    np.testing.assert_allclose(error, 0.75 * np.hypot(0.5, 0.5) + 0.25 * 1.5)


def test_the_averages_errors_cover_the_truth_where_the_best_models_alone_do_not():
    chosen = chosen_of("extended-tofts", 0.1, count=2000)
    rng = np.random.default_rng(3)
    truth = usual_parameters("extended-tofts", 2000, rng)[:, 0]

    def cover(name):
        return np.mean(np.abs(chosen.fit[name] - truth) < 1.96 * chosen.fit.standard_error[name])

    assert cover("ktrans_averaged") > max(cover("ktrans"), 0.85)


def test_an_exchange_model_that_is_not_resolved_does_not_pull_the_average():
    """A curve of one compartment is as well described by plasma with a ktrans of 0."""
    chosen = chosen_of("tofts", 0.01)
    unresolved = (chosen.fits["2cxm"].reason == Reason.UNRESOLVED) & (chosen.best != 3)
    assert unresolved.mean() > 0.5
    others = np.stack([chosen.fits[model]["ktrans"] for model in CHAIN[:2]])[:, unresolved]
    average = chosen.fit["ktrans_averaged"][unresolved]
    assert (average >= others.min(axis=0) * (1 - 1e-9)).all()


def test_parameters_are_those_of_the_best_model_and_nan_where_it_has_none():
    chosen = chosen_of("2cxm")
    for place, model in enumerate(CHAIN, start=1):
        there = chosen.best == place
        assert there.any()
        fit = chosen.fits[model]
        for name in ("ktrans", "ve", "vp", "fp", "kep"):
            expected = fit[name][there] if name in fit.values else np.full(there.sum(), np.nan)
            np.testing.assert_array_equal(chosen.fit[name][there], expected)
        np.testing.assert_array_equal(chosen.fit.reason[there], fit.reason[there])


def test_a_chosen_curve_can_be_looked_at():
    chosen = chosen_of("2cxm")
    for place, model in enumerate(CHAIN, start=1):
        index = int(np.flatnonzero(chosen.best == place)[0])
        found = chosen.fit.curve(index).fitted
        np.testing.assert_allclose(found, chosen.fits[model].curve(index).fitted)


def test_a_curve_without_estimate_has_no_choice_and_says_why():
    curves, t, cp = noisy("tofts", count=20)
    spoilt = curves.copy()
    spoilt[3, 5] = np.nan
    chosen = choose_models(spoilt, t, cp, CHAIN)
    assert chosen.best[3] == 0
    assert not chosen.fit.valid[3]
    assert chosen.fit.reason[3] == Reason.NOT_FINITE
    assert np.isnan(chosen.fit["ktrans_averaged"][3])
    assert np.isnan(chosen.fit["best_model"][3])
    assert chosen.fit.valid.sum() == 19


def test_a_curve_of_nothing_gets_the_smallest_model():
    _, t, cp = noisy("tofts")
    chosen = choose_models(np.zeros((1, t.size)), t, cp, ("tofts", "vascular"))
    assert chosen.best[0] == 2
    assert chosen.fit.reason[0] == Reason.NO_ENHANCEMENT


def test_frames_without_weight_do_not_count():
    curves, t, cp = noisy("extended-tofts", count=50)
    weights = np.ones(t.size)
    weights[-10:] = 0
    chosen = choose_models(curves, t, cp, CHAIN, weights=weights)
    fit = fit_curves(curves, t, cp, "tofts", weights=weights)
    expected = corrected_akaike(fit.sse, t.size - 10, 2)
    np.testing.assert_allclose(chosen.aicc["tofts"], expected)


def test_a_grid_keeps_its_shape_and_single_precision_its_type():
    curves, t, cp = noisy("tofts", count=12)
    chosen = choose_models(curves.reshape(3, 4, -1).astype(np.float32), t, cp, CHAIN)
    assert chosen.best.shape == (3, 4)
    assert chosen.fit["best_model"].dtype == np.float32
    assert chosen.fit["ktrans_averaged"].shape == (3, 4)


def test_one_curve_alone_is_a_grid_of_none():
    curves, t, cp = noisy("2cxm", count=12)
    chosen = choose_models(curves[3], t, cp, CHAIN)
    together = choose_models(curves, t, cp, CHAIN)
    assert chosen.best.shape == ()
    assert chosen.best == together.best[3]
    np.testing.assert_allclose(chosen.fit["ktrans_averaged"], together.fit["ktrans_averaged"][3])


def test_nested_pairs_are_neighbours():
    assert nested_pairs(CHAIN) == [("tofts", "extended-tofts"), ("extended-tofts", "2cxm")]
    assert nested_pairs(("2cxm", "tofts")) == [("tofts", "2cxm")]
    assert nested_pairs(("tofts", "patlak")) == []
    assert nested_pairs(USUAL_MODELS) == [
        ("vascular", "patlak"),
        ("patlak", "extended-tofts"),
        ("tofts", "extended-tofts"),
        ("extended-tofts", "2cxm"),
    ]


def test_progress_counts_the_fits_of_all_models():
    curves, t, cp = noisy("tofts", count=20)
    seen = []
    choose_models(curves, t, cp, CHAIN, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (60, 60)
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("models", "said"),
    [
        (("tofts",), "expected two or more, each once"),
        (("tofts", "tofts"), "expected two or more, each once"),
        (("tofts", "tofs"), "no kinetic model 'tofs'"),
    ],
)
def test_models_that_cannot_be_compared_are_refused(models, said):
    curves, t, cp = noisy("tofts", count=20)
    with pytest.raises(ValueError, match=said):
        choose_models(curves, t, cp, models)


def test_too_few_frames_are_refused():
    curves, t, cp = noisy("tofts", count=20)
    said = "6 samples with a weight for the 4 parameters of 2cxm; expected 7 or more"
    with pytest.raises(ValueError, match=said):
        choose_models(curves[:, 8:14], t[8:14], cp[8:14], CHAIN)


def test_bounds_hold_for_every_model_that_has_the_quantity():
    curves, t, cp = noisy("extended-tofts", count=50)
    chosen = choose_models(curves, t, cp, CHAIN, bounds={"vp": (0.0, 0.03)})
    assert np.nanmax(chosen.fit["vp"]) <= 0.03
    with pytest.raises(ValueError, match="bounds of 'fp', but the models have ktrans, ve, vp"):
        choose_models(curves, t, cp, CHAIN[:2], bounds={"fp": (0.0, 1.0)})
