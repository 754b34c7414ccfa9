"""The weights that come with the package, on a phantom that no training has seen."""

from pathlib import Path

import numpy as np
import pytest

from gadmap import estimate
from gadmap.estimators import named_estimator
from gadmap.evaluation import rmse, ssim
from gadmap.networks import shipped
from gadmap.networks.shipped import shipped_weights, trained_network
from gadmap.phantoms import Case, phantom_of
from gadmap.training.recipe import recipe_of

LARGEST, FEWEST_STEPS = 1_000_000, 10_000
STORED = {"ktrans": (0.9653, 0.01613), "ve": (0.9060, 0.06235), "kep": (0.8714, 0.02574)}
"""SSIM and RMSE to the truth, both on the scale 0..1 of the network, when the weights were made."""


@pytest.fixture(scope="module")
def phantom():
    return phantom_of(Case(seed=12345, slices=1, centre=(0.0, -18.0, 24.0)))


@pytest.mark.slow
@pytest.mark.parametrize("quantity", STORED)
def test_the_maps_are_as_near_the_truth_as_when_the_weights_were_made(phantom, quantity):
    scale = trained_network("fcsa-net").scales[quantity]
    maps = estimate(phantom.exam, "fcsa-net")
    found, truth = maps[quantity][..., 0] / scale, phantom.truth[quantity][..., 0] / scale
    inside = np.isfinite(found) & np.isfinite(truth)
    found, truth = (np.clip(values, 0, 1) for values in (found, truth))
    likeness, error = STORED[quantity]
    assert ssim(found, truth, inside) == pytest.approx(likeness, abs=0.005)
    assert rmse(found, truth, inside) == pytest.approx(error, rel=0.03)


def test_they_are_small_and_trained_for_long_on_phantoms_of_wide_priors():
    assert shipped_weights()["fcsa-net"].stat().st_size <= LARGEST
    trained = trained_network("fcsa-net")
    recipe = trained.provenance["recipe"]
    assert recipe["steps"] >= FEWEST_STEPS
    assert recipe["cohort"]["priors"] == "wide"
    assert trained.quantities == ("ktrans", "ve", "kep")


def test_every_file_that_comes_with_the_package_can_be_used():
    files = sorted((Path(shipped.__file__).parent / "weights").iterdir())
    assert [file.name for file in files] == ["fcsa-net-guided.safetensors", "fcsa-net.safetensors"]
    for file in files:
        provenance = named_estimator(file.stem).trained.provenance
        assert provenance["recipe"]["mode"] == "supervised-truth"
        assert recipe_of(provenance["recipe"]).network == file.stem
