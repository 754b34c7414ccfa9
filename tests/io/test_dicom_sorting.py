"""Which images make the dynamic series, which the flip-angle volumes, and what is ignored."""

import shutil
from dataclasses import replace

import numpy as np
import pydicom
import pytest
from pydicom.uid import generate_uid

from gadmap.io import find_flip_angles, read_series, read_series_and_flip_angles, write_dicom


def test_frames_stored_as_one_series_each_are_merged(dicom_folder, series, edit):
    def split(dataset):
        if dataset.SeriesDescription == "dyn":
            frame = dataset.AcquisitionNumber
            dataset.SeriesInstanceUID = generate_uid(entropy_srcs=[str(frame)])
            dataset.SeriesNumber = 100 + frame
            dataset.SeriesDescription = f"dyn phase {frame}"

    before, flips = read_series_and_flip_angles(dicom_folder)
    edit(dicom_folder, split)
    after, flips_after = read_series_and_flip_angles(dicom_folder)
    np.testing.assert_array_equal(after.signal, before.signal)
    np.testing.assert_array_equal(after.t, before.t)
    np.testing.assert_array_equal(flips_after.signal, flips.signal)
    assert any("5 DICOM series" in note for note in after.notes)


def test_one_series_of_several_flip_angles_is_split_by_them(dicom_folder, vfa, edit):
    def join(dataset):
        if dataset.SeriesDescription != "dyn":
            dataset.SeriesInstanceUID, dataset.SeriesNumber = "1.2.3", 7
            dataset.SeriesDescription = "flips"

    before = find_flip_angles(dicom_folder, read_series(dicom_folder))
    edit(dicom_folder, join)
    after = find_flip_angles(dicom_folder, read_series(dicom_folder))
    np.testing.assert_array_equal(after.signal, before.signal)


def test_localiser_and_computed_series_are_named_and_ignored(dicom_folder, series, edit, tmp_path):
    def localiser(dataset):
        dataset.SeriesDescription, dataset.SeriesNumber = "loc", 50
        dataset.SeriesInstanceUID = "1.2.50"
        dataset.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
        dataset.FlipAngle = 40

    def subtraction(dataset):
        dataset.SeriesDescription, dataset.SeriesNumber = "sub", 51
        dataset.SeriesInstanceUID = "1.2.51"
        dataset.ImageType = ["DERIVED", "SECONDARY", "SUBTRACT"]
        dataset.SOPInstanceUID = generate_uid(entropy_srcs=[dataset.SOPInstanceUID])

    shutil.copytree(dicom_folder / "01_flip_angle_5", dicom_folder / "loc")
    shutil.copytree(dicom_folder / "04_dynamic", dicom_folder / "sub")
    edit(dicom_folder / "loc", localiser)
    edit(dicom_folder / "sub", subtraction)
    found = read_series(dicom_folder)
    ignored = [note for note in found.notes if note.startswith("ignored")]
    assert found.description == "dyn"
    assert len(ignored) == 2
    assert "loc" in ignored[0]
    assert "subtraction" in ignored[1]


def test_an_original_series_goes_before_a_derived_one(dynamic_folder, series, edit):
    def derive(dataset):
        dataset.SeriesDescription, dataset.SeriesInstanceUID = "moco", "1.2.51"
        dataset.SeriesNumber = 9
        dataset.ImageType = ["DERIVED", "PRIMARY", "M"]

    shutil.copytree(dynamic_folder / "01_dynamic", dynamic_folder / "moco")
    edit(dynamic_folder / "moco", derive)
    assert read_series(dynamic_folder).description == "dyn"
    shutil.rmtree(dynamic_folder / "01_dynamic")
    alone = read_series(dynamic_folder)
    assert any("DERIVED" in note for note in alone.notes)


@pytest.fixture
def two_acquisitions(dynamic_folder, series, edit):
    """Series 1 "dyn" and series 8 "after therapy"."""
    other = replace(series, description="after therapy", signal=series.signal[..., ::-1])
    write_dicom(dynamic_folder / "later", other)

    def renumber(dataset):
        dataset.SeriesNumber = 8

    edit(dynamic_folder / "later", renumber)
    return dynamic_folder


