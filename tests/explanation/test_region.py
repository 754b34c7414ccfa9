"""Laws of the region that is explained."""

import numpy as np
import pytest

from disc import disc_exam, disc_truth
from drawn_networks import some_trained
from explained_region import GRID
from gadmap.explanation import Region, explained_quantity, seen_region, threshold_region
from gadmap.explanation.region import largest_slices


def test_the_region_is_the_largest_group_of_high_voxels():
    values = np.full((20, 20, 3), 0.01)
    values[2:6, 2:6, :2] = 0.2
    values[10:12, 10:12, 1] = 0.3  # higher, but smaller
    values[6, 6, 1] = 0.2  # touches by an edge only
    values[0, 0] = np.nan
    found = threshold_region(values, "ktrans", "1/min")
    assert found.mask.sum() == 4 * 4 * 2
    assert found.mask[2:6, 2:6, :2].all()
    assert "0.15 1/min" in found.words


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_a_map_without_uptake_has_no_region(value: float):
    with pytest.raises(ValueError, match="give --region"):
        threshold_region(np.full((4, 4, 2), value), "ktrans", "1/min")


def test_the_slices_are_those_with_most_of_the_region():
    mask = np.zeros((4, 4, 6), dtype=bool)
    for z, count in enumerate((1, 4, 0, 3, 2, 3)):
        mask[:count, 0, z] = True
    assert largest_slices(mask) == (1, 3, 5)
    assert largest_slices(mask, 9) == (0, 1, 3, 4, 5)


def test_the_estimate_is_the_mean_of_the_networks_map():
    trained = some_trained(grid=GRID)
    exam = disc_exam()
    mask = disc_truth()["inside"] & (np.indices(exam.series.grid)[2] < 2)
    seen = seen_region(trained, exam, Region(mask=mask, words="half the disc"), "ktrans")
    from gadmap.estimators import NetworkEstimator

    ktrans = NetworkEstimator(trained).estimate(exam)["ktrans"]
    assert seen.slices == (0, 1)
    assert ktrans[mask].min() > 0
    assert seen.estimate(seen.signal) == pytest.approx(float(ktrans[mask].mean()), rel=1e-4)


def test_a_region_off_the_body_and_a_quantity_that_is_not_mapped_are_refused():
    trained, exam = some_trained(quantities=("ve",), grid=GRID), disc_exam()
    nowhere = Region(mask=~disc_truth()["inside"], words="a mask")
    with pytest.raises(ValueError, match="no voxel that can be estimated"):
        seen_region(trained, exam, nowhere, "ve")
    with pytest.raises(ValueError, match="expected a network of ktrans"):
        seen_region(trained, exam, nowhere, "ktrans")
    assert explained_quantity(trained) == "ve"
