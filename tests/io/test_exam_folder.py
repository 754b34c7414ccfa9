"""A kept examination is the same one when it is read again."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from gadmap.data import Motion
from gadmap.io import read_exam, read_maps, write_exam, write_maps


def assert_same(a, b):
    for part in fields(a):
        one, other = getattr(a, part.name), getattr(b, part.name)
        if isinstance(one, np.ndarray):
            assert one.dtype == other.dtype, part.name
            np.testing.assert_array_equal(one, other, err_msg=part.name)
        elif hasattr(one, "__dataclass_fields__"):
            assert_same(one, other)
        else:
            assert one == other, part.name


def test_an_examination_comes_back_bit_for_bit(tmp_path, exam):
    write_exam(tmp_path / "exam", exam)
    assert_same(exam, read_exam(tmp_path / "exam"))


def test_traces_of_motion_and_arterial_voxels_come_back(tmp_path, exam):
    frames = exam.series.t.size
    motion = Motion(
        displacement=np.linspace(0, 1.7, frames),
        corrected=np.arange(frames) > 1,
        shifts=np.random.default_rng(0).normal(size=(frames, 3)),
        rotations=np.random.default_rng(1).normal(size=(frames, 3)),
    )
    aif = replace(
        exam.aif, voxels=np.array([[1, 2, 0], [2, 2, 1]]), rationale=("Early: 3 s.",), error=0.1
    )
    moved = replace(exam, aif=aif, motion=motion, b1_error=0.07)
    write_exam(tmp_path / "exam", moved)
    assert_same(moved, read_exam(tmp_path / "exam"))


def test_a_record_of_the_mean_displacement_alone_still_opens(tmp_path, exam):
    write_exam(tmp_path / "exam", exam)
    path = tmp_path / "exam" / "exam.json"
    record = json.loads(path.read_text())
    older = {name: value for name, value in record.items() if not name.startswith("motion_")}
    far = np.linspace(0, 1.7, exam.series.t.size)
    path.write_text(json.dumps(older | {"motion_mm": far.tolist()}))
    motion = read_exam(tmp_path / "exam").motion
    np.testing.assert_array_equal(motion.displacement, far)
    assert motion.shifts is None
    assert motion.corrected.all()


def test_whole_numbers_take_two_bytes_a_sample_and_come_back_as_they_were(tmp_path, exam):
    whole = replace(exam, series=replace(exam.series, signal=np.rint(exam.series.signal)))
    write_exam(tmp_path / "exam", whole)
    samples = whole.series.signal.size
    assert (tmp_path / "exam" / "series.nii").stat().st_size == 352 + 2 * samples
    assert_same(whole, read_exam(tmp_path / "exam"))


def test_names_of_skipped_files_are_not_kept(tmp_path, exam):
    named = replace(exam, series=replace(exam.series, skipped=("DOE_JANE.txt",)))
    write_exam(tmp_path / "exam", named)
    assert "DOE" not in (tmp_path / "exam" / "exam.json").read_text()
    assert read_exam(tmp_path / "exam").series.skipped == ()


def test_maps_come_back_with_their_reasons_and_settings(tmp_path, maps, exam):
    write_maps(tmp_path / "out", maps, exam, {})
    back = read_maps(tmp_path / "out")
    for name in maps.values:
        np.testing.assert_array_equal(back[name], maps[name])
    for name, error in maps.standard_error.items():
        np.testing.assert_array_equal(back.standard_error[name], error)
    np.testing.assert_array_equal(back.valid, maps.valid)
    np.testing.assert_array_equal(back.reason, maps.reason)
    np.testing.assert_allclose(back.affine, maps.affine, atol=1e-5)
    assert (back.estimator, back.model) == (maps.estimator, maps.model)
    assert read_exam(tmp_path / "out" / "exam").series.grid == maps.valid.shape


def test_without_the_examination_the_maps_stand_alone(tmp_path, maps, exam):
    files = write_maps(tmp_path / "out", maps, exam, {}, keep_exam=False)
    assert not (tmp_path / "out" / "exam").exists()
    assert all(file.parent == tmp_path / "out" for file in files)
    with pytest.raises(FileNotFoundError, match="--no-exam"):
        read_exam(tmp_path / "out" / "exam")


def test_a_damaged_record_is_one_clear_line(tmp_path, exam):
    write_exam(tmp_path / "exam", exam)
    file = tmp_path / "exam" / "exam.json"
    record = json.loads(file.read_text())
    del record["acquisition"]["tr_s"]
    file.write_text(json.dumps(record))
    with pytest.raises(ValueError, match=r"exam\.json: damaged: acquisition\.tr_s; field required"):
        read_exam(tmp_path / "exam")
    file.write_text("{")
    with pytest.raises(ValueError, match=r"exam\.json: not readable as JSON"):
        read_exam(tmp_path / "exam")
    file.write_text('{"format": 99}')
    with pytest.raises(ValueError, match="format 99; expected 1"):
        read_exam(tmp_path / "exam")


def test_a_series_that_is_cut_short_is_refused(tmp_path, exam, as_installed):
    write_exam(tmp_path / "exam", exam)
    file = tmp_path / "exam" / "exam.json"
    record = json.loads(file.read_text())
    record["t_s"] = record["t_s"][:-1]
    file.write_text(json.dumps(record))
    with pytest.raises(ValueError, match="5 frames but 4 times"):
        read_exam(tmp_path / "exam")


def test_maps_of_another_grid_are_refused(tmp_path, maps, exam):
    write_maps(tmp_path / "out", maps, exam, {})
    small = replace(
        maps,
        values={name: values[:2] for name, values in maps.values.items()},
        standard_error={},
        valid=maps.valid[:2],
        reason=maps.reason[:2],
    )
    write_maps(tmp_path / "small", small, None, {})
    (tmp_path / "small" / "ve.nii.gz").replace(tmp_path / "out" / "ve.nii.gz")
    with pytest.raises(ValueError, match="expected maps of one examination"):
        read_maps(tmp_path / "out")


def test_a_record_cannot_point_out_of_its_folder(tmp_path, maps, exam):
    write_maps(tmp_path / "elsewhere", maps, exam, {})
    write_maps(tmp_path / "out", maps, exam, {})
    file = tmp_path / "out" / "maps.json"
    text = file.read_text().replace('"ve.nii.gz"', '"../elsewhere/ve.nii.gz"')
    file.write_text(text)
    (tmp_path / "out" / "ve.nii.gz").unlink()
    with pytest.raises(FileNotFoundError):
        read_maps(tmp_path / "out")
