"""Laws of what frames are worth to the exact fit."""

from dataclasses import replace

import numpy as np
import pytest

from disc import disc_exam, disc_truth
from gadmap.explanation import Region, region_sampling
from gadmap.explanation.information import (
    every_second,
    frame_information,
    information_on,
    sensitivities,
    standard_errors,
)
from gadmap.fitting import fit_curves
from gadmap.physics.kinetics import KINETIC_MODELS, LinearForm

every_model = pytest.mark.parametrize(
    "model", [m for m, kinetic in KINETIC_MODELS.items() if isinstance(kinetic.form, LinearForm)]
)
TRUTH = {"ktrans": 0.12, "ve": 0.3, "vp": 0.04}


def plasma() -> tuple[np.ndarray, np.ndarray]:
    exam = disc_exam()
    return exam.series.t, np.asarray(exam.aif.plasma)


def region() -> Region:
    return Region(mask=disc_truth()["inside"], words="the disc")


def fitted(model: str):
    """A noisy curve's fit, with the derivatives at its optimum and its noise."""
    t, cp = plasma()
    names = [quantity.name for quantity in KINETIC_MODELS[model].parameters]
    slopes = sensitivities(model, TRUTH, t, cp)
    clean = slopes @ np.array([TRUTH[name] for name in names])  # any curve will do
    curve = np.abs(clean) + np.random.default_rng(3).normal(0, 0.01, t.size)
    fit = fit_curves(curve, t, cp, model)
    found = {name: float(fit[name]) for name in names}
    noise = float(np.sqrt(fit.sse / (t.size - len(names))))
    return fit, names, sensitivities(model, found, t, cp), noise


@every_model
def test_information_is_the_sum_over_the_frames(model: str):
    t, cp = plasma()
    slopes = sensitivities(model, TRUTH, t, cp)
    whole = slopes.T @ slopes / 0.02**2
    np.testing.assert_allclose(frame_information(slopes, 0.02).sum(axis=0), whole, rtol=1e-9)


@every_model
def test_it_gives_the_standard_errors_of_the_fit(model: str):
    fit, names, slopes, noise = fitted(model)
    errors = standard_errors(frame_information(slopes, noise).sum(axis=0))
    for name, error in zip(names, errors, strict=True):
        assert error == pytest.approx(float(fit.standard_error[name]), rel=1e-3)


@every_model
def test_what_frames_add_to_one_parameter_is_its_inverse_variance(model: str):
    _, names, slopes, noise = fitted(model)
    errors = standard_errors(frame_information(slopes, noise).sum(axis=0))
    for which in range(len(names)):
        total = information_on(slopes, noise, which).sum()
        assert 1 / np.sqrt(total) == pytest.approx(errors[which], rel=1e-6)


def test_derivatives_are_those_of_the_curve():
    t, cp = plasma()
    slopes = sensitivities("patlak", {"ktrans": 0.1, "vp": 0.05}, t, cp)
    doubled = sensitivities("patlak", {"ktrans": 0.2, "vp": 0.02}, t, cp)
    np.testing.assert_allclose(slopes, doubled)  # Patlak's model is linear
    np.testing.assert_allclose(slopes[:, 1], cp)


def test_too_few_frames_determine_nothing():
    t, cp = plasma()
    information = frame_information(sensitivities("tofts", TRUTH, t, cp), 0.01)
    assert np.isinf(standard_errors(information[:1].sum(axis=0))).all()


def test_fewer_frames_never_lower_the_standard_error():
    found = region_sampling(disc_exam(), region())
    assert (found.factor >= 1 - 1e-9).all()
    assert found.late >= 1
    assert found.early >= 1
    assert (found.late_frames, found.early_frames) == (5, 5)


def test_the_region_has_the_fits_own_error_and_shares_of_sum_1():
    found = region_sampling(disc_exam(), region())
    assert found.worth.sum() == pytest.approx(1)
    assert (found.worth >= 0).all()
    assert found.worth[: disc_exam().baseline_frames].max() < 1e-9
    assert found.since[disc_exam().baseline_frames] == 0


def test_every_second_of_the_frames_there_is_left_out():
    where = np.array([False, True, True, True, False, True, True])
    assert np.flatnonzero(every_second(where)).tolist() == [2, 5]


def test_a_model_that_does_not_fit_ktrans_is_refused():
    with pytest.raises(ValueError, match="2cxm has fp, ps, ve, vp; expected one that fits ktrans"):
        region_sampling(disc_exam(), region(), "2cxm")


def test_a_region_that_tells_nothing_is_refused():
    exam = disc_exam()
    still = replace(exam.series, signal=np.repeat(exam.series.signal[..., :1], 24, axis=-1))
    with pytest.raises(ValueError, match="does not determine tofts"):
        region_sampling(replace(exam, series=still), region())
    with pytest.raises(ValueError, match="no voxel of the region has a concentration"):
        region_sampling(replace(exam, t10=np.full(exam.series.grid, np.nan)), region())
