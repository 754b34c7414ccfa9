"""Laws of intervals, levels and corrections."""

import numpy as np
import pytest
from scipy import stats

from gadmap.evaluation import (
    METRICS,
    Agreement,
    Row,
    differences,
    holm,
    interval,
    row_of,
    seed_sd,
    welch_of_moments,
)
from gadmap.evaluation.significance import DRAWS, draws_of

SSIM, PSNR, RMSE = (METRICS[name] for name in ("ssim", "psnr", "rmse"))


def row(name: str, ssim: np.ndarray) -> Row:
    """A row of one image a patient with these SSIMs (seed, patient)."""
    patients = [f"patient-{i}" for i in range(ssim.shape[1])]
    return row_of(
        name,
        patients,
        [
            {
                p: Agreement(images=1, ssim=s, voxels=1, squared=s)
                for p, s in zip(patients, one, strict=True)
            }
            for one in ssim
        ],
    )


@pytest.mark.parametrize("patients", [5, 8, 20])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(patients):
    """Normal patients of mean 0; 95 % within what 400 repetitions can tell, and the level alike."""
    generator = np.random.default_rng(11)
    held, level = [], []
    for _ in range(400):
        values = generator.normal(0, 1, (1, patients))
        found = interval(row("net", values), SSIM)
        held.append(found.low <= 0 <= found.high)
        pair = (row("net", values), row("zero", np.zeros((1, patients))))
        level.append(differences([pair], SSIM)[0].p_patients)
    assert 0.90 <= np.mean(held) <= 0.98
    assert 0.02 <= np.mean(np.array(level) < 0.05) <= 0.10


def test_interval_and_level_agree():
    generator = np.random.default_rng(2)
    for shift in (0.0, 0.5, 1.0, 2.0):
        values = generator.normal(shift, 1, (1, 12))
        (found,) = differences([(row("a", values), row("b", np.zeros((1, 12))))], SSIM)
        assert (found.p_patients < 0.05) == (found.low > 0 or found.high < 0)


def test_what_all_patients_share_drops_out_of_a_paired_difference():
    """Patients differ by far more than the rows do, but in the same way."""
    generator = np.random.default_rng(4)
    common = generator.normal(0, 10, (1, 10))
    better = common + 1 + generator.normal(0, 0.1, (1, 10))
    (found,) = differences([(row("a", better), row("b", common))], SSIM)
    assert found.low > 0.8
    assert found.high < 1.2


def test_few_patients_cannot_show_what_only_many_could():
    """Five patients, all with the same sign: no less than the exact test of signs about allows."""
    ones = row("a", np.full((1, 5), 1.0) + np.arange(5) / 100)
    (found,) = differences([(ones, row("b", np.zeros((1, 5))))], SSIM)
    assert 2 / 2**5 * 0.7 < found.p_patients < 2 / 2**5 * 1.2


@pytest.mark.parametrize("patients", [1, 4])
def test_too_few_patients_have_no_interval(patients):
    found = interval(row("a", np.full((1, patients), 0.9)), SSIM)
    assert found.value == pytest.approx(0.9)
    assert np.isnan(found.low)
    assert np.isnan(found.high)


def test_draws_take_as_many_patients_as_there_are():
    draws = draws_of(7)
    assert draws.shape == (DRAWS, 7)
    assert (draws.sum(axis=1) == 7).all()
    np.testing.assert_allclose(draws.mean(axis=0), 1, atol=0.05)


def test_rmse_pools_voxels_not_patients():
    """A patient with more voxels weighs more: the root of the pooled mean square."""
    found = row_of(
        "net",
        ["a", "b"],
        [
            {
                "a": Agreement(images=1, voxels=1, squared=4.0),
                "b": Agreement(images=1, voxels=3, squared=0.0),
            }
        ],
    )
    assert found.pooled(RMSE)[0, 0] == 1.0
    assert found.pooled(RMSE, np.array([[2.0, 0.0]]))[0, 0] == 2.0


def test_noise_of_retraining_is_the_spread_over_seeds_not_over_patients():
    values = np.array([[0.9, 0.1], [0.8, 0.0], [1.0, 0.2]])
    assert seed_sd(row("net", values), SSIM) == pytest.approx(0.1)
    assert np.isnan(seed_sd(row("net", values[:1]), SSIM))


def test_a_difference_stands_only_over_patients_and_over_seeds():
    generator = np.random.default_rng(8)
    patients = generator.normal(0, 0.05, (1, 20))
    steady = row("steady", 1 + patients + generator.normal(0, 0.01, (5, 1)))
    wild = row("wild", patients + generator.normal(0, 3, (5, 1)))
    level = row("level", patients + generator.normal(0, 0.01, (5, 1)))
    surely, perhaps = differences([(steady, level), (steady, wild)], SSIM)
    assert surely.verdict == "yes"
    assert perhaps.holm_seeds > 0.05
    assert perhaps.verdict != "yes"


def test_one_seed_leaves_the_question_of_retraining_open():
    generator = np.random.default_rng(8)
    patients = generator.normal(0, 0.05, (1, 20))
    (found,) = differences([(row("a", 1 + patients), row("b", patients * 0.9))], SSIM)
    assert np.isnan(found.p_seeds)
    assert found.verdict == "over patients; one training"


def test_holm_on_a_worked_example():
    """Levels .01, .04, .03, .005 become .03, .06, .06, .02 (as R's p.adjust gives them)."""
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


def test_holm_ends_at_one_and_passes_over_what_is_not_known():
    found = holm([0.6, np.nan, 0.9])
    np.testing.assert_allclose(found, [1.0, np.nan, 1.0])


def test_welch_is_that_of_scipy():
    generator = np.random.default_rng(1)
    one, two = generator.normal(0, 1, 10), generator.normal(1, 3, 7)
    expected = stats.ttest_ind(one, two, equal_var=False).pvalue
    moments = [(float(x.mean()), float(x.std(ddof=1)), x.size) for x in (one, two)]
    assert welch_of_moments(*moments) == pytest.approx(expected)


def test_against_the_fit_the_spread_of_one_row_is_the_test_of_one_sample():
    """The fit is not trained: Welch's test becomes Student's of one sample."""
    values = np.array([[0.9, 0.8], [0.7, 0.85], [0.95, 0.9]])
    pair = (row("net", values), row("least-squares", np.array([[0.5, 0.6]])))
    (found,) = differences([pair], SSIM)
    expected = stats.ttest_1samp(values.mean(axis=1), 0.55).pvalue
    assert found.p_seeds == pytest.approx(expected)


def test_infinite_psnr_stays_infinite_and_has_no_interval():
    found = row_of("same", ["a", "b"], [dict.fromkeys("ab", Agreement(images=1, psnr=np.inf))])
    assert found.pooled(PSNR)[0, 0] == np.inf
    assert np.isnan(interval(found, PSNR).low)
    other = row_of("other", ["a", "b"], [dict.fromkeys("ab", Agreement(images=1, psnr=40.0))])
    (difference,) = differences([(found, other)], PSNR)
    assert difference.value == np.inf
    assert np.isnan(difference.p_patients)


def test_rows_of_different_patients_are_not_paired():
    one = row("a", np.ones((1, 3)))
    two = row_of("b", ["x"], [{"x": Agreement(images=1, ssim=1.0)}])
    with pytest.raises(ValueError, match="different patients"):
        differences([(one, two)], SSIM)
