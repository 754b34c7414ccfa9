"""Folders that are looked at together are of one examination."""

from dataclasses import replace
from pathlib import Path

import pytest

from disc import disc_exam, disc_maps, small_maps
from gadmap.io import write_maps
from gadmap.viewer import read_shown


def test_the_exam_with_a_real_arterial_input_is_shown(fit: Path, other: Path):
    for folders in ([fit, other], [other, fit]):
        results = read_shown(folders)
        assert results.aif is not None
        assert results.aif.source == disc_exam().aif.source
    assert read_shown([other]).aif is None


def test_two_results_of_one_estimator_have_different_names(fit: Path, bare: Path):
    names = [one.name for one in read_shown([fit, bare]).shown]
    assert names == ["least-squares (1)", "least-squares (2)"]


def test_maps_on_another_grid_are_refused(fit: Path, tmp_path: Path):
    write_maps(tmp_path / "small", small_maps(), None, {})
    with pytest.raises(ValueError, match="9 x 22 x 3 voxels; expected 18 x 22 x 3"):
        read_shown([fit, tmp_path / "small"])


def test_an_exam_of_other_times_is_refused(fit: Path, tmp_path: Path):
    exam = disc_exam()
    later = replace(
        exam,
        series=replace(exam.series, t=exam.series.t + 5),
        aif=replace(exam.aif, t=exam.aif.t + 5),
    )
    write_maps(tmp_path / "later", disc_maps(), later, {})
    with pytest.raises(ValueError, match="Were two patients mixed"):
        read_shown([fit, tmp_path / "later"])
