import numpy as np
import pytest
import torch
from fit_cases import DIGITS, MODELS, NAMES, grid, noisy_curves, parameters_of

from gadmap import fit_curves

every_model = pytest.mark.parametrize("model", MODELS)


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def assert_same(one, other, rtol=1e-9):
    np.testing.assert_array_equal(one.reason, other.reason)
    np.testing.assert_array_equal(one.valid, other.valid)
    for name, values in one.values.items():
        np.testing.assert_allclose(values, other[name], rtol=rtol, atol=rtol, err_msg=name)
    for name, errors in one.standard_error.items():
        np.testing.assert_allclose(errors, other.standard_error[name], rtol=10 * rtol, atol=rtol)
    np.testing.assert_allclose(one.sse, other.sse, rtol=rtol)


@every_model
def test_single_precision_gives_the_answer_of_double(model):
    curves, t, cp = noisy_curves(model, 2000)
    double, single = (fit_curves(c, t, cp, model) for c in (curves, curves.astype(np.float32)))
    assert all(values.dtype == np.float32 for values in single.values.values())
    assert single.sse.dtype == np.float32
    np.testing.assert_array_equal(single.reason, double.reason)
    np.testing.assert_allclose(parameters_of(single), parameters_of(double), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(single.sse, double.sse, rtol=1e-4)


@every_model
def test_one_thread_gives_the_answer_of_two(model, threads):
    curves, t, cp = noisy_curves(model, 2000)
    threads(1)
    alone = fit_curves(curves, t, cp, model)
    threads(2)
    assert_same(alone, fit_curves(curves, t, cp, model))


@every_model
def test_the_order_of_the_curves_changes_nothing(model):
    curves, t, cp = noisy_curves(model, 1500)
    order = np.random.default_rng(1).permutation(1500)
    shuffled = fit_curves(curves[order], t, cp, model)
    fit = fit_curves(curves, t, cp, model)
    np.testing.assert_allclose(parameters_of(shuffled), parameters_of(fit)[order], rtol=1e-9)


@every_model
def test_the_number_of_curves_changes_nothing(model):
    curves, t, cp = noisy_curves(model, 1500)
    expected = parameters_of(fit_curves(curves, t, cp, model))
    for rows in (slice(0, 1), slice(700, 707), slice(3, 1300)):
        found = parameters_of(fit_curves(curves[rows], t, cp, model))
        np.testing.assert_allclose(found, expected[rows], rtol=1e-9)


@every_model
def test_a_curve_is_fitted_alike_wherever_it_lies_among_many(model):
    """More curves than are worked on at once."""
    curves, t, cp = noisy_curves(model, 997)
    many = np.tile(curves.astype(np.float32), (71, 1))
    found = parameters_of(fit_curves(many, t, cp, model, standard_error=False))
    found = found.reshape(71, 997, -1)
    np.testing.assert_allclose(found, np.broadcast_to(found[:1], found.shape), rtol=1e-5, atol=1e-8)


@every_model
def test_a_grid_of_curves_gives_a_grid_of_parameters(model):
    curves, t, cp = noisy_curves(model, 24)
    flat = fit_curves(curves, t, cp, model)
    shaped = fit_curves(curves.reshape(2, 3, 4, -1), t, cp, model)
    for name, values in shaped.values.items():
        assert values.shape == (2, 3, 4)
        np.testing.assert_allclose(values.ravel(), flat[name], rtol=1e-9, atol=1e-12)
    assert shaped.sse.shape == shaped.valid.shape == shaped.reason.shape == (2, 3, 4)
    alone = fit_curves(curves[5], t, cp, model)
    name = NAMES[model][0]
    assert alone[name].shape == ()
    np.testing.assert_allclose(alone[name], flat[name][5], rtol=1e-9)


@every_model
@pytest.mark.parametrize(
    "view",
    [np.asfortranarray, lambda c: np.repeat(c, 2, axis=0)[::2], lambda c: c[::-1][::-1]],
    ids=["columns", "every second", "backwards twice"],
)
def test_the_order_of_the_samples_in_memory_changes_nothing(model, view):
    curves, t, cp = noisy_curves(model, 40)
    assert_same(fit_curves(view(curves), t, cp, model), fit_curves(curves, t, cp, model))


@every_model
def test_a_view_that_runs_backwards_is_read_like_its_copy(model):
    curves, t, cp = noisy_curves(model, 40)
    backwards = fit_curves(curves[::-1], t, cp, model)
    assert_same(backwards, fit_curves(curves[::-1].copy(), t, cp, model))


@every_model
def test_the_input_stays_as_it_was(model):
    arrays = noisy_curves(model, 40)
    before = [array.copy() for array in arrays]
    for array in arrays:
        array.setflags(write=False)
    fit_curves(*arrays, model)
    for array, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy)


@every_model
def test_no_curves_give_no_parameters(model):
    t, cp = grid()
    for shape in ((0, 65), (4, 0, 65)):
        fit = fit_curves(np.empty(shape), t, cp, model)
        assert fit[NAMES[model][0]].shape == fit.sse.shape == fit.valid.shape == shape[:-1]
        assert fit.standard_error[NAMES[model][0]].shape == shape[:-1]


@every_model
def test_only_the_time_since_the_first_frame_counts(model):
    curves, t, cp = noisy_curves(model, 200)
    assert_same(fit_curves(curves, t + 5e4, cp, model), fit_curves(curves, t, cp, model), rtol=1e-7)


@every_model
def test_a_contrast_agent_of_twice_the_concentration_gives_the_same_tissue(model):
    curves, t, cp = noisy_curves(model, 200)
    twice, once = (fit_curves(k * curves, t, k * cp, model) for k in (2, 1))
    np.testing.assert_allclose(parameters_of(twice), parameters_of(once), rtol=1e-9)
    np.testing.assert_allclose(twice.sse, 4 * once.sse, rtol=1e-9)


@every_model
def test_frames_before_the_bolus_change_only_the_residuals(model):
    """Without plasma and tissue concentration a frame tells nothing about the parameters."""
    curves, t, cp = noisy_curves(model, 200)
    earlier = np.concatenate([t[0] - np.array([30.0, 11.0, 4.0]), t])
    longer = fit_curves(np.pad(curves, ((0, 0), (3, 0))), earlier, np.pad(cp, (3, 0)), model)
    shorter = fit_curves(curves, t, cp, model)
    np.testing.assert_allclose(
        parameters_of(longer), parameters_of(shorter), rtol=max(1e-4, 3 * DIGITS[model]), atol=1e-6
    )
    np.testing.assert_allclose(longer.sse, shorter.sse, rtol=1e-6)


def test_without_standard_errors_the_parameters_are_the_same():
    for model in MODELS:
        curves, t, cp = noisy_curves(model, 200)
        bare = fit_curves(curves, t, cp, model, standard_error=False)
        assert bare.standard_error == {}
        np.testing.assert_array_equal(
            parameters_of(bare), parameters_of(fit_curves(curves, t, cp, model))
        )


def test_progress_ends_with_all_curves():
    curves, t, cp = noisy_curves("patlak", 100)
    seen = []
    fit_curves(curves, t, cp, "patlak", progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (100, 100)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
