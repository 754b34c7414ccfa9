"""What is written as DICOM of each vendor comes back."""

import random
import tempfile
from dataclasses import replace

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from gadmap.data import Acquisition, DceSeries
from gadmap.io import (
    find_flip_angles,
    read_flip_angles,
    read_series,
    read_series_and_flip_angles,
    write_dicom,
    write_enhanced_dicom,
)

SOURCES = {
    "siemens": "AcquisitionTime (0008,0032)",
    "ge": "TriggerTime (0018,1060)",
    "philips": "Philips dynamic scan begin time (2005,10A0)",
}
every_vendor = pytest.mark.parametrize("vendor", SOURCES)


def write_enhanced_whole(folder, series, vfa=None):
    write_enhanced_dicom(folder, series, vfa)


def write_enhanced_frames(folder, series, vfa=None):
    write_enhanced_dicom(folder, series, vfa, frames_per_file=1)


every_enhanced = pytest.mark.parametrize("write", [write_enhanced_whole, write_enhanced_frames])


def assert_same(found, written):
    quantum = (written.signal.max() - min(written.signal.min(), 0)) / 65535
    np.testing.assert_allclose(found.signal, written.signal, rtol=0, atol=0.502 * quantum)
    np.testing.assert_allclose(found.affine, written.affine, rtol=0, atol=1e-6)
    assert found.signal.dtype == np.float32
    assert found.grid == written.grid
    assert found.acquisition.tr == pytest.approx(written.acquisition.tr, rel=1e-12)
    assert found.acquisition.flip_angle == pytest.approx(written.acquisition.flip_angle, rel=1e-12)
    assert found.acquisition.te == pytest.approx(written.acquisition.te, rel=1e-12)
    assert found.acquisition.field_strength == written.acquisition.field_strength


def assert_same_flips(found, written):
    assert [a.flip_angle for a in found.acquisitions] == pytest.approx(
        [a.flip_angle for a in written.acquisitions]
    )
    quantum = written.signal.max() / 65535
    np.testing.assert_allclose(found.signal, written.signal, rtol=0, atol=0.502 * quantum)


@every_vendor
def test_classic_files_come_back_with_signal_times_and_grid(tmp_path, series, vfa, vendor):
    write_dicom(tmp_path, series, vfa, vendor=vendor)
    found, flips = read_series_and_flip_angles(tmp_path)
    assert_same(found, series)
    assert_same_flips(flips, vfa)
    exact = 1e-9 if vendor != "philips" else 4e-6  # Philips stores the time in 32 bits
    np.testing.assert_allclose(found.t, series.t, rtol=0, atol=exact)
    assert found.time_source == SOURCES[vendor]
    assert found.description == "dyn"


@every_enhanced
def test_enhanced_files_come_back_with_signal_times_and_grid(tmp_path, series, vfa, write):
    write(tmp_path, series, vfa)
    found, flips = read_series_and_flip_angles(tmp_path)
    assert_same(found, series)
    assert_same_flips(flips, vfa)
    np.testing.assert_array_equal(found.t, series.t)
    assert found.time_source == "TemporalPositionTimeOffset (0020,930D)"


@every_vendor
def test_first_frame_is_at_zero(tmp_path, series, vendor):
    write_dicom(tmp_path, replace(series, t=series.t + 31.5), vendor=vendor)
    assert read_series(tmp_path).t[0] == 0


@every_vendor
def test_file_names_do_not_matter(tmp_path, series, vendor):
    files = write_dicom(tmp_path / "in", series, vendor=vendor)
    names = list(range(len(files)))
    random.Random(5).shuffle(names)
    (tmp_path / "out").mkdir()
    for file, name in zip(files, names, strict=True):
        file.rename(tmp_path / "out" / f"{name}")
    assert_same(read_series(tmp_path / "out"), series)


def test_slices_in_descending_order_keep_their_place_in_the_patient(tmp_path, series):
    down = series.affine.copy()
    down[:3, 3] += 2 * down[:3, 2]
    down[:3, 2] *= -1
    upside_down = replace(series, affine=down, signal=series.signal[:, :, ::-1])
    write_dicom(tmp_path, upside_down)
    assert_same(read_series(tmp_path), series)


