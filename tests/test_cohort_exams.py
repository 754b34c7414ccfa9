"""Laws of how the examinations of a cohort are found."""

from pathlib import Path

import pytest

from disc import disc_scan
from gadmap.io import write_nifti
from gadmap.io.datasets.rider_neuro import examinations
from gadmap.pipeline.cohort_exams import cohort_exams
from rider_tree import write_collection


def test_of_a_public_dataset_each_patient_comes_once_by_a_label(tmp_path: Path):
    """Two visits of one patient on two sides of a split would tell the test to the training."""
    numbers = ("3369019796", "1086100996")
    write_collection(tmp_path, numbers)
    found = cohort_exams(tmp_path)
    assert [exam.name for exam in found] == ["rider-01", "rider-02"]
    first = [one for one in examinations(tmp_path) if one.visit == 1]
    for exam, one in zip(found, first, strict=True):
        assert set(exam.folders) == {series.path for series in one.series}
        series, flips = exam.read()
        assert exam.truth(series) is None
        assert flips is not None
        assert not any(number in exam.name for number in numbers)


def test_a_nifti_file_with_flip_angles_beside_is_one_examination(tmp_path: Path):
    for name in ("b", "a", ".hidden"):
        write_nifti(tmp_path / name, *disc_scan())
    found = cohort_exams(tmp_path)
    assert [exam.name for exam in found] == ["a", "b"]
    _, flips = found[0].read()
    assert flips is not None
    assert len(flips.acquisitions) == 3


def test_any_change_of_a_file_changes_the_fingerprint(tmp_path: Path):
    write_nifti(tmp_path / "a", *disc_scan())
    (exam,) = cohort_exams(tmp_path)
    before = exam.fingerprint()
    assert exam.fingerprint() == before
    sidecar = tmp_path / "a" / "dce.json"
    sidecar.write_text(sidecar.read_text() + "\n")
    assert exam.fingerprint() != before


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ((), "no folders in it; expected one folder for each examination"),
        (("a/one.nii.gz", "a/two.nii.gz"), "2 NIfTI files may be the dynamic series: one.nii.gz"),
    ],
)
def test_what_is_no_cohort_is_refused(files: tuple[str, ...], said: str, tmp_path: Path):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match=said):
        cohort_exams(tmp_path)
    with pytest.raises(FileNotFoundError, match="no such folder"):
        cohort_exams(tmp_path / "nowhere")