def test_two_acquisitions_are_listed_and_not_chosen_between(two_acquisitions):
    with pytest.raises(ValueError, match=r"2 dynamic series.*dyn.*5 frames.*therapy.*--series"):
        read_series(two_acquisitions)


def test_series_can_be_chosen_by_number_description_or_uid(two_acquisitions):
    file = next((two_acquisitions / "later").rglob("*.dcm"))
    uid = pydicom.dcmread(file).SeriesInstanceUID
    for name in ("8", "after therapy", "THERAPY", uid, uid[-12:]):
        assert read_series(two_acquisitions, series=name).description == "after therapy"


def test_a_series_that_is_not_there_is_refused_with_the_list(two_acquisitions):
    with pytest.raises(ValueError, match=r"no series '77' among .*dyn"):
        read_series(two_acquisitions, series="77")


def test_a_series_that_is_not_dynamic_is_refused(dicom_folder):
    with pytest.raises(ValueError, match=r'series 1 "flip angle 5".*not dynamic'):
        read_series(dicom_folder, series="1")


def test_flip_angle_volumes_on_another_grid_are_refused(tmp_path, series, vfa, moved):
    write_dicom(tmp_path / "dyn", moved)
    dynamic = read_series(tmp_path / "dyn")
    write_dicom(tmp_path / "case", series, vfa)
    with pytest.raises(ValueError, match=r"3 mm away"):
        find_flip_angles(tmp_path / "case", dynamic)


def test_two_volumes_of_one_flip_angle_are_not_chosen_between(dicom_folder, series, edit):
    shutil.copytree(dicom_folder / "02_flip_angle_15", dicom_folder / "again")

    def renumber(dataset):
        dataset.SeriesInstanceUID, dataset.SeriesNumber = "1.2.51", 51
        dataset.SOPInstanceUID = generate_uid(entropy_srcs=[dataset.SOPInstanceUID])

    edit(dicom_folder / "again", renumber)
    with pytest.raises(ValueError, match=r"one flip angle, 15 degrees.*--vfa"):
        find_flip_angles(dicom_folder, read_series(dicom_folder))


def test_flip_angle_volumes_that_hold_the_same_samples_are_refused(dicom_folder, edit):
    five, fifteen = (
        sorted((dicom_folder / f"0{n}_flip_angle_{angle}").iterdir())
        for n, angle in ((1, 5), (2, 15))
    )
    for source, target in zip(five, fifteen, strict=True):
        copied, dataset = pydicom.dcmread(source), pydicom.dcmread(target)
        dataset.PixelData, dataset.RescaleSlope = copied.PixelData, copied.RescaleSlope
        dataset.save_as(target)
    with pytest.raises(ValueError, match=r"hold the same samples"):
        find_flip_angles(dicom_folder, read_series(dicom_folder))


def test_two_images_of_one_acquisition_are_told_apart_by_type_and_echo(dynamic_folder, edit):
    def filtered(dataset):
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "NORM"]
        dataset.SOPInstanceUID = generate_uid(entropy_srcs=[dataset.SOPInstanceUID])

    def second_echo(dataset):
        dataset.EchoTime = 2.46
        dataset.SOPInstanceUID = generate_uid(entropy_srcs=[dataset.SOPInstanceUID])

    for name, change in (("norm", filtered), ("echo", second_echo)):
        shutil.copytree(dynamic_folder / "01_dynamic", dynamic_folder / name)
        edit(dynamic_folder / name, change)
    with pytest.raises(ValueError, match=r"3 dynamic series: .*NORM.*TE 2.46 ms"):
        read_series(dynamic_folder)
    with pytest.raises(ValueError, match=r"'1' names 3 dynamic series"):
        read_series(dynamic_folder, series="1")
    read_series(dynamic_folder, series="1 NORM")
    assert read_series(dynamic_folder, series="1 2.46").acquisition.te == pytest.approx(0.00246)
