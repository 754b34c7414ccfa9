"""NIfTI files with sidecars: what is written comes back, each fault is one line."""

import json
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from gadmap.io import (
    find_flip_angles,
    read_flip_angles,
    read_series,
    read_series_and_flip_angles,
    read_volume,
    write_nifti,
)
from gadmap.io.sidecar import sidecars_of


@pytest.fixture
def dce(tmp_path, series, vfa):
    write_nifti(tmp_path, series, vfa)
    return tmp_path / "dce.nii.gz"


def change(sidecar, **keys):
    """Set keys of a sidecar; None removes one."""
    record = json.loads(sidecar.read_text()) | keys
    sidecar.write_text(json.dumps({k: v for k, v in record.items() if v is not None}))


def save(path, data, affine):
    nib.save(nib.Nifti1Image(data, affine), path)


def test_nifti_comes_back_bit_for_bit(dce, series, vfa):
    found, flips = read_series_and_flip_angles(dce)
    np.testing.assert_array_equal(found.signal, series.signal)
    np.testing.assert_array_equal(found.t, series.t)
    np.testing.assert_allclose(found.affine, series.affine, atol=1e-5)
    assert found.signal.dtype == np.float32
    assert found.time_source == "FrameTimesStart"
    assert (found.relaxivity, found.hct, found.injection_frame) == (4.5, 0.42, 2)
    assert found.acquisition.flip_angle == pytest.approx(series.acquisition.flip_angle)
    assert found.acquisition.tr == series.acquisition.tr
    np.testing.assert_array_equal(flips.signal, vfa.signal)


def test_named_flip_angle_files_are_sorted_by_angle(dce, vfa):
    files = sorted(dce.parent.glob("vfa*.nii.gz"), reverse=True)
    flips = read_flip_angles(files, read_series(dce))
    np.testing.assert_array_equal(flips.signal, vfa.signal)


def test_scaling_of_the_header_is_applied(dce, series):
    image = nib.load(dce)
    stored = np.round(np.asarray(image.dataobj)).astype(np.int16)
    scaled = nib.Nifti1Image(stored, image.affine)
    scaled.header.set_slope_inter(0.25, 3)
    scaled = nib.Nifti1Image(stored * np.float32(0.25) + 3, image.affine, scaled.header)
    nib.save(scaled, dce)
    assert nib.load(dce).get_data_dtype() == np.int16
    found = read_series(dce)
    np.testing.assert_allclose(found.signal, stored * 0.25 + 3, atol=0.13)


def test_volume_timing_is_understood(dce):
    change(dce.parent / "dce.json", FrameTimesStart=None, VolumeTiming=[1, 3, 5.5, 9, 12])
    found = read_series(dce)
    assert found.time_source == "VolumeTiming"
    np.testing.assert_array_equal(found.t, [1, 3, 5.5, 9, 12])


def test_a_step_given_replaces_the_times_and_says_so(dce):
    found = read_series(dce, frame_step=4.0)
    np.testing.assert_allclose(found.t, 4.0 * np.arange(5))
    assert found.time_source == "--frame-step 4 s"


def test_a_short_repetition_time_is_that_of_the_excitation(dce):
    change(dce.parent / "dce.json", RepetitionTimeExcitation=None, RepetitionTime=0.005)
    assert read_series(dce).acquisition.tr == 0.005


@pytest.mark.parametrize(
    ("keys", "pattern"),
    [
        ({"FlipAngle": None}, "no FlipAngle in its JSON sidecar"),
        ({"FlipAngle": 0.44}, "FlipAngle is 0.44.*radians"),
        ({"FlipAngle": "25"}, "FlipAngle is '25'.*expected a number"),
        ({"RepetitionTimeExcitation": None}, "no RepetitionTimeExcitation"),
        ({"RepetitionTimeExcitation": 4.43}, "tr is 4.43 s.*ms"),
        (
            {"RepetitionTimeExcitation": None, "RepetitionTime": 4.76},
            "RepetitionTime is 4.76.*time between frames.*RepetitionTimeExcitation",
        ),
        ({"FrameTimesStart": None}, "FrameTimesStart nor VolumeTiming.*--frame-step"),
        ({"FrameTimesStart": [0, 1, 2, 3]}, "5 frames but 4 times"),
        ({"FrameTimesStart": [0, 1, 3, 2, 4]}, "times do not rise"),
        ({"FrameTimesStart": [0, 1, 2, 3, "x"]}, "FrameTimesStart holds values that are no"),
        ({"FrameTimesStart": 5}, "FrameTimesStart is no list"),
        ({"FrameTimesStart": [0, 4750, 9500, 14250, 19000]}, "4750 s between frames.*ms"),
        ({"FrameTimesStart": [0, 0.08, 0.16, 0.24, 0.32]}, "0.08 s between frames.*minutes"),
        ({"InjectionFrame": 99}, "InjectionFrame is 99; expected a whole number from 1 to 4"),
    ],
)
def test_a_sidecar_that_lacks_or_garbles_a_key_is_refused(dce, keys, pattern):
    change(dce.parent / "dce.json", **keys)
    with pytest.raises(ValueError, match=pattern) as caught:
        read_series(dce)
    assert "\n" not in str(caught.value)


