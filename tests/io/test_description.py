"""What `gadmap info` tells of a folder or file."""

import json
from dataclasses import replace
from math import degrees

import pytest

from gadmap.io import describe, write_dicom, write_enhanced_dicom, write_nifti


def test_dicom_folder_is_told_with_frames_times_and_settings(dicom_folder, series):
    (dicom_folder / "notes.txt").write_text("x")
    found = describe(dicom_folder)
    *flips, dynamic = found.series
    assert (found.name, found.format, found.missing) == ("folder", "DICOM", ())
    assert found.notes == ("skipped 1 file (not DICOM)", "not read: file 25 of 25")
    assert [one.kind for one in flips] == ["flip angle"] * 3
    assert [degrees(one.flip_angle) for one in flips] == pytest.approx([5, 15, 25])
    assert (dynamic.kind, dynamic.frames, dynamic.number) == ("dynamic", 5, 4)
    assert dynamic.t == pytest.approx(series.t)
    assert dynamic.time_source == "AcquisitionTime (0008,0032)"
    assert dynamic.tr == pytest.approx(series.acquisition.tr)
    assert dynamic.te == pytest.approx(series.acquisition.te)
    assert dynamic.matrix == (8, 6, 3)
    assert dynamic.voxel_size == (1.5, 2.0, 5.0)
    assert dynamic.plane == "oblique axial"
    assert (dynamic.vendor, dynamic.field_strength, dynamic.problem) == ("Siemens", 1.5, "")


def test_enhanced_files_are_told_alike(tmp_path, series):
    write_enhanced_dicom(tmp_path, series)
    (dynamic,) = describe(tmp_path).series
    assert dynamic.t == tuple(series.t)
    assert dynamic.matrix == (8, 6, 3)


def test_nifti_is_told_with_its_flip_angles(tmp_path, series, vfa):
    write_nifti(tmp_path, series, vfa)
    found = describe(tmp_path / "dce.nii.gz")
    assert [one.kind for one in found.series] == ["dynamic"] + ["flip angle"] * 3
    assert found.series[0].t == tuple(series.t)
    assert found.missing == ()


def test_missing_flip_angles_are_told(dynamic_folder):
    (sentence,) = describe(dynamic_folder).missing
    assert "no flip-angle volumes" in sentence


def test_missing_times_are_told_and_a_step_heals_them(dynamic_folder, edit):
    def strip(dataset):
        del dataset.AcquisitionTime
        del dataset.ContentTime

    edit(dynamic_folder, strip)
    assert any("--frame-step" in sentence for sentence in describe(dynamic_folder).missing)
    assert not any("step" in s for s in describe(dynamic_folder, frame_step=5.0).missing)


def test_a_folder_without_a_dynamic_series_is_told(dicom_folder):
    for file in (dicom_folder / "04_dynamic").iterdir():
        file.unlink()
    assert any("no dynamic series" in sentence for sentence in describe(dicom_folder).missing)


def test_two_dynamic_series_are_told(dynamic_folder, series, edit):
    write_dicom(dynamic_folder / "more", replace(series, signal=series.signal[..., ::-1]))
    assert any("--series" in sentence for sentence in describe(dynamic_folder).missing)


def test_a_missing_key_of_a_sidecar_is_told(tmp_path, series):
    write_nifti(tmp_path, series)
    (tmp_path / "dce.json").write_text('{"FlipAngle": 25}')
    assert any("RepetitionTimeExcitation" in s for s in describe(tmp_path / "dce.nii.gz").missing)


def test_a_fault_of_a_flip_angle_volume_is_told(dicom_folder, edit):
    edit(dicom_folder / "02_flip_angle_15", lambda dataset: setattr(dataset, "FlipAngle", 0.26))
    assert any("Is it in radians" in sentence for sentence in describe(dicom_folder).missing)


def test_flip_angle_volumes_on_another_matrix_are_told(tmp_path, series, vfa):
    write_nifti(tmp_path, series)
    half = replace(vfa, signal=vfa.signal[:, :, :2])
    write_nifti(tmp_path / "half", series, half)
    for file in (tmp_path / "half").glob("vfa*"):
        file.rename(tmp_path / file.name)
    told = describe(tmp_path / "dce.nii.gz").missing
    assert any("8 x 6 x 2 voxels; expected 8 x 6 x 3" in sentence for sentence in told)


@pytest.mark.parametrize(
    ("times", "fault"),
    [([0, 5], "5 frames but 2 times"), ([0, 5, 9, 8, 12], "times do not rise")],
)
def test_faulty_times_of_a_sidecar_are_told(tmp_path, series, times, fault):
    write_nifti(tmp_path, series)
    sidecar = tmp_path / "dce.json"
    sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | {"FrameTimesStart": times}))
    assert any(fault in sentence for sentence in describe(tmp_path / "dce.nii.gz").missing)


def test_a_missing_sidecar_is_told(tmp_path, series):
    write_nifti(tmp_path, series)
    (tmp_path / "dce.json").unlink()
    assert any(
        "no JSON sidecar" in sentence for sentence in describe(tmp_path / "dce.nii.gz").missing
    )