def test_voxels_lie_where_their_files_say(tmp_path, series):
    """Pixel (row, column) lies at IPP + column * row cosine + row * column cosine (C.7.6.2.1.1)."""
    files = write_dicom(tmp_path, series)
    found = read_series(tmp_path)
    dataset = pydicom.dcmread(files[1])
    along_row, down_rows = np.reshape(dataset.ImageOrientationPatient, (2, 3)).astype(float)
    rows_apart, columns_apart = map(float, dataset.PixelSpacing)
    column, row = 5, 2
    place = np.array(dataset.ImagePositionPatient, float)
    place = place + column * columns_apart * along_row + row * rows_apart * down_rows
    expected = place * [-1, -1, 1]
    index = np.linalg.inv(found.affine) @ [*expected, 1]
    np.testing.assert_allclose(index[:3], [column, row, 1], atol=1e-6)
    stored = dataset.pixel_array[row, column] * float(dataset.RescaleSlope)
    assert found.signal[column, row, 1, 0] == pytest.approx(stored, rel=1e-6)


def test_negative_signal_survives(tmp_path, series):
    signal = series.signal.copy()
    signal[0, 0, 0, 0] = -321.5
    write_dicom(tmp_path, replace(series, signal=signal))
    found = read_series(tmp_path)
    np.testing.assert_allclose(found.signal, signal, rtol=0, atol=0.51 * np.ptp(signal) / 65535)


