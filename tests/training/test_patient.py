"""Laws of prepared patients: which slices, where a fit is a target, and their files."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_patients import small_patient

from gadmap.data import ParameterMaps, Reason
from gadmap.training import largest_slices, read_patient, write_patient
from gadmap.training.patient import determined


@pytest.mark.parametrize(
    ("largest", "count", "expected"),
    [(8, 10, (3, 13)), (2, 10, (0, 10)), (15, 10, (6, 16)), (8, 1, (8, 9)), (8, 30, (0, 16))],
)
def test_slices_lie_about_the_largest(largest: int, count: int, expected: tuple[int, int]):
    """Ten are -5 to +4, as in the paper, and shift at the ends of the volume."""
    inside = np.zeros((9, 9, 16), dtype=bool)
    inside[:3] = True
    inside[:, :, largest] = True
    assert largest_slices(inside, count) == expected


def maps_of(voxels: list[tuple[float, float, Reason]]) -> ParameterMaps:
    """All quantities of these values and standard errors."""
    values, errors, reasons = (
        np.array(column)[:, None, None] for column in zip(*voxels, strict=True)
    )
    reasons = reasons.astype(np.uint8)
    names = ("ktrans", "ve", "kep")
    return ParameterMaps(
        values=dict.fromkeys(names, values),
        standard_error=dict.fromkeys(names, errors),
        valid=(reasons == Reason.ESTIMATED) | (reasons >= Reason.NO_ENHANCEMENT),
        reason=reasons,
        affine=np.eye(4),
        estimator="least-squares",
        model="tofts",
        settings={},
    )


def test_a_fit_is_a_target_where_it_tells_something():
    maps = maps_of(
        [
            (0.2, 0.05, Reason.ESTIMATED),
            (0.2, 0.15, Reason.ESTIMATED),  # too uncertain
            (0.001, 0.005, Reason.NO_ENHANCEMENT),  # as good as 0
            (5.0, 0.1, Reason.AT_BOUND),  # a vessel
            (0.2, 0.05, Reason.AT_BOUND),  # of ve
            (np.nan, np.nan, Reason.OUTSIDE_MASK),
            (0.2, np.nan, Reason.ESTIMATED),  # nobody knows how well
        ]
    )
    assert determined(maps, "ktrans")[:, 0, 0].tolist() == [
        True, False, True, False, True, False, False,
    ]  # fmt: skip
    for quantity in ("ve", "kep"):
        assert determined(maps, quantity)[:, 0, 0].tolist() == [True, *[False] * 6]


def test_a_patient_comes_back_from_its_file(tmp_path: Path):
    patient = small_patient("p1", 1)
    write_patient(tmp_path / "p1.safetensors", patient)
    found = read_patient(tmp_path / "p1.safetensors")
    assert (found.name, found.slices, found.acquisition) == ("p1", (0, 2), patient.acquisition)
    np.testing.assert_allclose(found.signal, patient.signal, atol=3e-4)
    np.testing.assert_array_equal(found.inside, patient.inside)
    for kind in ("estimate", "fit", "truth"):
        one, other = getattr(found, kind), getattr(patient, kind)
        assert one.keys() == other.keys()
        for quantity, values in one.items():
            np.testing.assert_array_equal(values, other[quantity])
    assert [file.name for file in tmp_path.iterdir()] == ["p1.safetensors"]


def test_a_patient_without_truth_stays_without(tmp_path: Path):
    write_patient(tmp_path / "p.safetensors", replace(small_patient("p", 1), truth=None))
    assert read_patient(tmp_path / "p.safetensors").truth is None


def test_damaged_files_and_files_of_something_else_are_refused(tmp_path: Path):
    file = tmp_path / "p.safetensors"
    write_patient(file, small_patient("p", 1))
    file.write_bytes(file.read_bytes()[:2000])
    with pytest.raises(ValueError, match="delete it, it is made anew"):
        read_patient(file)
    torch.save({"signal": torch.zeros(2)}, file)
    with pytest.raises(ValueError, match="delete it, it is made anew"):
        read_patient(file)


def test_maps_on_another_grid_are_refused():
    patient = small_patient("p", 1)
    with pytest.raises(ValueError, match="ve has shape"):
        replace(patient, fit=dict(patient.fit) | {"ve": patient.fit["ve"][:-1]})
