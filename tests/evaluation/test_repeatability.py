"""Test-retest statistics and outliers by their definitions."""

import numpy as np
import pytest

from gadmap.evaluation.outliers import LIMIT, modified_z
from gadmap.evaluation.repeatability import repeatability


def test_two_subjects_by_hand():
    found = repeatability([1.0, 2.0], [1.2, 1.8])
    assert found.within_subject_sd == pytest.approx(np.sqrt(0.02))
    assert found.repeatability_coefficient == pytest.approx(2.77 * np.sqrt(0.02), rel=1e-3)
    assert found.within_subject_cv == pytest.approx(
        np.sqrt((0.02 / 1.1**2 + 0.02 / 1.9**2) / 2), rel=1e-12
    )
    assert found.bias == pytest.approx(0, abs=1e-12)


def test_the_coefficient_bounds_95_of_100_differences_and_its_interval_holds_the_true_one():
    rng = np.random.default_rng(0)
    true = rng.uniform(0.05, 0.3, 40_000)
    a, b = true + rng.normal(0, 0.02, (2, true.size))
    found = repeatability(a.tolist(), b.tolist())
    assert found.within_subject_sd == pytest.approx(0.02, rel=0.02)
    share = np.mean(np.abs(found.difference) < found.repeatability_coefficient)
    assert share == pytest.approx(0.95, abs=0.005)
    hits = 0
    for group in range(400):
        part = slice(20 * group, 20 * group + 20)
        low, high = repeatability(a[part].tolist(), b[part].tolist()).repeatability_interval
        hits += low <= 1.96 * np.sqrt(2) * 0.02 <= high
    assert hits / 400 == pytest.approx(0.95, abs=0.03)


def test_a_shift_is_bias_and_widens_the_coefficient_but_not_the_limits():
    found = repeatability([1.0, 2.0, 3.0], [1.5, 2.5, 3.5])
    assert (found.bias, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))
    assert found.repeatability_coefficient > 0.9


def test_subjects_without_two_measurements_do_not_count_and_one_is_too_few():
    nan = float("nan")
    assert repeatability([1.0, 2.0, nan], [1.1, 2.1, 3.0]).subjects == 2
    with pytest.raises(ValueError, match="1 subjects with two finite"):
        repeatability([1.0, nan], [1.1, 2.0])
    assert np.isnan(repeatability([0.0, 1.0], [0.0, 1.1]).within_subject_cv)


def test_an_outlier_does_not_hide_itself():
    values = np.array([1.0, 1.1, 0.9, 1.05, 0.95, 100.0, np.nan])
    z = modified_z(values)
    assert list(np.abs(z[:6]) > LIMIT) == [False] * 5 + [True]
    assert np.isnan(z[6])
    assert np.isnan(modified_z(np.array([1.0, 1, 1, 1, 1, 9]))).all()
    assert np.isnan(modified_z(np.array([1.0, 2, 3, 9]))).all()