def test_a_missing_sidecar_is_named(dce):
    (dce.parent / "dce.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"expected dce.json beside it"):
        read_series(dce)


def test_a_sidecar_that_is_no_json_is_refused(dce):
    (dce.parent / "dce.json").write_text("{'FlipAngle': 3}")
    with pytest.raises(ValueError, match=r"not readable as JSON"):
        read_series(dce)


def test_a_single_volume_is_no_dynamic_series(dce):
    with pytest.raises(ValueError, match=r"3 dimensions; expected 4"):
        read_series(next(dce.parent.glob("vfa*.nii.gz")))


@pytest.mark.parametrize("kept", [10, 300, 2000])
def test_a_file_cut_short_is_refused(dce, kept):
    dce.write_bytes(dce.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r"dce.nii.gz: (damaged|not readable)") as caught:
        read_series(dce)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing.nii: no such file"):
        read_series(tmp_path / "nothing.nii")


def test_colours_are_refused(dce, series):
    colours = np.zeros((8, 6, 3, 5), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    save(dce, colours, series.affine)
    with pytest.raises(ValueError, match=r"colours or complex"):
        read_series(dce)


def test_a_folder_of_nifti_points_to_its_files(dce):
    with pytest.raises(ValueError, match=r"NIfTI files: dce.nii.gz.*name the 4-D file itself"):
        read_series(dce.parent)


def test_a_series_cannot_be_chosen_within_a_nifti(dce):
    with pytest.raises(ValueError, match=r"--series is for DICOM"):
        read_series(dce, series="3")


def test_nifti_flip_angles_on_another_grid_are_refused(dce, vfa, moved):
    with pytest.raises(ValueError, match=r"flip-angle volume .* 3 mm away"):
        find_flip_angles(dce, moved)


def test_one_flip_angle_beside_the_series_is_none(dce):
    for file in sorted(dce.parent.glob("vfa*"))[2:]:
        file.unlink()
    assert find_flip_angles(dce, read_series(dce)) is None


def test_bids_sidecars_are_inherited_and_the_nearest_wins(tmp_path, series):
    perf = tmp_path / "sub-01" / "perf"
    perf.mkdir(parents=True)
    (tmp_path / "dataset_description.json").write_text("{}")
    (tmp_path / "task-rest_dce.json").write_text(json.dumps({"FlipAngle": 77}))
    (tmp_path / "dce.json").write_text(
        json.dumps({"FlipAngle": 10, "RepetitionTimeExcitation": 0.004})
    )
    (tmp_path / "sub-01" / "sub-01_dce.json").write_text(json.dumps({"FlipAngle": 20}))
    (perf / "sub-01_run-1_dce.json").write_text(json.dumps({"FrameTimesStart": [0, 5, 9, 14, 20]}))
    (perf / "sub-01_run-2_dce.json").write_text(json.dumps({"FlipAngle": 33}))
    file = perf / "sub-01_run-1_dce.nii.gz"
    save(file, series.signal, series.affine)
    found = read_series(file)
    assert found.acquisition.flip_angle == pytest.approx(np.radians(20))
    assert found.acquisition.tr == 0.004
    assert [sidecar.name for sidecar in sidecars_of(file)] == [
        "dce.json",
        "sub-01_dce.json",
        "sub-01_run-1_dce.json",
    ]


def test_sidecars_are_not_inherited_outside_a_bids_dataset(tmp_path, series):
    (tmp_path / "dce.json").write_text(json.dumps({"FlipAngle": 10}))
    (tmp_path / "sub-01").mkdir()
    save(tmp_path / "sub-01" / "sub-01_dce.nii.gz", series.signal, series.affine)
    assert sidecars_of(tmp_path / "sub-01" / "sub-01_dce.nii.gz") == []


def test_a_volume_whose_axes_are_flipped_and_swapped_comes_back_in_place(tmp_path, series):
    data = np.arange(8 * 6 * 3, dtype=np.float32).reshape(8, 6, 3)
    turned = nib.Nifti1Image(data, series.affine).as_reoriented(
        np.array([[2, -1], [0, 1], [1, -1]])
    )
    assert turned.shape != data.shape
    nib.save(turned, tmp_path / "mask.nii.gz")
    np.testing.assert_array_equal(read_volume(tmp_path / "mask.nii.gz", series, "mask"), data)


def test_a_volume_of_another_shape_is_refused(tmp_path, series):
    save(tmp_path / "mask.nii.gz", np.ones((8, 6, 4), np.uint8), series.affine)
    with pytest.raises(ValueError, match=r"mask .*: 8 x 6 x 4 voxels; expected 8 x 6 x 3"):
        read_volume(tmp_path / "mask.nii.gz", series, "mask")


def test_a_volume_at_another_place_is_refused(tmp_path, series, moved):
    save(tmp_path / "t10.nii.gz", np.ones(series.grid, np.float32), moved.affine)
    with pytest.raises(ValueError, match=r"T10 map .* up to 3 mm away"):
        read_volume(tmp_path / "t10.nii.gz", series, "T10 map")


def test_a_dynamic_file_is_no_volume(dce, series):
    with pytest.raises(ValueError, match=r"expected one volume"):
        read_volume(dce, series, "mask")


def test_metres_are_turned_into_millimetres(tmp_path, series):
    affine = np.diag([0.001, 0.001, 0.001, 1]) @ series.affine
    image = nib.Nifti1Image(np.ones(series.grid, np.float32), affine)
    image.header.set_xyzt_units("meter", "sec")
    nib.save(image, tmp_path / "mask.nii.gz")
    assert read_volume(tmp_path / "mask.nii.gz", series, "mask").shape == series.grid


def test_lone_volumes_of_a_dimension_of_one_are_read(tmp_path, series):
    save(tmp_path / "mask.nii.gz", np.ones((*series.grid, 1), np.uint8), series.affine)
    assert read_volume(tmp_path / "mask.nii.gz", series, "mask").shape == series.grid


@pytest.mark.data
def test_the_real_abdomen_is_read(reference_data):
    folder = reference_data / "abdomen"
    dynamic, flips = read_series_and_flip_angles(folder / "dce.nii.gz")
    assert dynamic.signal.shape == (96, 64, 5, 75)
    assert dynamic.t[1] == 4.9688
    assert (dynamic.relaxivity, dynamic.hct, dynamic.injection_frame) == (3.4, 0.42, 7)
    assert np.degrees([a.flip_angle for a in flips.acquisitions]) == pytest.approx([2, 10, 20])
    assert flips.signal.shape == (96, 64, 5, 3)
    mask = read_volume(folder / "tumour_mask.nii.gz", dynamic, "mask")
    assert 0 < (mask > 0).sum() < mask.size


def test_infinite_and_missing_samples_pass_through(dce, series):
    signal = series.signal.copy()
    signal[0, 0, 0, :3] = (np.nan, np.inf, -32768)
    write_nifti(dce.parent, replace(series, signal=signal))
    np.testing.assert_array_equal(read_series(dce).signal, signal)


def test_volumes_named_for_flip_angles_that_are_none_are_told(dce, series):
    first, second, third = sorted(dce.parent.glob("vfa*.json"))
    first.unlink()
    change(second, FlipAngle="15")
    save(dce.parent / f"{third.stem}.nii.gz", series.signal, series.affine)
    found, flips = read_series_and_flip_angles(dce)
    assert flips is None
    assert found.skipped == (
        "vfa_01_5deg.nii.gz (no number as FlipAngle in its sidecar)",
        "vfa_02_15deg.nii.gz (no number as FlipAngle in its sidecar)",
        "vfa_03_25deg.nii.gz (4 dimensions, expected 3)",
    )
