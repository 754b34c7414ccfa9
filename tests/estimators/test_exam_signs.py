"""What a whole examination tells of its arterial input and its physics."""

from dataclasses import replace

import numpy as np
import pytest

from gadmap.data import Exam
from gadmap.estimators.exam_signs import exam_features, exam_signs
from gadmap.estimators.input_delay import input_delay
from gadmap.fitting import fit_curves
from gadmap.phantoms.scene import SceneChoices, scene

GOOD = SceneChoices(input_error=False, b1_error=False, model="extended-tofts")


def late(exam: Exam, seconds: float) -> Exam:
    t = exam.series.t
    plasma = np.interp(t - seconds, t, exam.aif.plasma)
    return replace(exam, aif=replace(exam.aif, plasma=plasma))


@pytest.mark.parametrize("model", ["tofts", "extended-tofts"])
def test_a_good_input_has_no_delay(model: str):
    exams = [scene((404, k), replace(GOOD, model=model)).exam for k in range(12)]
    assert [exam_signs(exam).delay for exam in exams] == [0.0] * 12


@pytest.mark.parametrize("seconds", [-5.0, -3.0, 3.0, 5.0])
def test_an_input_that_came_late_is_moved_back(seconds: float):
    kind = replace(GOOD, noise=0.02, frames=100, step=3.0, jitter=0.0)
    found = [exam_signs(late(scene((404, k), kind).exam, seconds)).delay for k in range(8)]
    assert np.median(found) == pytest.approx(-seconds, abs=0.6)


def test_the_delay_does_not_depend_on_the_scale_of_either_curve():
    exam = late(scene((404, 1), replace(GOOD, noise=0.02, frames=100, step=3.0)).exam, 4)
    t, plasma = exam.series.t, exam.aif.plasma
    random = np.random.default_rng(0)
    rates = random.uniform(0.1, 1, 64)[:, None]
    curves = 0.1 * np.array([np.interp(t + 4, t, plasma) * np.ones_like(rate) for rate in rates])
    curves += 1e-3 * random.standard_normal(curves.shape)
    delay = input_delay(curves, t, plasma)
    assert delay == pytest.approx(-4, abs=0.6)
    assert input_delay(10 * curves, t, 3 * plasma) == pytest.approx(delay, abs=0.05)


def test_curves_of_noise_alone_have_no_delay():
    t = np.arange(0, 300, 5.0)
    noise = np.random.default_rng(0).standard_normal((256, t.size))
    assert input_delay(noise, t, (t > 30) * np.exp(-t / 100)) == 0


def test_the_fit_of_an_input_moved_back_is_nearer_the_truth():
    kind = replace(GOOD, noise=0.02, point_spread=0.8, t10_error=0.0, frames=100, step=3.0)
    ratios = []
    for k in range(6):
        made = scene((404, k), kind)
        exam = late(made.exam, 5)
        errors = []
        for plasma in (exam.aif.plasma, exam_signs(exam).plasma):
            maps = fit_curves(_curves(exam), exam.series.t, plasma, "extended-tofts")
            told = maps.valid & (made.truth["ktrans"].ravel() > 0.01)
            truth = made.truth["ktrans"].ravel()[told]
            errors.append(np.median(np.abs(maps["ktrans"][told] / truth - 1)))
        ratios.append(errors[1] / errors[0])
    assert np.median(ratios) < 0.7


def _curves(exam: Exam) -> np.ndarray:
    from gadmap.physics.voxels import exam_concentration

    concentration, _ = exam_concentration(exam)
    return concentration.reshape(-1, exam.series.t.size)


def test_features_of_the_examination_tell_a_measured_input_from_an_exact_one():
    exact = scene((404, 1), GOOD).exam
    bad = scene((404, 1), replace(GOOD, input_error=True)).exam
    told = [exam_features(exam, exam_signs(exam)) for exam in (exact, bad)]
    assert told[0][0] < told[1][0]
    assert np.abs(told).max() <= 4


def test_without_a_single_fit_the_signs_are_unknown():
    exam = scene((404, 1), GOOD).exam
    signal = np.full_like(exam.series.signal, np.nan)
    signs = exam_signs(replace(exam, series=replace(exam.series, signal=signal)))
    assert np.isnan(signs.shared)
    assert signs.delay == 0
