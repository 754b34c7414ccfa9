"""Laws of the choice between the exact fit and the guided network."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from gadmap.data import Acquisition, Exam, ParameterMaps
from gadmap.estimators import LeastSquares
from gadmap.estimators.best import ANGLE, FRAMES, STEP, TR, BestEstimator
from gadmap.estimators.guided import GuidedEstimator
from gadmap.estimators.guided_input import GUIDED
from gadmap.networks.guided_file import TrainedGuided, built_guided
from gadmap.phantoms.scene import SceneChoices, scene

FLAT = 1.0  # errors as they are predicted
QUIET = SceneChoices(noise=0.004, t10_error=0.0, model="tofts", input_error=False, b1_error=False)
NOISY = replace(QUIET, noise=0.1)
USUAL = (5, 0, 0)


def untrained() -> TrainedGuided:
    """Says what the fit says, and finds nothing unlike."""
    module = built_guided(len(GUIDED))
    module.apart.zero_()
    return TrainedGuided(
        quantities=GUIDED,
        calibration=dict.fromkeys(GUIDED, FLAT),
        provenance={},
        module=module,
    )


def chosen(exam: Exam, trained: TrainedGuided | None = None) -> tuple[ParameterMaps, str]:
    """The maps, and what is said of the choice."""
    maps = BestEstimator(trained or untrained()).estimate(exam)
    return maps, maps.settings["remarks"][0]


def with_acquisition(exam: Exam, **changes: float) -> Exam:
    acquisition: Acquisition = replace(exam.series.acquisition, **changes)
    return replace(exam, series=replace(exam.series, acquisition=acquisition))


def test_a_noisy_usual_examination_gets_the_network():
    exam = scene(USUAL, NOISY).exam
    maps, said = chosen(exam)
    expected = GuidedEstimator(untrained()).estimate(exam)
    assert maps.estimator == "fcsa-net-guided"
    assert said.startswith("--estimator best chose fcsa-net-guided: ")
    for quantity in GUIDED:
        assert np.array_equal(maps[quantity], expected[quantity], equal_nan=True)
    assert maps.settings["best"]["chosen"] == "fcsa-net-guided"
    assert maps.settings["remarks"][1:] == expected.settings["remarks"]


def test_where_nothing_is_to_be_gained_the_fit_is_taken_as_it_is():
    exam = scene(USUAL, QUIET).exam
    maps, said = chosen(exam)
    expected = LeastSquares("tofts").estimate(exam)
    assert "there is nothing to gain" in said
    assert np.array_equal(maps["ktrans"], expected["ktrans"], equal_nan=True)


def test_an_error_that_all_voxels_share_is_nothing_to_gain():
    exam = scene(USUAL, QUIET).exam
    assert "there is nothing to gain" in chosen(replace(exam, aif=replace(exam.aif, error=0.2)))[1]


def test_the_fit_has_plasma_where_the_curves_have():
    exam = scene(USUAL, replace(QUIET, model="extended-tofts")).exam
    maps, said = chosen(exam)
    assert "the exact fit of extended-tofts" in said
    assert maps.model == "extended-tofts"


def from_population(exam: Exam) -> Exam:
    return replace(exam, aif=replace(exam.aif, source="parker 2006, hct 0.42"))


def unsteady(exam: Exam) -> Exam:
    gain = 1 + 0.2 * np.random.default_rng(0).standard_normal(exam.series.t.size)
    signal = (exam.series.signal * np.abs(gain)).astype(np.float32)
    return replace(exam, series=replace(exam.series, signal=signal))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (from_population, "a population's, not measured"),
        (lambda exam: with_acquisition(exam, tr=0.02), "TR is 20 ms, outside 2.5 to 8 ms"),
        (lambda exam: with_acquisition(exam, flip_angle=0.05), "the flip angle is 2.86°"),
        (unsteady, "all voxels miss the model in a similar way"),
    ],
)
def test_what_the_network_does_not_know_is_a_reason_for_the_fit(change, said: str):
    maps, remark = chosen(change(scene(USUAL, NOISY).exam))
    assert maps.estimator == "least-squares"
    assert said in remark
    assert any(said in why for why in maps.settings["best"]["why"])


def test_too_few_and_too_coarse_frames_are_reasons():
    exam = scene(USUAL, replace(NOISY, frames=20, step=15.0)).exam
    _, said = chosen(exam)
    assert "frames are 20, outside 30 to 130" in said
    assert "the time between frames is 15 s, outside 1.5 to 12 s" in said


@pytest.mark.parametrize("frames", [4, 5, 6])
def test_a_handful_of_frames_gets_the_fit(frames: int):
    maps, said = chosen(scene(USUAL, replace(NOISY, frames=frames, step=60.0)).exam)
    assert maps.estimator == "least-squares"
    assert f"frames are {frames}, outside" in said


def test_voxels_unlike_the_training_are_a_reason():
    trained = untrained()
    trained.module.usual.fill_(100.0)
    trained.module.apart.copy_(torch.eye(len(trained.module.usual)))
    maps, said = chosen(scene(USUAL, NOISY).exam, trained)
    assert maps.estimator == "least-squares"
    assert "100% of the voxels are unlike" in said


def test_the_ranges_are_those_of_the_scenes():
    """No scene lies outside, and scenes fill them."""
    found = []
    for k in range(200):
        series = scene((31, k)).exam.series
        acquisition = series.acquisition
        step = float(np.median(np.diff(series.t)))
        found.append((series.t.size, step, acquisition.tr, acquisition.flip_angle))
    lowest, highest = np.min(found, axis=0), np.max(found, axis=0)
    for column, (low, high) in enumerate((FRAMES, STEP, TR, ANGLE)):
        slack = 0.15 * (high - low) if column == 1 else 1e-6  # jitter moves the median
        assert low - slack <= lowest[column]
        assert highest[column] <= high + slack
        assert lowest[column] < low + 0.1 * (high - low)
        assert highest[column] > high - 0.1 * (high - low)
