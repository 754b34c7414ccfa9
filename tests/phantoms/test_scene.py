"""Scenes: small examinations that follow the physics, their seed and what is asked of them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from gadmap.estimators import LeastSquares
from gadmap.phantoms.scene import SceneChoices, scene
from gadmap.phantoms.scene_input import measured_badly
from gadmap.phantoms.scene_maps import SceneMaps
from gadmap.phantoms.scene_protocol import FIELDS
from gadmap.phantoms.scene_tissue import exchange_response, scene_concentration
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


def test_the_same_seed_in_other_frames_is_the_same_tissue_and_artery():
    many = scene((6,), replace(CLEAN, frames=84, step=4.8, jitter=0.0))
    few = scene((6,), replace(CLEAN, frames=40, step=10.0, jitter=0.3))
    np.testing.assert_array_equal(many.truth["ktrans"], few.truth["ktrans"])
    np.testing.assert_array_equal(many.exam.t10, few.exam.t10)
    assert np.unique(np.diff(many.exam.series.t)).size < np.unique(np.diff(few.exam.series.t)).size
    late = few.exam.series.t > 200  # where the curve is smooth
    there = np.interp(few.exam.series.t[late], many.exam.series.t, many.exam.aif.plasma)
    np.testing.assert_allclose(few.exam.aif.plasma[late], there, rtol=0.05)


def test_a_plasma_curve_is_as_high_as_asked():
    one, half = (scene((6,), replace(CLEAN, height=height)).exam.aif for height in (1.0, 0.5))
    np.testing.assert_allclose(half.plasma, one.plasma / 2)


@pytest.mark.parametrize("seed", range(5))
def test_a_bad_input_changes_what_is_known_and_not_what_happened(seed: int):
    good, bad = (scene((seed, 4), SceneChoices(input_error=error)) for error in (False, True))
    np.testing.assert_array_equal(good.exam.series.signal, bad.exam.series.signal)
    np.testing.assert_array_equal(good.truth["ktrans"], bad.truth["ktrans"])
    assert not np.allclose(good.exam.aif.plasma, bad.exam.aif.plasma)
    assert good.exam.aif.error == 0 < bad.exam.aif.error
    assert (good.exam.aif.plasma[: good.exam.baseline_frames] == 0).all()
    assert bad.exam.aif.plasma[: bad.exam.baseline_frames].std() > 0


def test_bad_inputs_are_lower_on_the_whole_and_off_by_seconds():
    t = np.arange(0, 300, 1.0)
    plasma = np.exp(-np.square((t - 60) / 8)) + 0.2 * (t > 60)
    tissue = np.cumsum(plasma) / 100
    drawn = [measured_badly(np.random.default_rng(k), t, plasma, tissue) for k in range(400)]
    found, errors = [curve for curve, _ in drawn], np.array([error for _, error in drawn])
    assert 0.6 < np.median([curve.max() for curve in found]) / plasma.max() < 0.98
    lags = [t[np.argmax(curve)] - t[np.argmax(plasma)] for curve in found]
    assert np.percentile(lags, 5) < -2
    assert np.percentile(lags, 95) > 2
    assert np.abs(lags).max() < 9
    areas = np.log([curve.sum() / plasma.sum() for curve in found])
    small, large = errors < np.quantile(errors, 0.3), errors > np.quantile(errors, 0.7)
    for part in (small, large):  # as far off as it says
        told = np.sqrt(np.mean(np.square(areas[part]))) / np.sqrt(np.mean(np.square(errors[part])))
        assert 0.7 < told < 1.4


def test_unknown_flip_angles_are_taken_for_nominal_and_spoil_t1_with_them():
    """T1 by flip angles is off by the square of B1 (Deoni, J Magn Reson Imaging 2007)."""
    kind = replace(EXACT, t10_error=0.05)
    off = []
    for seed in range(40):
        known, unknown = (
            scene((seed, 2), replace(kind, b1_error=error)).exam for error in (False, True)
        )
        assert (unknown.b1 == 1).all()
        assert known.b1_error == 0
        assert unknown.b1_error > 0
        b1 = np.sqrt(unknown.t10 / known.t10)
        off.append(float(b1.mean() - 1) / unknown.b1_error)
    assert abs(np.mean(off)) < 0.5
    assert 0.7 < np.std(off) < 1.3  # as far off as it says


def test_with_the_true_flip_angles_a_scene_of_unknown_ones_has_the_true_concentration():
    kind = replace(EXACT, noise=1e-4, t10_error=1e-6)
    known, unknown = (scene((3, 2), replace(kind, b1_error=error)) for error in (False, True))
    b1 = np.sqrt(unknown.exam.t10 / known.exam.t10)
    told = replace(unknown.exam, b1=b1, t10=known.exam.t10)
    blind, seeing = (
        LeastSquares("tofts").estimate(exam)["ktrans"] for exam in (unknown.exam, told)
    )
    truth = unknown.truth["ktrans"]
    enough = truth > 0.02
    np.testing.assert_allclose(seeing[enough], truth[enough], rtol=0.02)
    assert np.abs(blind[enough] / truth[enough] - 1).mean() > unknown.exam.b1_error / 4


def test_relaxivity_falls_and_t1_rises_with_the_field():
    """Rohrer et al., Invest Radiol 2005;40:715-724; Stanisz et al., MRM 2005;54:507-512."""
    low, high = FIELDS[1.5], FIELDS[3.0]
    assert sum(low.relaxivity) > sum(high.relaxivity)
    assert sum(low.t10) < sum(high.t10)
    drawn = [scene((seed, 9)).exam for seed in range(40)]
    assert max(float(exam.t10.max()) for exam in drawn) > 2
    assert min(float(exam.t10.min()) for exam in drawn) < 0.6


def exchanging() -> dict[str, torch.Tensor]:
    values = {"ktrans": [0.05, 0.3], "ve": [0.2, 0.4], "vp": [0.05, 0.02], "fp": [0.6, 0.5]}
    return {name: torch.tensor(value, dtype=torch.float64) for name, value in values.items()}


def test_exchange_starts_with_the_flow_and_fills_both_spaces():
    """R(0) is the flow; the integral of R is the volume of distribution, ve + vp."""
    tissue = exchanging()
    response = exchange_response(**tissue)
    torch.testing.assert_close(response.amplitude.sum(dim=-1), tissue["fp"])
    filled = (response.amplitude / response.rate).sum(dim=-1)
    torch.testing.assert_close(filled, tissue["ve"] + tissue["vp"])


def test_exchange_under_unlimited_flow_is_the_extended_tofts_model():
    t, tissue = np.arange(0, 300, 2.0), exchanging()
    plasma = np.clip(t - 20, 0, 30) / 10
    tissue["fp"] = torch.full((2,), 1e3, dtype=torch.float64)
    maps = SceneMaps(
        **{name: value.numpy()[:, None] for name, value in tissue.items()}, t10=np.ones((2, 1))
    )
    exchange, limit = (
        scene_concentration(m, maps, t, plasma) for m in ("exchange", "extended-tofts")
    )
    torch.testing.assert_close(exchange, limit, rtol=5e-3, atol=1e-3)


def test_tissue_and_what_feeds_it_can_be_of_another_kind():
    def doubled(maps: SceneMaps) -> SceneMaps:
        return replace(maps, ve=maps.ve / 2)

    plain, other = scene((1,), CLEAN), scene((1,), CLEAN, tissue_of=doubled)
    np.testing.assert_allclose(other.truth["ve"], plain.truth["ve"] / 2)
    starved = scene((1,), CLEAN, fed_by=lambda t, plasma: 0 * plasma)
    np.testing.assert_array_equal(starved.exam.aif.plasma, plain.exam.aif.plasma)
    before = starved.exam.series.signal[..., :1]
    np.testing.assert_allclose(starved.exam.series.signal / before, 1, atol=0.01)
