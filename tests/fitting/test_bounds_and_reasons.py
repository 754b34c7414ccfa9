import numpy as np
import pytest
from fit_cases import MODELS, NAMES, TWO_COMPARTMENTS, grid, noisy_curves, parameters_of, tissue
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gadmap import fit_curves
from gadmap.data import Reason
from gadmap.quantities import QUANTITIES

every_model = pytest.mark.parametrize("model", MODELS)
T = np.array([0.0, 5, 10, 14, 20, 31, 60, 90, 150])
CP = np.array([0.0, 0.0, 6, 4, 2, 1.5, 1.2, 1.0, 0.7])


@st.composite
def boxes(draw):
    """Bounds of every parameter, wide or narrow."""
    box = {}
    for name, lowest in (("ktrans", 0.0), ("ve", 1e-3), ("vp", 0.0), ("fp", 0.0), ("ps", 0.0)):
        low = draw(st.one_of(st.just(lowest), st.floats(lowest, 0.5)))
        box[name] = (low, low + draw(st.floats(1e-3, 2)))
    return box


@every_model
@settings(max_examples=60)
@given(box=boxes(), curves=arrays(np.float64, (4, T.size), elements=st.floats(-5, 20, width=32)))
def test_no_parameter_leaves_its_bounds(model, box, curves):
    """Exactly, whatever the curve."""
    bounds = {name: box[name] for name in NAMES[model]}
    fit = fit_curves(curves, T, CP, model, bounds=bounds)
    for name, (low, high) in bounds.items():
        assert (fit[name] >= low).all()
        assert (fit[name] <= high).all()
    assert fit.valid.all()


@every_model
@given(curves=arrays(np.float64, (4, T.size), elements=st.floats(-5, 20, width=32)))
def test_the_default_bounds_are_those_of_the_quantities(model, curves):
    fit = fit_curves(curves, T, CP, model)
    for name in NAMES[model]:
        low, high = QUANTITIES[name].bounds
        assert ((fit[name] >= low) & (fit[name] <= high)).all()


@pytest.mark.parametrize(
    ("model", "truth", "name", "bound"),
    [
        ("tofts", (0.3, 1.6), "ve", 1.0),
        ("tofts", (0.02, 5e-4), "ve", 1e-3),
        ("tofts", (9.0, 0.9), "ktrans", 5.0),
        ("extended-tofts", (0.2, 0.3, 1.5), "vp", 1.0),
        ("extended-tofts", (0.3, 1.8, 0.1), "ve", 1.0),
        ("patlak", (7.0, 0.5), "ktrans", 5.0),
        ("patlak", (0.2, 1.5), "vp", 1.0),
    ],
)
def test_tissue_beyond_the_bounds_ends_on_the_bound_and_says_so(model, truth, name, bound):
    t, cp = grid()
    fit = fit_curves(tissue(model, [truth], t, cp), t, cp, model)
    assert fit[name] == pytest.approx(bound, rel=1e-12)
    assert fit.reason == Reason.AT_BOUND
    assert fit.valid.all()


@pytest.mark.parametrize(
    ("model", "truth", "name"),
    [
        ("extended-tofts", (0.2, 0.3, -0.1), "vp"),
        ("patlak", (-0.1, 0.5), "ktrans"),
        ("patlak", (0.2, -0.05), "vp"),
    ],
)
def test_a_quantity_that_ends_at_0_by_nature_is_not_flagged_there(model, truth, name):
    """Tissue without plasma volume or uptake is tissue like any other."""
    t, cp = grid()
    fit = fit_curves(tissue(model, [truth], t, cp), t, cp, model)
    assert fit[name] == 0
    assert fit.reason == Reason.ESTIMATED


@every_model
def test_tissue_within_the_bounds_is_not_flagged(model):
    noise = 0.003 if model in TWO_COMPARTMENTS else 0.01  # more leaves flow unresolved
    curves, t, cp = noisy_curves(model, 500, noise=noise)
    fit = fit_curves(curves, t, cp, model)
    assert (fit.reason == Reason.ESTIMATED).mean() > 0.98


