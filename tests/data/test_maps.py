import numpy as np
import pytest
from containers import GRID, maps, series

from gadmap.data import CurveFit, Reason
from gadmap.quantities import QUANTITIES


def test_a_map_is_found_by_its_name():
    found = maps()
    np.testing.assert_array_equal(found["ve"], found.values["ve"])


def test_a_map_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(KeyError, match="no map of 'vp' here; there are ktrans, ve"):
        maps()["vp"]


def test_a_parameter_of_a_curve_fit_is_found_by_its_name():
    fit = CurveFit(
        model="patlak",
        values={"ktrans": np.ones(3)},
        standard_error={},
        sse=np.zeros(3),
        valid=np.ones(3, dtype=bool),
        reason=np.zeros(3, dtype=np.uint8),
    )
    assert fit["ktrans"].shape == (3,)
    with pytest.raises(KeyError, match="there are ktrans"):
        fit["ve"]


def test_every_reason_has_a_sentence_of_its_own():
    sentences = {reason.sentence for reason in Reason}
    assert len(sentences) == len(Reason)
    assert all(sentences)


def test_reasons_from_10_on_leave_an_estimate():
    for reason in Reason:
        assert reason.sentence.startswith("estimated") == (reason == 0 or reason >= 10)


def test_the_grid_of_a_series_is_that_of_its_voxels():
    assert series().grid == GRID


def test_a_quantity_is_labelled_with_its_unit_unless_it_is_a_fraction():
    assert QUANTITIES["ktrans"].label == "$K^{trans}$ [1/min]"
    assert QUANTITIES["ve"].label == "$v_e$"


@pytest.mark.parametrize("name", list(QUANTITIES))
def test_every_quantity_is_known_by_its_name_and_has_a_range(name):
    quantity = QUANTITIES[name]
    assert quantity.name == name
    assert quantity.bounds[0] < quantity.bounds[1]
    assert 0 < len(quantity.description) <= 64  # what DICOM takes as a code's meaning


def test_the_maps_in_their_mapping_cannot_be_written():
    found = maps()
    with pytest.raises(ValueError, match="read-only"):
        found["ve"][0] = 1
    with pytest.raises(TypeError):
        found.values["vp"] = found["ve"]
