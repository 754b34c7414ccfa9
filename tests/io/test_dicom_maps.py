"""Maps as DICOM come back bit for bit, say what they are, and lie where the images lie."""

import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pydicom
import pytest

from gadmap.io import write_dicom, write_enhanced_dicom, write_maps
from gadmap.io.dicom_maps import source_images, write_dicom_maps
from gadmap.io.maps_read import read_maps_record

PATIENT = {"PatientName": "DOE^JANE", "PatientID": "MRN-4711", "PatientBirthDate": "19500101"}


@pytest.fixture
def images(tmp_path, series, edit):
    """The series as classic DICOM of a named patient."""
    write_dicom(tmp_path / "case", series)

    def name(dataset):
        for keyword, value in PATIENT.items():
            setattr(dataset, keyword, value)

    edit(tmp_path / "case", name)
    return tmp_path / "case"


def samples(file):
    """The file, and its values (x, y, z) with the lowest slice first."""
    dataset = pydicom.dcmread(file)
    shape = (int(dataset.NumberOfFrames), dataset.Rows, dataset.Columns)
    values = np.frombuffer(dataset.FloatPixelData, "<f4").reshape(shape)
    return dataset, values[np.argsort(heights(dataset))].transpose(2, 1, 0)


def heights(dataset):
    """Where each frame lies along the slices' normal [mm]."""
    shared = dataset.SharedFunctionalGroupsSequence[0]
    across = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, dtype=float)
    return positions(dataset) @ np.cross(across[:3], across[3:])


def positions(dataset):
    """Centre of each frame's first pixel [mm], LPS."""
    groups = dataset.PerFrameFunctionalGroupsSequence
    return np.array(
        [group.PlanePositionSequence[0].ImagePositionPatient for group in groups], dtype=float
    )


def record_of(tmp_path, maps, exam):
    write_maps(tmp_path / "results", maps, exam, {}, keep_exam=False)
    return read_maps_record(tmp_path / "results")


def test_values_come_back_bit_for_bit_with_their_place(tmp_path, images, maps, exam):
    source = source_images(images)
    files = write_dicom_maps(tmp_path / "out", maps, record_of(tmp_path, maps, exam), source)
    assert sorted(file.stem for file in files) == sorted(
        [*maps.values, *(f"{name}_se" for name in maps.standard_error)]
    )
    for name, values in maps.values.items():
        dataset, found = samples(tmp_path / "out" / f"{name}.dcm")
        np.testing.assert_array_equal(found, values.astype(np.float32))
        ras = np.array([maps.affine @ (0, 0, k, 1) for k in range(values.shape[2])])[:, :3]
        lowest_first = positions(dataset)[np.argsort(heights(dataset))]
        np.testing.assert_allclose(lowest_first, ras * (-1, -1, 1), atol=1e-3)


def test_maps_stay_in_the_study_and_refer_to_its_images(tmp_path, images, maps, exam):
    source = source_images(images)
    write_dicom_maps(tmp_path / "out", maps, record_of(tmp_path, maps, exam), source)
    first = source.headers[0]
    dataset, _ = samples(tmp_path / "out" / "ktrans.dcm")
    assert dataset.SOPClassUID == pydicom.uid.ParametricMapStorage
    assert dataset.PatientID == "MRN-4711"
    assert dataset.StudyInstanceUID == first.StudyInstanceUID
    assert dataset.FrameOfReferenceUID == first.FrameOfReferenceUID
    assert dataset.SeriesInstanceUID != first.SeriesInstanceUID
    referred = {
        item.ReferencedSOPInstanceUID
        for item in dataset.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    }
    assert referred == {header.SOPInstanceUID for header in source.headers}


def test_a_map_names_quantity_unit_model_input_and_t1(tmp_path, images, maps, exam):
    record = record_of(tmp_path, maps, exam)
    write_dicom_maps(tmp_path / "out", maps, record, source_images(images))
    dataset, _ = samples(tmp_path / "out" / "ktrans.dcm")
    mapping = dataset.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence[0]
    assert mapping.MeasurementUnitsCodeSequence[0].CodeValue == "/min"
    items = mapping.QuantityDefinitionSequence
    codes = {item.ConceptCodeSequence[0].CodeValue for item in items if item.ValueType == "CODE"}
    assert {"126312", "126340", "126363", "126350"} <= codes
    texts = " ".join(item.TextValue for item in items if item.ValueType == "TEXT")
    assert "arterial input: auto: 2 voxels" in texts
    assert "haematocrit 0.42" in texts
    numbers = [item for item in items if item.ValueType == "NUMERIC"]
    assert float(numbers[0].NumericValue) == exam.relaxivity
    error, _ = samples(tmp_path / "out" / "ktrans_se.dcm")
    items = error.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence[0]
    assert "113061" in str(items.QuantityDefinitionSequence)


def test_anonymous_maps_hold_nothing_of_the_patient_or_the_study(tmp_path, images, maps, exam):
    source = source_images(images)
    record = record_of(tmp_path, maps, exam)
    write_dicom_maps(tmp_path / "out", maps, record, source, anonymize=True)
    first = source.headers[0]
    studies = set()
    for file in (tmp_path / "out").glob("*.dcm"):
        content = file.read_bytes()
        for secret in (*PATIENT.values(), first.StudyInstanceUID, first.SOPInstanceUID):
            assert str(secret).encode() not in content
        studies.add(samples(file)[0].StudyInstanceUID)
    assert len(studies) == 1


def test_maps_of_an_enhanced_file_refer_to_it(tmp_path, series, maps, exam):
    write_enhanced_dicom(tmp_path / "case", series, None)
    source = source_images(tmp_path / "case")
    assert len(source.headers) == 1
    assert len(source.slices) == series.grid[2]
    write_dicom_maps(tmp_path / "out", maps, record_of(tmp_path, maps, exam), source)
    _, found = samples(tmp_path / "out" / "ktrans.dcm")
    np.testing.assert_array_equal(found, maps["ktrans"])


def test_maps_of_another_grid_are_refused_and_nothing_is_written(tmp_path, images, maps):
    moved = maps.affine.copy()
    moved[:3, 3] += 30
    with pytest.raises(ValueError, match="expected the same geometry"):
        write_dicom_maps(tmp_path / "out", replace(maps, affine=moved), {}, source_images(images))
    assert not (tmp_path / "out").exists()


def test_images_without_a_frame_of_reference_are_refused(images, edit):
    edit(images, lambda dataset: delattr(dataset, "FrameOfReferenceUID"))
    with pytest.raises(ValueError, match="no FrameOfReferenceUID"):
        source_images(images)


# a program of Debian that no Python environment brings; .ci/run installs it
@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy of dicom3tools is not there")
def test_an_independent_checker_finds_no_error(tmp_path, images, maps, exam):
    record = record_of(tmp_path, maps, exam)
    write_dicom_maps(tmp_path / "out", maps, record, source_images(images))
    for file in (tmp_path / "out").glob("*.dcm"):
        said = subprocess.run(["dciodvfy", file], capture_output=True, text=True, check=False)
        errors = [line for line in said.stderr.splitlines() if line.startswith("Error")]
        assert not errors, (file.name, errors)