def test_a_narrower_box_moves_the_result_onto_its_edge():
    curves, t, cp = noisy_curves("tofts", 200, noise=0.01)
    free = fit_curves(curves, t, cp)
    inner = fit_curves(curves, t, cp, bounds={"ve": (0.2, 0.3)})
    np.testing.assert_allclose(inner["ve"][free["ve"] < 0.19], 0.2, rtol=1e-12)
    np.testing.assert_allclose(inner["ve"][free["ve"] > 0.32], 0.3, rtol=1e-12)
    inside = (free["ve"] > 0.2) & (free["ve"] < 0.3)
    np.testing.assert_allclose(inner["ktrans"][inside], free["ktrans"][inside], rtol=1e-6)
    assert (inner.sse >= free.sse * (1 - 1e-6)).all()


def test_a_wider_box_finds_tissue_beyond_the_default_one():
    t, cp = grid()
    fit = fit_curves(tissue("tofts", [(9.0, 0.9)], t, cp), t, cp, bounds={"ktrans": (0.0, 20.0)})
    np.testing.assert_allclose(parameters_of(fit), [[9.0, 0.9]], rtol=1e-4)


@every_model
def test_a_lower_sum_of_squares_never_comes_from_a_smaller_box(model):
    curves, t, cp = noisy_curves(model, 300, noise=0.1)
    wide = fit_curves(curves, t, cp, model)
    box = {"ktrans": (0.03, 0.2), "ve": (0.15, 0.4), "vp": (0.01, 0.1)}
    box |= {"fp": (20.0, 40.0), "ps": (0.1, 0.3)}
    narrow = fit_curves(curves, t, cp, model, bounds={name: box[name] for name in NAMES[model]})
    assert (narrow.sse >= wide.sse * (1 - 1e-6)).all()


@every_model
def test_a_flat_curve_has_no_uptake(model):
    t, cp = grid()
    fit = fit_curves(np.zeros((3, t.size)), t, cp, model)
    uptake = NAMES[model][0]  # ktrans, the flow, or the plasma itself
    assert (fit[uptake] < 1e-9).all()
    assert (fit.sse < 1e-30).all()
    assert (fit.reason == Reason.NO_ENHANCEMENT).all()
    assert fit.valid.all()
    assert np.isnan(fit["r2"]).all()


@every_model
@pytest.mark.parametrize("name", ["even", "uneven"])
def test_noise_alone_passes_for_enhancement_in_at_most_1_of_100(model, name):
    """An F test at 1 %; bounds keep noise that falls below 0 from counting, so fewer pass."""
    t, cp = grid(name)
    noise = np.random.default_rng(0).standard_normal((20_000, t.size))
    fit = fit_curves(0.02 * noise, t, cp, model, standard_error=False)
    passed = (fit.reason != Reason.NO_ENHANCEMENT).mean()
    assert 1e-4 < passed <= 0.01


@every_model
def test_clear_enhancement_is_seen_under_its_noise(model):
    curves, t, cp = noisy_curves(model, 1000, noise=0.1)
    fit = fit_curves(curves, t, cp, model)
    assert (fit.reason != Reason.NO_ENHANCEMENT).all()


@every_model
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("spoilt", [np.nan, np.inf, -np.inf])
def test_a_curve_that_is_not_finite_gets_nan_and_leaves_its_neighbours(model, dtype, spoilt):
    curves, t, cp = noisy_curves(model, 50)
    curves = curves.astype(dtype)
    expected = fit_curves(curves, t, cp, model)
    curves[7, 30] = curves[21, 0] = curves[49, 64] = spoilt
    fit = fit_curves(curves, t, cp, model)
    bad = np.isin(np.arange(50), [7, 21, 49])
    np.testing.assert_array_equal(fit.valid, ~bad)
    np.testing.assert_array_equal(fit.reason == Reason.NOT_FINITE, bad)
    for name, values in (*fit.values.items(), ("sse", fit.sse)):
        assert np.isnan(values[bad]).all(), name
        assert np.isfinite(values[~bad]).all(), name
    for name, errors in fit.standard_error.items():
        assert np.isnan(errors[bad]).all(), name
        undetermined = np.isnan(expected.standard_error[name][~bad])
        np.testing.assert_array_equal(np.isnan(errors[~bad]), undetermined, err_msg=name)
    np.testing.assert_allclose(parameters_of(fit)[~bad], parameters_of(expected)[~bad], rtol=1e-6)


@every_model
def test_curves_that_are_all_spoilt_give_nan_only(model):
    t, cp = grid()
    fit = fit_curves(np.full((5, t.size), np.nan), t, cp, model)
    assert np.isnan(parameters_of(fit)).all()
    assert not fit.valid.any()
