"""Laws of the places that Figure 6 shows."""

from dataclasses import replace

import numpy as np
import pytest

from gadmap.data import Acquisition
from gadmap.pipeline.cases import case_names, paper_case, place_of, write_case_maps
from gadmap.training import Patient

TUMOUR = (80, 60)


@pytest.fixture
def head() -> Patient:
    """A head with faint brain, a muscle at its edge, a bright vessel and a tumour in slice 2."""
    x, y = np.mgrid[:128, :128]
    radius = np.hypot(x - 64, y - 64)
    fit = np.full((128, 128, 4), 0.01, dtype=np.float32)
    fit[radius > 45] = 0.2
    fit[60:62, 30:90] = 3.0
    fit[np.hypot(x - TUMOUR[0], y - TUMOUR[1]) < 8, 2] = 0.1
    inside = np.broadcast_to((radius < 58)[..., None], fit.shape).copy()
    fit = np.where(inside, fit, np.nan)
    signal = np.where(inside[..., None], 1.0, 0.0) * np.ones(8)
    return Patient(
        name="head",
        signal=signal.astype(np.float32),
        inside=inside,
        estimate={"ktrans": fit},
        fit={"ktrans": fit},
        truth=None,
        slices=(3, 7),
        acquisition=Acquisition(tr=0.005, flip_angle=0.4, te=None, field_strength=None),
    )


def test_the_tumour_is_shown_and_neither_muscle_nor_vessel(head):
    place = place_of(head, "ktrans")
    assert place.z == 2
    for centre, part in zip(TUMOUR, place.window, strict=True):
        assert part.start + 8 <= centre < part.stop - 8
    assert place.cut(head.inside).shape == (48, 48)


def test_the_window_lies_in_the_slice_wherever_the_tumour_is(head):
    rolled = {"ktrans": np.roll(head.fit["ktrans"], (30, -20), axis=(0, 1))}
    moved = replace(head, fit=rolled, inside=np.roll(head.inside, (30, -20), axis=(0, 1)))
    for part in place_of(moved, "ktrans").window:
        assert 0 <= part.start < part.stop <= 128


def test_a_head_in_which_nothing_is_known_still_has_a_place(head):
    nothing = replace(head, fit={"ktrans": np.full_like(head.fit["ktrans"], np.nan)})
    assert place_of(nothing, "ktrans").cut(head.inside).shape == (48, 48)


def test_a_case_s_scale_is_the_tumour_s_not_the_vessel_s(head, tmp_path):
    place = place_of(head, "ktrans")
    file = tmp_path / "maps.safetensors"
    write_case_maps(file, {"head": place.cut(head.fit["ktrans"])})
    case = paper_case(head, "ktrans", {"net": file})
    assert case.top == pytest.approx(0.1, rel=0.05)
    np.testing.assert_array_equal(case.estimates["net"], case.fit)
    assert case.place.startswith("slice 5, ")
    assert case.gray.min() >= 0
    assert case.gray.max() <= 1


def test_cases_are_the_first_test_patients_by_name():
    assert case_names(("d", "b", "a", "c")) == ["a", "b", "c"]
    assert case_names(("b",)) == ["b"]
