"""Residuals say what went wrong: each fault is put into an examination and found again."""

from dataclasses import replace

import numpy as np
import pytest

from disc import disc_exam
from gadmap.data import Exam, ParameterMaps
from gadmap.estimators import LeastSquares
from gadmap.evaluation.residuals import Pattern, pattern_of, residual_course, structure_map

NOISE = 4.0  # of a signal near 300


def noisy(exam: Exam, signal: np.ndarray, seed: int = 0) -> Exam:
    noise = np.random.default_rng(seed).normal(0, NOISE, signal.shape)
    return replace(exam, series=replace(exam.series, signal=(signal + noise).astype(np.float32)))


def fitted(exam: Exam, model: str = "extended-tofts") -> ParameterMaps:
    return LeastSquares(model).estimate(exam)


def course_of(exam: Exam, model: str = "extended-tofts"):
    maps = fitted(exam, model)
    return residual_course(exam, maps, maps.valid)


def test_residuals_of_the_right_model_are_noise():
    exam = noisy(disc_exam(), disc_exam().series.signal)
    course = course_of(exam)
    assert course.pattern is Pattern.NOISE
    assert course.share < 2 * course.by_chance
    assert course.frames == ()
    np.testing.assert_allclose(np.mean(course.spread**2), 1, rtol=1e-6)


def test_a_model_without_plasma_is_found_out_in_the_first_pass():
    exam = noisy(disc_exam(), disc_exam().series.signal)
    course = course_of(exam, "tofts")
    assert course.pattern is Pattern.FIRST_PASS
    assert course.share > 2 * course.by_chance


def test_a_gain_that_steps_is_found_at_its_frame():
    exam = disc_exam()
    gain = np.where(np.arange(exam.series.t.size) < 16, 1.0, 1.12)
    course = course_of(noisy(exam, exam.series.signal * gain))
    assert course.pattern is Pattern.STEP
    assert course.frames == (15,)


def test_a_frame_that_falters_is_named():
    exam = disc_exam()
    gain = np.where(np.arange(exam.series.t.size) == 17, 1.15, 1.0)
    course = course_of(noisy(exam, exam.series.signal * gain))
    assert course.pattern is Pattern.FRAMES
    assert 17 in course.frames
    assert int(np.argmax(course.spread)) == 17


def test_a_head_that_sways_leaves_a_wave():
    exam = disc_exam()
    t = np.arange(exam.series.t.size)
    sway = 0.4 * np.sin(2 * np.pi * t / 10)  # voxels
    edge = np.ones(exam.series.grid)
    edge[:9] = -1
    moved = exam.series.signal * (1 + 0.15 * sway * edge[..., None])
    course = course_of(noisy(exam, moved))
    assert course.pattern is Pattern.WAVE


def test_few_voxels_say_nothing():
    exam = noisy(disc_exam(), disc_exam().series.signal)
    few = np.zeros(exam.series.grid, dtype=bool)
    few[8:11, 10:13, 1] = True
    assert residual_course(exam, fitted(exam), few) is None


def test_structure_is_one_where_residuals_are_noise_and_more_where_the_model_is_wrong():
    exam = noisy(disc_exam(), disc_exam().series.signal)
    right, wrong = fitted(exam), fitted(exam, "tofts")
    inside = right.valid & wrong.valid
    of_right, of_wrong = structure_map(exam, right, inside), structure_map(exam, wrong, inside)
    assert np.median(of_right[inside]) == pytest.approx(1, abs=0.1)
    assert np.median(of_wrong[inside]) > 1.1 * np.median(of_right[inside])
    assert np.isnan(of_right[~inside]).all()


@pytest.mark.parametrize("sign", [1, -1])
def test_a_pattern_does_not_depend_on_size_or_sign(sign):
    t, saw = np.arange(40) * 5.0, np.concatenate([np.linspace(0, 1, 30), np.linspace(-1, 0, 10)])
    assert pattern_of(sign * 3.7 * saw, t, 4) == (Pattern.STEP, (29,))