@pytest.mark.parametrize("dtype", ["<u2", "<i2", "<u1", "<i4"])
def test_each_stored_type_reads_as_its_numbers(dynamic_folder, series, edit, dtype):
    kind = np.dtype(dtype)

    def restore(dataset):
        stored = (dataset.pixel_array // 600).astype(kind) - (5 if kind.kind == "i" else 0)
        dataset.BitsAllocated = dataset.BitsStored = 8 * kind.itemsize
        dataset.HighBit = 8 * kind.itemsize - 1
        dataset.PixelRepresentation = int(kind.kind == "i")
        dataset.RescaleSlope, dataset.RescaleIntercept = "2", "1"
        data = stored.astype(kind).tobytes()
        dataset.PixelData = data + b"\0" * (len(data) % 2)
        if kind.itemsize == 1:
            dataset["PixelData"].VR = "OB"

    original = read_series(dynamic_folder).signal
    slope = float(pydicom.dcmread(next(dynamic_folder.rglob("*.dcm"))).RescaleSlope)
    edit(dynamic_folder, restore)
    stored = np.rint(original / slope).astype(int) // 600 - (5 if kind.kind == "i" else 0)
    np.testing.assert_array_equal(read_series(dynamic_folder).signal, 2 * stored + 1)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.2"])
def test_implicit_and_big_endian_files_read_alike(dynamic_folder, series, syntax):
    expected = read_series(dynamic_folder)
    for file in dynamic_folder.rglob("*.dcm"):
        dataset = pydicom.dcmread(file)
        swapped = dataset.pixel_array.astype("<u2" if syntax.endswith("1.2") else ">u2")
        dataset.PixelData = swapped.tobytes()
        dataset.file_meta.TransferSyntaxUID = syntax
        little = syntax == "1.2.840.10008.1.2"
        pydicom.dcmwrite(file, dataset, implicit_vr=little, little_endian=little)
    np.testing.assert_array_equal(read_series(dynamic_folder).signal, expected.signal)


def test_philips_time_reads_from_implicit_files(tmp_path, series):
    """Implicit VR does not say that the private time is a float."""
    for file in write_dicom(tmp_path, series, vendor="philips"):
        dataset = pydicom.dcmread(file)
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
        pydicom.dcmwrite(file, dataset, implicit_vr=True, little_endian=True)
    np.testing.assert_allclose(read_series(tmp_path).t, series.t, atol=4e-6)


def test_compressed_files_read_alike(dynamic_folder, edit):
    """Run-length coding needs no decoder beside pydicom."""
    expected = read_series(dynamic_folder)
    edit(dynamic_folder, lambda d: d.compress(pydicom.uid.RLELossless, generate_instance_uid=False))
    np.testing.assert_array_equal(read_series(dynamic_folder).signal, expected.signal)


def test_philips_signal_is_the_floating_point_value(tmp_path, series, edit):
    """FP = (stored * RS + RI) / (RS * SS), so a display scaling of one series does not matter."""
    write_dicom(tmp_path, series, vendor="philips")
    expected = read_series(tmp_path)

    def rescale(dataset):
        dataset.RescaleSlope = "7.5"

    edit(tmp_path, rescale)
    found = read_series(tmp_path)
    np.testing.assert_allclose(found.signal, expected.signal, rtol=1e-6)
    assert any("(2005,100E)" in note for note in found.notes)


def test_what_is_written_is_the_same_each_time(tmp_path, series, vfa):
    for name in ("a", "b"):
        write_dicom(tmp_path / name, series, vfa)
    first = sorted((tmp_path / "a").rglob("*.dcm"))
    second = sorted((tmp_path / "b").rglob("*.dcm"))
    assert [f.read_bytes() for f in first] == [f.read_bytes() for f in second]


@pytest.mark.parametrize("write", [write_dicom, write_enhanced_dicom])
def test_written_patient_is_a_phantom(tmp_path, series, write):
    for file in write(tmp_path, series):
        dataset = pydicom.dcmread(file)
        assert dataset.PatientName == "PHANTOM^GADMAP"
        assert "PHANTOM" in dataset.PatientID


def test_signal_that_is_not_finite_is_not_written(tmp_path, series):
    signal = series.signal.copy()
    signal[0] = np.nan
    with pytest.raises(ValueError, match=r"not finite"):
        write_dicom(tmp_path, replace(series, signal=signal))


def test_flip_angle_folders_can_be_named(dicom_folder, vfa):
    dynamic = read_series(dicom_folder)
    folders = [folder for folder in dicom_folder.iterdir() if "flip" in folder.name]
    assert_same_flips(read_flip_angles(folders, dynamic), vfa)


def test_a_folder_without_flip_angles_has_none(dynamic_folder):
    assert find_flip_angles(dynamic_folder, read_series(dynamic_folder)) is None


def test_values_that_break_the_rules_of_form_do_not_stop_reading(dynamic_folder, series):
    """Scanners write UIDs and numbers that are too long; only what is needed must be right."""
    for file in dynamic_folder.rglob("*.dcm"):
        uid = str(pydicom.dcmread(file).SeriesInstanceUID).encode()
        file.write_bytes(file.read_bytes().replace(uid, b"1." + b"0" * (len(uid) - 2)))
    assert_same(read_series(dynamic_folder), series)


@settings(max_examples=25, deadline=None)
@given(
    angles=st.tuples(*[st.floats(-180, 180)] * 3),
    edges=st.tuples(*[st.floats(0.3, 12)] * 3),
    origin=st.tuples(*[st.floats(-500, 500)] * 3),
    shape=st.tuples(*[st.integers(1, 4)] * 3),
    steps=st.lists(st.floats(0.5, 60), min_size=3, max_size=5),
)
def test_any_right_handed_grid_and_rising_times_come_back(angles, edges, origin, shape, steps):
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() @ np.diag(edges)
    affine[:3, 3] = origin
    t = np.concatenate([[0.0], np.cumsum(steps)])
    signal = np.arange(np.prod(shape) * t.size, dtype=np.float32).reshape(*shape, t.size)
    case = DceSeries(
        signal=signal,
        t=t,
        affine=affine,
        acquisition=Acquisition(tr=0.005, flip_angle=0.3),
        time_source="drawn",
    )
    with tempfile.TemporaryDirectory() as folder:
        write_dicom(folder, case)
        found = read_series(folder)
    np.testing.assert_allclose(found.signal, signal, atol=0.51 * max(signal.max(), 1) / 65535)
    np.testing.assert_allclose(found.affine, affine, atol=1e-6)
    np.testing.assert_allclose(found.t, t, atol=2e-6)
