"""Laws of scoring patients: what is compared with what, and where."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from gadmap.data import Acquisition
from gadmap.evaluation import FIT, METRICS, Key, Scores, rows_of, scores_of
from gadmap.networks.checkpoint import TrainedNetwork, built_network
from gadmap.networks.frame_grid import FrameGrid
from gadmap.pipeline.score import fit_scores, network_scores, references_of, spread, views
from gadmap.training import Patient, Recipe

GRID = FrameGrid(step=5.0, frames=8, baseline=3)
SCALE = 0.1
RECIPE = Recipe.model_validate({"regions": 2})


@pytest.fixture
def patient() -> Patient:
    """A square of tissue; the fit determines half of it, and is off by .01 1/min."""
    random = np.random.default_rng(9)
    shape = (48, 40, 4)
    inside = np.zeros(shape, dtype=bool)
    inside[2:46, 2:38] = True
    truth = np.where(inside, random.uniform(0, SCALE, shape), np.nan).astype(np.float32)
    estimate = truth + np.float32(0.01)
    fit = estimate.copy()
    fit[::2] = np.nan
    return Patient(
        name="one",
        signal=random.uniform(0, 1, (*shape, GRID.frames)).astype(np.float32),
        inside=inside,
        estimate={"ktrans": estimate},
        fit={"ktrans": fit},
        truth={"ktrans": truth},
        slices=(3, 7),
        acquisition=Acquisition(tr=0.005, flip_angle=0.4, te=0.001, field_strength=1.5),
    )


@pytest.fixture
def zero() -> TrainedNetwork:
    """A network that says 0 everywhere."""
    configuration = {"frames": GRID.frames, "outputs": 1}
    module = built_network("cnn-local", configuration)
    for weights in module.parameters():
        torch.nn.init.zeros_(weights)
    return TrainedNetwork(
        network="cnn-local",
        configuration=configuration,
        quantities=("ktrans",),
        scales={"ktrans": SCALE},
        grid=GRID,
        provenance={"recipe": {"seed": 4}},
        module=module,
    )


def value(scores: Scores, view: str, reference: str, metric: str) -> float:
    (row,) = rows_of([scores], Key(view=view, reference=reference, quantity="ktrans"))
    return float(row.pooled(METRICS[metric])[0, 0])


def test_a_network_that_says_nothing_errs_by_what_there_is(patient, zero):
    scores = network_scores(zero, "nothing", [patient], RECIPE, 4)
    determined = patient.inside & np.isfinite(patient.fit["ktrans"])
    expected = np.clip(patient.fit["ktrans"][determined] / SCALE, 0, 1)
    assert value(scores, "slices", "fit", "rmse") == pytest.approx(
        np.sqrt(np.mean(expected**2)), rel=1e-5
    )
    assert value(scores, "slices", "truth", "bias_unit") == pytest.approx(
        -float(patient.truth["ktrans"][determined].mean()), rel=1e-4
    )
    assert scores.seed == 4


def test_the_fit_s_own_error_is_told_and_is_none_to_itself(patient):
    scores = fit_scores({"ktrans": SCALE}, [patient], RECIPE, 4)
    assert scores.name == FIT
    assert {key.reference for key in scores.found} == {"truth", "truth-all"}
    for view in ("regions", "slices"):
        assert value(scores, view, "truth", "bias_unit") == pytest.approx(0.01, rel=1e-3)
        assert value(scores, view, "truth", "rmse_unit") == pytest.approx(0.01, rel=1e-3)


def test_truth_and_fit_are_compared_in_the_same_voxels(patient):
    references = references_of(patient, "ktrans")
    assert (references["fit"][1] == references["truth"][1]).all()
    assert references["truth-all"][1].sum() == patient.inside.sum()


def test_without_truth_there_is_only_the_fit(patient, zero):
    blind = replace(patient, truth=None)
    scores = network_scores(zero, "nothing", [blind], RECIPE, 1)
    assert {key.reference for key in scores.found} == {"fit"}
    assert fit_scores({"ktrans": SCALE}, [blind], RECIPE, 1).found == {}


def test_regions_are_tissue_do_not_overlap_and_no_training_s_seed_moves_them(patient):
    cut = views(patient, RECIPE, 1)["regions"]
    index = np.arange(patient.inside.size).reshape(patient.inside.shape)
    seen = cut(index)
    assert seen.shape[1:] == (32, 32)
    assert len(np.unique(seen)) == seen.size
    assert (cut(patient.inside).mean(axis=(1, 2)) >= RECIPE.region_tissue).all()
    other = RECIPE.model_copy(update={"seed": 7})
    assert (views(patient, other, 1)["regions"](index) == seen).all()


def test_slices_are_spread_over_the_volume():
    assert spread(10, 2) == [2, 7]
    assert spread(10, 1) == [5]
    assert spread(3, 8) == [0, 1, 2]


def test_scores_survive_a_file(patient, zero):
    scores = network_scores(zero, "nothing", [patient], RECIPE, 2)
    again = scores_of(scores.record())
    assert again.record() == scores.record()
    with pytest.raises(ValueError, match="not a record of scores"):
        scores_of({"name": "nothing"})
