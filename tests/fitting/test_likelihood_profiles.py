"""Covariance and profiles of one curve against closed forms, scipy, dense search and draws."""

from itertools import pairwise

import numpy as np
import pytest
from fit_cases import NAMES, grid, noisy_curves, plasma_at, tissue
from scipy.optimize import curve_fit, least_squares
from scipy.stats import t as student
from scipy_models import BOUNDS, Model, convolution

from gadmap import fit_curves
from gadmap.data import Reason
from gadmap.fitting.profile import curve_likelihood

TRUTH = {"tofts": (0.2, 0.3), "extended-tofts": (0.2, 0.3, 0.05), "patlak": (0.05, 0.04)}


def noisy(model, noise=0.03, seed=1):
    t, cp = grid()
    curve = tissue(model, [TRUTH[model]], t, cp)[0]
    random = np.random.default_rng(seed).standard_normal(t.size)
    return curve + noise * curve.max() * random, t, cp


@pytest.mark.parametrize("model", ["patlak", "vascular"])
def test_a_linear_models_profile_is_the_gaussian_one(model):
    """Interval and parabola, to rounding: t's quantile times the standard error."""
    curves, t, cp = noisy_curves(model, 1, noise=0.03)
    found = curve_likelihood(curves[0], t, cp, model)
    for name, value, error in zip(found.names, found.values, found.standard_error, strict=True):
        profile = found.profiles[name]
        for level, interval in profile.intervals.items():
            reach = student.ppf((1 + level) / 2, found.freedom) * error
            assert interval[:2] == pytest.approx((value - reach, value + reach), rel=1e-7)
        parabola = np.square((profile.held - value) / error)
        np.testing.assert_allclose(profile.rise, parabola, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("model", ["tofts", "extended-tofts"])
def test_with_little_noise_every_profile_is_the_gaussian_one(model):
    curve, t, cp = noisy(model, noise=1e-4)
    found = curve_likelihood(curve, t, cp, model)
    for name, value, error in zip(found.names, found.values, found.standard_error, strict=True):
        reach = student.ppf(0.975, found.freedom) * error
        low, high, *_ = found.profiles[name].intervals[0.95]
        assert (value - low, high - value) == pytest.approx((reach, reach), rel=2e-3), name


@pytest.mark.parametrize("model", list(TRUTH))
def test_covariance_is_that_of_scipy(model):
    curve, t, cp = noisy(model)
    found = curve_likelihood(curve, t, cp, model)
    apart = Model(model, t, cp)
    count = len(NAMES[model])
    _, covariance = curve_fit(
        lambda _, *values: apart.curve(values),
        t,
        curve,
        p0=found.values[:count],
        jac=lambda _, *values: apart.jacobian(values),
        xtol=1e-12,
    )
    np.testing.assert_allclose(found.covariance[:count, :count], covariance, rtol=1e-5)
    np.testing.assert_allclose(np.diagonal(found.correlation), 1)


def test_covariance_of_kep_follows_from_those_of_ktrans_and_ve():
    """In other coordinates, (kep, ve), scipy gives kep's own."""
    curve, t, cp = noisy("tofts")
    found = curve_likelihood(curve, t, cp, "tofts")
    apart = Model("tofts", t, cp)
    _, covariance = curve_fit(
        lambda _, kep, ve: apart.curve((kep * ve, ve)), t, curve, p0=found.values[[2, 1]]
    )
    np.testing.assert_allclose(found.covariance[2, 2], covariance[0, 0], rtol=1e-4)
    np.testing.assert_allclose(found.covariance[2, 1], covariance[0, 1], rtol=1e-4)


def lowest_at(name, held, rates, t, cp, curve):
    """Lowest sum of squares of Tofts curves with a quantity held, over many rates.

    kep held is one rate; ve held ties the amplitude to it; ktrans held is the amplitude.
    """
    minutes = (t - t[0]) / 60
    lowest = np.inf
    for rate in [held] if name == "kep" else rates:
        column = convolution(minutes, cp, rate)[0]
        free = curve @ column / (column @ column)
        amplitude = {"ktrans": held, "ve": held * rate, "kep": free}[name]
        lowest = min(lowest, np.square(curve - amplitude * column).sum())
    return lowest


@pytest.mark.parametrize("name", ["ktrans", "ve", "kep"])
def test_the_profile_is_the_lowest_of_a_dense_search(name):
    curve, t, cp = noisy("tofts", noise=0.1)
    found = curve_likelihood(curve, t, cp, "tofts")
    profile, kep = found.profiles[name], found.values[2]
    rates = np.concatenate([np.geomspace(1e-3, 50, 300), kep * np.linspace(0.5, 2, 600)])
    sse = found.variance * found.freedom
    for held, rise in list(zip(profile.held, profile.rise, strict=True))[::13]:
        dense = (lowest_at(name, held, rates, t, cp, curve) - sse) / found.variance
        assert rise <= dense + 1e-6
        assert rise == pytest.approx(dense, abs=0.01)  # the rates are that coarse


def test_at_an_intervals_end_the_sum_of_squares_has_risen_by_the_quantile():
    """The exact fit with vp held by its bounds, which shares nothing with the profile's steps."""
    curve, t, cp = noisy("extended-tofts", noise=0.1)
    found = curve_likelihood(curve, t, cp, "extended-tofts")
    for level, interval in found.profiles["vp"].intervals.items():
        for end in interval[:2]:
            held = {"vp": (end * (1 - 1e-9), end * (1 + 1e-9))}
            fit = fit_curves(curve[None], t, cp, "extended-tofts", bounds=held)
            rise = fit.sse[0] / found.variance - found.freedom
            assert rise == pytest.approx(found.quantiles[level], rel=1e-4)


def test_two_compartments_have_the_profile_of_scipy_with_ktrans_held():
    """Where ps = fp ktrans / (fp - ktrans), all other parameters free."""
    model = "2cum"
    curves, t, cp = noisy_curves(model, 1, noise=0.03)
    found = curve_likelihood(curves[0], t, cp, model)
    names, apart = NAMES[model], Model(model, t, cp)
    low, high, *_ = found.profiles["ktrans"].intervals[0.95]
    place, free = names.index("ps"), [n for n in names if n != "ps"]
    best = dict(zip(found.names, found.values, strict=True))

    def off(values, ktrans):
        flow = values[0] / 100
        every = np.insert(values, place, flow * ktrans / (flow - ktrans))
        return apart.curve(every) - curves[0]

    for ktrans in (low, high):
        fit = least_squares(off, [best[n] for n in free], args=(ktrans,), x_scale="jac", xtol=1e-12)
        rise = 2 * fit.cost / found.variance - found.freedom
        assert rise == pytest.approx(found.quantiles[0.95], rel=1e-3)


def test_intervals_of_95_percent_cover_the_truth_in_95_percent_of_draws():
    """Of 2,000 draws of a short, noisy curve.

    The truth lies within where the exact fit that is held there has risen by less than the
    quantile; of some draws the interval is asked itself.
    """
    t = np.arange(0, 240, 10.0)
    cp = plasma_at(t, onset=25.0)
    curve = tissue("tofts", [TRUTH["tofts"]], t, cp)[0]
    noise = 0.15 * curve.max() * np.random.default_rng(3).standard_normal((2000, t.size))
    draws = curve + noise
    lowest, freedom = fit_curves(draws, t, cp).sse, t.size - 2
    likelihoods = [curve_likelihood(draw, t, cp, levels=(0.95,)) for draw in draws[:3]]
    for name, value in zip(NAMES["tofts"], TRUTH["tofts"], strict=True):
        held = {name: (value * (1 - 1e-9), value * (1 + 1e-9))}
        rise = (fit_curves(draws, t, cp, bounds=held).sse - lowest) / (lowest / freedom)
        inside = rise <= student.ppf(0.975, freedom) ** 2
        assert inside.mean() == pytest.approx(0.95, abs=0.02), name
        intervals = [found.profiles[name].intervals[0.95] for found in likelihoods]
        assert [low <= value <= high for low, high, *_ in intervals] == inside[:3].tolist()


def test_an_end_is_open_where_the_profile_does_not_rise_within_the_bounds():
    """A curve that ends before agent returns says nothing of a largest ve."""
    t = np.arange(0, 60, 3.0)
    cp = plasma_at(t, onset=12.0)
    curve = tissue("tofts", [(0.05, 0.5)], t, cp)[0]
    noise = 0.05 * curve.max() * np.random.default_rng(0).standard_normal(t.size)
    found = curve_likelihood(curve + noise, t, cp, "tofts")
    ve = found.profiles["ve"].intervals[0.95]
    assert ve.high_open
    assert ve.high == BOUNDS["ve"][1]
    assert not ve.low_open
    assert str(ve).endswith("to open")
    assert not any(found.profiles["ktrans"].intervals[0.95][2:])


def test_a_fitted_delay_has_a_profile_too():
    t, cp = grid()
    curve = tissue("tofts", [TRUTH["tofts"]], t, np.interp(t - 3.0, t, cp))[0]
    noise = 0.01 * curve.max() * np.random.default_rng(0).standard_normal(t.size)
    found = curve_likelihood(curve + noise, t, cp, fit_delay=True, levels=(0.95,))
    assert found.names == ("ktrans", "ve", "delay", "kep")
    delay = found.profiles["delay"].intervals[0.95]
    assert delay.low < 3.0 < delay.high
    assert delay.high - delay.low < 1.0


def test_wider_levels_hold_narrower_ones():
    curve, t, cp = noisy("tofts", noise=0.1)
    found = curve_likelihood(curve, t, cp, "tofts", levels=(0.5, 0.8, 0.99))
    for profile in found.profiles.values():
        for inner, outer in pairwise(profile.intervals.values()):
            assert outer.low < inner.low < inner.high < outer.high


def test_a_curve_without_noise_has_no_likelihood():
    t, cp = grid()
    with pytest.raises(ValueError, match="meets every sample"):
        curve_likelihood(np.zeros(t.size), t, cp, "patlak")


def test_of_noise_alone_an_uptakes_interval_reaches_down_to_the_bound():
    t, cp = grid()
    found = curve_likelihood(0.01 * np.random.default_rng(0).standard_normal(t.size), t, cp)
    assert found.reason == Reason.NO_ENHANCEMENT
    ktrans = found.profiles["ktrans"].intervals[0.95]
    assert ktrans.low == 0
    assert (ktrans.low_open, ktrans.high_open) == (True, False)
    assert found.profiles["ve"].intervals[0.95][2:] == (True, True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"levels": (95.0,)}, "In percent"),
        ({"frames": 2}, "more samples"),
        ({"frames": 1}, "samples for the 2"),
    ],
)
def test_what_cannot_be_profiled_is_said(change, message):
    curve, t, cp = noisy("tofts")
    frames = slice(change.pop("frames", None))
    if frames.stop:
        frames = slice(20, 20 + frames.stop)
    with pytest.raises(ValueError, match=message):
        curve_likelihood(curve[frames], t[frames], cp[frames], "tofts", **change)
