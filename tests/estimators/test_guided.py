"""Maps of the guided network with the weights that come with the package."""

from dataclasses import replace
from math import radians

import numpy as np
import pytest

import gadmap
from gadmap import estimate
from gadmap.data import Exam, Reason
from gadmap.estimators import LeastSquares
from gadmap.estimators.common_residual import common_residual
from gadmap.phantoms import Case, phantom_of
from gadmap.phantoms.scene import Scene, SceneChoices, scene

QUANTITIES = ("ktrans", "ve", "vp")
GOOD = SceneChoices(input_error=False, b1_error=False, model="extended-tofts")


def scenes(choices: SceneChoices, count: int = 8) -> list[Scene]:
    return [scene((404, k), choices) for k in range(count)]


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.2])
@pytest.mark.parametrize("t10_error", [0.0, 0.07])
def test_it_is_nearer_the_truth_than_the_exact_fit(noise: float, t10_error: float):
    kind = replace(GOOD, noise=noise, point_spread=0.8, t10_error=t10_error, model="tofts")
    made = scenes(kind)
    apart: dict[str, list[np.ndarray]] = {"fit": [], "network": []}
    for one in made:
        fit = LeastSquares("tofts").estimate(one.exam)
        maps = estimate(one.exam, "fcsa-net-guided")
        usable = fit.valid & maps.valid & (one.truth["ktrans"] > 0.01)
        truth = one.truth["ktrans"][usable]
        for name, found in (("fit", fit), ("network", maps)):
            apart[name].append(np.abs(found["ktrans"][usable] / truth - 1))
    medians = {name: np.median(np.concatenate(parts)) for name, parts in apart.items()}
    assert medians["network"] < 0.95 * medians["fit"]


def test_nine_of_ten_truths_lie_in_the_interval_of_90_percent():
    for quantity in QUANTITIES:
        inside = []
        for one in scenes(GOOD, count=24):
            maps = estimate(one.exam, "fcsa-net-guided")
            away = np.abs(maps[quantity] - one.truth[quantity])[maps.valid]
            inside.append(away < 1.645 * maps.standard_error[quantity][maps.valid])
        assert 0.8 < np.concatenate(inside).mean() < 0.97


def test_values_are_never_negative_and_errors_always_positive():
    maps = estimate(scene((1, 2)).exam, "fcsa-net-guided")
    for quantity in QUANTITIES:
        assert (maps[quantity][maps.valid] >= 0).all()
        assert (maps.standard_error[quantity][maps.valid] > 0).all()
    assert (maps["unlike"][maps.valid] >= 0).all()


def test_a_voxel_without_a_fit_has_a_reason_and_no_value():
    one = scene((7, 3))
    signal, mask = one.exam.series.signal.copy(), one.exam.mask.copy()
    signal[4, 5, 0, 3] = np.nan
    mask[:, :6] = False
    mask[4, 5] = True
    exam = replace(one.exam, series=replace(one.exam.series, signal=signal), mask=mask)
    maps = estimate(exam, "fcsa-net-guided")
    assert maps.reason[4, 5, 0] == Reason.NOT_FINITE
    assert maps.reason[0, 0, 0] == Reason.OUTSIDE_MASK
    for values in (*maps.values.values(), *maps.standard_error.values()):
        assert np.isnan(values[~maps.valid]).all()
        assert np.isfinite(values[maps.valid]).all()


def test_slices_do_not_know_each_other():
    one = scene((8, 1)).exam
    twice = np.repeat(one.series.signal, 2, axis=2)

    def stacked(values: np.ndarray) -> np.ndarray:
        return np.repeat(values, 2, axis=2)

    exam = replace(
        one,
        series=replace(one.series, signal=twice),
        **{name: stacked(getattr(one, name)) for name in ("t10", "t10_se", "b1", "mask")},
    )
    alone, both = (estimate(e, "fcsa-net-guided")["ktrans"] for e in (one, exam))
    for z in range(2):
        np.testing.assert_allclose(both[..., z], alone[..., 0], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["another input", "a late input", "an unsteady gain"])
def test_physics_that_is_not_what_it_is_taken_for_is_told_apart(kind: str):
    """The area under the curve of receiver and operating characteristic is above .95."""
    usual, strange = [], []
    for k in range(10):
        exam, other = (scene((seed, k), GOOD).exam for seed in (404, 405))
        usual.append(common_residual(exam))
        strange.append(common_residual(_spoilt(exam, other, kind)))
    above = [[float(a > b) for b in usual] for a in strange]
    assert np.mean(above) > 0.95


def _spoilt(exam: Exam, other: Exam, kind: str) -> Exam:
    t = exam.series.t
    if kind == "an unsteady gain":
        gain = 1 + 0.2 * np.random.default_rng(0).standard_normal(t.size)
        signal = np.clip(exam.series.signal * gain, 0, None).astype(np.float32)
        return replace(exam, series=replace(exam.series, signal=signal))
    plasma = (
        np.interp(t, other.series.t, other.aif.plasma)
        if kind == "another input"
        else np.interp(t - 10, t, exam.aif.plasma)
    )
    return replace(exam, aif=replace(exam.aif, plasma=plasma))


def test_residuals_of_noise_have_nothing_in_common():
    shared = [common_residual(scene((404, k), GOOD).exam) for k in range(10)]
    assert np.median(shared) < 0.1


def test_the_reader_is_told_and_shown_the_way_out():
    exam, other = (scene((seed, 1), GOOD).exam for seed in (404, 405))
    told = " ".join(estimate(exam, "fcsa-net-guided").settings["remarks"])
    assert "least-squares" not in told
    spoilt = _spoilt(exam, other, "an unsteady gain")
    assert "least-squares" in " ".join(estimate(spoilt, "fcsa-net-guided").settings["remarks"])


@pytest.mark.slow
def test_a_head_of_3_tesla_with_a_frame_every_15_s_is_mapped_better_than_by_the_fit():
    """Frames further apart than in any scene, T1 and arterial input measured on the head."""
    case = Case(
        seed=3,
        frames=64,
        frame_step=15.0,
        baseline_frames=4,
        flip_angle=radians(15),
        tr=5e-3,
        field_strength=3.0,
        slices=2,
    )
    made = phantom_of(case)
    exam = gadmap.prepare(made.exam.series, vfa=made.vfa, aif="auto")
    truth = made.truth["ktrans"]
    apart = {}
    for estimator in ("tofts", "fcsa-net-guided"):
        maps = gadmap.estimate(exam, estimator)
        told = maps.valid & (np.nan_to_num(truth) > 0.02)
        apart[estimator] = np.abs(maps["ktrans"] - truth)[told]
    assert np.median(apart["fcsa-net-guided"]) < 0.9 * np.median(apart["tofts"])
