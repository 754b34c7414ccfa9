"""Scenes: small examinations that follow the physics and their seed."""

from dataclasses import replace

import numpy as np
import pytest

from gadmap.estimators import LeastSquares
from gadmap.phantoms.scene import SceneChoices, scene
from gadmap.physics.voxels import exam_concentration

EXACT = SceneChoices(t10_error=0.0, model="tofts", input_error=False, b1_error=False)
CLEAN = replace(EXACT, noise=1e-5, point_spread=0.0)


def test_the_same_seed_gives_the_same_scene_and_another_one_another():
    first, again, other = scene((3, 1)), scene((3, 1)), scene((3, 2))
    np.testing.assert_array_equal(first.exam.series.signal, again.exam.series.signal)
    np.testing.assert_array_equal(first.truth["ktrans"], again.truth["ktrans"])
    assert first.exam.series.t.size != other.exam.series.t.size or not np.array_equal(
        first.exam.series.signal, other.exam.series.signal
    )


@pytest.mark.parametrize("seed", range(4))
def test_without_noise_the_exact_fit_finds_the_truth(seed: int):
    made = scene((seed,), CLEAN)
    fit, truth = LeastSquares("tofts").estimate(made.exam), made.truth["ktrans"]
    told = fit.valid & (truth > 0.01) & (truth < 1)
    if told.any():
        error = np.abs(fit["ktrans"][told] / truth[told] - 1)
        assert np.median(error) < 1e-3
    assert (made.truth["vp"] == 0).all()


def test_the_noise_at_half_the_peak_is_what_was_asked_for():
    asked, found = 0.03, []
    for seed in range(12):
        choices = replace(EXACT, noise=asked, point_spread=0.0)
        made, clean = scene((seed,), choices), scene((seed,), replace(choices, noise=1e-6))
        noisy, still = (exam_concentration(one.exam)[0] for one in (made, clean))
        peak = np.quantile(still.max(axis=-1), 0.9)
        near = np.abs(still / peak - 0.5) < 0.1
        near[..., : made.exam.baseline_frames] = False
        if near.sum() > 500:
            found.append(np.nanstd((noisy - still)[near]) / peak)
    assert np.median(found) == pytest.approx(asked, rel=0.35)


def test_the_t1_map_errs_as_much_as_it_says():
    made, exact = (scene((5,), replace(EXACT, t10_error=error)) for error in (0.1, 0.0))
    np.testing.assert_array_equal(made.truth["ktrans"], exact.truth["ktrans"])
    error = made.exam.t10 / exact.exam.t10 - 1
    assert error.std() == pytest.approx(0.1, rel=0.1)
    assert np.median(made.exam.t10_se / made.exam.t10) == pytest.approx(0.1, rel=1e-5)
    assert (exact.exam.t10_se == 0).all()


def test_protocols_are_as_wide_as_real_ones():
    drawn = [scene((seed, 9)).exam for seed in range(60)]
    frames = [exam.series.t.size for exam in drawn]
    steps = [float(np.median(np.diff(exam.series.t))) for exam in drawn]
    assert min(frames) < 40
    assert max(frames) > 110
    assert 30 <= min(frames) <= max(frames) <= 130
    assert min(steps) < 2.5
    assert max(steps) > 8
    assert all(exam.baseline_frames >= 2 for exam in drawn)
    peaks = [exam.aif.plasma.max() for exam in drawn]
    assert max(peaks) / min(peaks) > 4
