"""Each fault of a DICOM folder is one clear line."""

import os
import shutil

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate

from gadmap.io import read_series, write_dicom, write_enhanced_dicom


def images(folder):
    return sorted(folder.rglob("*.dcm"))


def refuse(folder, pattern):
    with pytest.raises((ValueError, OSError), match=pattern) as caught:
        read_series(folder)
    assert "\n" not in str(caught.value)


def test_missing_frames_are_counted_at_their_slice(dynamic_folder):
    images(dynamic_folder)[4].unlink()
    refuse(dynamic_folder, r"frames are missing.*slice 2 \(.*mm\) has 4; expected 5 frames")


def test_a_slice_missing_in_all_frames_is_seen(tmp_path, series, edit):
    files = write_dicom(tmp_path, series)
    dataset = pydicom.dcmread(files[0])
    step = np.subtract(pydicom.dcmread(files[1]).ImagePositionPatient, dataset.ImagePositionPatient)

    def move_last(dataset):
        if dataset.InstanceNumber % 3 == 0:
            dataset.ImagePositionPatient = list(np.add(dataset.ImagePositionPatient, step).round(6))

    edit(tmp_path, move_last)
    refuse(tmp_path, "evenly spaced.*Is a slice missing")


def test_a_copied_file_is_a_duplicate(dynamic_folder):
    file = images(dynamic_folder)[4]
    shutil.copy(file, file.with_name("copy.dcm"))
    refuse(dynamic_folder, "duplicate slices: file 1 of 16 and file 6 of 16 hold the same image")


def test_a_copy_with_another_uid_is_a_duplicate(dynamic_folder, edit):
    file = images(dynamic_folder)[4]
    shutil.copy(file, file.with_name("copy.dcm"))

    def rename(dataset):
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"

    edit(file.with_name("copy.dcm"), rename)
    refuse(dynamic_folder, "duplicate slices")


def test_files_that_are_not_dicom_are_named_and_skipped(dynamic_folder, series):
    (dynamic_folder / "notes.txt").write_text("hello")
    (dynamic_folder / "empty").touch()
    found = read_series(dynamic_folder)
    assert found.grid == series.grid
    assert found.notes == ("skipped 2 files (not DICOM)",)
    assert found.skipped == ("file 16 of 17", "file 17 of 17")


def test_dicom_that_is_no_mr_image_is_named_and_skipped(dynamic_folder, edit):
    report = dynamic_folder / "report.dcm"
    shutil.copy(images(dynamic_folder)[0], report)

    def turn_into_report(dataset):
        del dataset.PixelData
        dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.11"
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID

    edit(report, turn_into_report)
    found = read_series(dynamic_folder)
    assert any("skipped 1 file" in note and "SR" in note for note in found.notes)
    assert found.skipped == ("file 16 of 16",)


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_a_file_cut_short_is_named(dynamic_folder, share):
    file = images(dynamic_folder)[4]
    data = file.read_bytes()
    file.write_bytes(data[: int(share * len(data))])
    refuse(dynamic_folder, r"file 5 of 15: .*(cut short|damaged)")


def test_an_enhanced_file_cut_short_is_named(tmp_path, series):
    (file,) = write_enhanced_dicom(tmp_path, series)
    file.write_bytes(file.read_bytes()[:-300])
    refuse(tmp_path, "bytes of samples; expected .*cut short")


@pytest.mark.parametrize(
    ("keyword", "value", "pattern"),
    [
        ("RepetitionTime", 0.00443, "RepetitionTime .* is 0.00443; expected 0.5 to 1000 ms.*in s?"),
        ("RepetitionTime", 4430, "RepetitionTime .* is 4430; expected"),
        ("RepetitionTime", None, "RepetitionTime .* is missing in 15 of 15 images"),
        ("FlipAngle", 0.436, "FlipAngle .* is 0.436; expected 1 to 90 degrees.*radians"),
        ("FlipAngle", None, "FlipAngle .* is missing"),
    ],
)
def test_settings_missing_or_in_another_unit_are_refused(
    dynamic_folder, edit, keyword, value, pattern
):
    edit(dynamic_folder, lambda dataset: setattr(dataset, keyword, value))
    refuse(dynamic_folder, pattern)


def test_a_tr_that_changes_is_refused(dynamic_folder, edit):
    def change(dataset):
        dataset.RepetitionTime = 4 + dataset.AcquisitionNumber

    edit(dynamic_folder, change)
    refuse(dynamic_folder, "RepetitionTime .* runs from 5 to 9")


def test_fewer_than_four_frames_are_refused(dynamic_folder):
    for file in images(dynamic_folder)[9:]:
        file.unlink()
    refuse(dynamic_folder, 'no dynamic series among series 1 "dyn" .3 frames.*at least 4')


def test_an_inconsistent_matrix_is_refused(dynamic_folder, edit):
    def crop(dataset):
        data = dataset.pixel_array[:4].copy()
        dataset.Rows, dataset.PixelData = 4, data.tobytes()

    edit(images(dynamic_folder)[7], crop)
    refuse(dynamic_folder, "inconsistent matrix: 8 x 6 .*8 x 4 .*file 8 of 15")


def test_an_inconsistent_pixel_spacing_is_refused(dynamic_folder, edit):
    def widen(dataset):
        dataset.PixelSpacing = [3, 3]

    edit(images(dynamic_folder)[7], widen)
    refuse(dynamic_folder, "inconsistent matrix")


def test_colour_images_are_refused(dynamic_folder, edit):
    def paint(dataset):
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, "RGB"
        dataset.PlanarConfiguration = 0
        dataset.PixelData = dataset.PixelData * 3

    edit(dynamic_folder, paint)
    refuse(dynamic_folder, "colour images, expected MONOCHROME2")


def test_mosaics_are_refused(dynamic_folder, edit):
    def tile(dataset):
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]

    edit(dynamic_folder, tile)
    refuse(dynamic_folder, "Siemens mosaic.*export it as single slices")


def test_other_sequences_are_not_taken_for_a_dynamic_series(dynamic_folder, edit):
    def echo_planar(dataset):
        dataset.ScanningSequence = ["EP", "GR"]

    edit(dynamic_folder, echo_planar)
    refuse(dynamic_folder, "no dynamic series among .*echo planar")


def test_images_without_a_place_are_refused(dynamic_folder, edit):
    def displace(dataset):
        del dataset.ImagePositionPatient

    edit(dynamic_folder, displace)
    refuse(dynamic_folder, "no position, orientation or pixel spacing")


def test_partial_philips_scaling_is_refused(tmp_path, series, edit):
    files = write_dicom(tmp_path, series, vendor="philips")

    def strip(dataset):
        del dataset[0x2005100E]

    edit(files[3], strip)
    refuse(tmp_path, r"Philips scale slope \(2005,100E\) in some images only")


def test_samples_without_a_decoder_name_the_extra(dynamic_folder, edit):
    def compress(dataset):
        dataset.PixelData = encapsulate([b"\xff\xd8\xff\xd9"])
        dataset["PixelData"].VR = "OB"
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.JPEGLSLossless

    edit(dynamic_folder, compress)
    refuse(dynamic_folder, r"compressed \(JPEG-LS.*gadmap\[compressed\]")


def test_one_slice_without_its_thickness_is_refused(tmp_path, series, edit):
    files = write_dicom(tmp_path, series)
    for index, file in enumerate(files):
        if index % 3:
            file.unlink()

    def strip(dataset):
        del dataset.SliceThickness
        del dataset.SpacingBetweenSlices

    assert read_series(tmp_path).grid == (8, 6, 1)
    edit(tmp_path, strip)
    refuse(tmp_path, "SliceThickness")


def test_a_folder_that_is_empty_or_missing_is_refused(tmp_path):
    refuse(tmp_path / "nowhere", "no such file or folder")
    refuse(tmp_path, "no DICOM MR image there; found no file at all")


def test_what_is_no_regular_file_is_named_and_never_waited_for(dynamic_folder):
    os.mkfifo(dynamic_folder / "pipe")
    found = read_series(dynamic_folder)
    assert found.notes == ("skipped 1 file (no regular file)",)
    assert found.skipped == ("file 16 of 16",)


def test_a_negative_tr_is_no_mixture(dynamic_folder, edit):
    edit(dynamic_folder, lambda dataset: setattr(dataset, "RepetitionTime", -4.4))
    refuse(dynamic_folder, r"RepetitionTime \(0018,0080\) is -4.4; expected 0.5 to 1000 ms")
