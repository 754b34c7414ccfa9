"""The RIDER NEURO MRI collection's ways, on synthetic files that have them all."""

import re
import shutil
from dataclasses import replace
from math import degrees
from pathlib import Path

import numpy as np
import pydicom
import pytest

from gadmap.io import write_dicom
from gadmap.io.datasets import DATASETS, dataset_of
from gadmap.io.datasets.rider_neuro import RIDER_NEURO, examinations
from rider_tree import ANGLES, NAME, UIDS, Visit, edit, random_scan, write_collection, write_visit

NUMBERS = ("3369019796", "1086100996")
FIRST, SECOND = "19040321", "19040323"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[tuple[str, str], Visit]]:
    """Two patients of one name, two visits each, one patient's in two studies a date."""
    root = tmp_path_factory.mktemp("tcia") / "manifest-1" / "RIDER NEURO MRI"
    return root, write_collection(root, NUMBERS)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One patient, two visits."""
    root = tmp_path_factory.mktemp("two") / "tree"
    write_collection(root, NUMBERS[:1])
    return root


@pytest.fixture
def copy(two: Path, tmp_path: Path) -> Path:
    """The same, to be damaged."""
    return Path(shutil.copytree(two, tmp_path / "copy"))


def series_of(root: Path, date: str, name: str) -> list[Path]:
    day = f"{date[4:6]}-{date[6:]}-{date[:4]}"
    return sorted(root.glob(f"*/{day}-*/*-{name}-*"))


def break_header(file: Path) -> None:
    """Cut the file short in the middle of its header."""
    file.write_bytes(file.read_bytes()[:700])


def test_patients_are_told_apart_by_their_id_and_visits_by_their_date(written):
    root, visits = written
    found = examinations(root)
    assert [(one.patient, one.visit) for one in found] == [
        (patient, visit) for patient in ("rider-01", "rider-02") for visit in (1, 2)
    ]
    assert not any(one.problem for one in found)
    keys = [(number, date) for number in sorted(NUMBERS) for date in (FIRST, SECOND)]
    for one, visit in zip(found, (visits[key] for key in keys), strict=True):
        listed = {series.path for series in one.series}
        assert listed >= {visit.dynamic, *visit.flips}
        assert not any(series.description == "ax tensor" for series in one.series)


def test_an_examination_comes_back_without_the_slices_at_the_edges_of_the_slab(written):
    root, _ = written
    for seed, one in enumerate(
        sorted(examinations(root), key=lambda one: one.patient != "rider-02")
    ):
        series, flips = random_scan(seed)
        read, read_flips = one.read()
        assert one.edge_slices == 1
        np.testing.assert_allclose(read.signal, series.signal[:, :, 1:-1], atol=0.01)
        np.testing.assert_allclose(read.t, series.t)
        np.testing.assert_allclose(read.affine @ [0, 0, 0, 1], series.affine @ [0, 0, 1, 1])
        np.testing.assert_allclose(read_flips.signal, flips.signal[:, :, 1:-1], atol=0.01)
        assert any("each end of the slab" in note for note in read.notes)


def test_every_slice_is_kept_where_no_edge_is_left_out(two):
    whole = replace(examinations(two)[0], edge_slices=0)
    series, flips = whole.read()
    assert series.signal.shape[2] == flips.signal.shape[2] == 4
    assert not any("slab" in note for note in series.notes)
    with pytest.raises(ValueError, match="4 slices, left out 2 at each end"):
        replace(whole, edge_slices=2).read()


def test_settings_and_times_are_the_files_own(two):
    series, flips = examinations(two)[0].read()
    assert series.acquisition.tr == pytest.approx(3.8e-3)
    assert series.acquisition.te == pytest.approx(1.8e-3)
    assert [one.tr for one in flips.acquisitions] == pytest.approx([4.43e-3] * len(ANGLES))
    assert [one.te for one in flips.acquisitions] == pytest.approx([2.1e-3] * len(ANGLES))
    assert degrees(series.acquisition.flip_angle) == pytest.approx(25)
    assert series.acquisition.field_strength == pytest.approx(1.494)
    assert [degrees(one.flip_angle) for one in flips.acquisitions] == pytest.approx(ANGLES)
    assert series.time_source == "AcquisitionTime (0008,0032)"


def test_folders_named_by_uids_give_the_same(tmp_path):
    scan = random_scan()
    for name, uid_names in (("new", False), ("old", True)):
        write_visit(tmp_path / name, "1086100996", FIRST, scan, uid_names=uid_names)
    (new,), (old,) = (examinations(tmp_path / name) for name in ("new", "old"))
    np.testing.assert_array_equal(new.read()[0].signal, old.read()[0].signal)
    assert new.inspect() == old.inspect()
    assert dataset_of(tmp_path / "old") is RIDER_NEURO


def test_an_examination_without_flip_angles_is_read_without(tmp_path):
    write_visit(tmp_path / "tree", "1", FIRST, (random_scan()[0], None))
    (one,) = examinations(tmp_path / "tree")
    assert one.read()[1] is None
    assert "no flip-angle volumes" in one.inspect().summary


def test_nothing_that_is_told_holds_an_identifier(copy):
    whole = examinations(copy)
    shutil.rmtree(series_of(copy, FIRST, "ax 5 flip")[0])
    break_header(sorted(series_of(copy, SECOND, "perfusion")[0].iterdir())[1])
    told = [f"{one} {one.inspect()}" for one in (*whole, *examinations(copy))]
    for one in whole:
        with pytest.raises((ValueError, OSError), match=rf"^{one.name}: ") as error:
            one.read()
        told.append(str(error.value))
    assert any("file 2 of 20: " in text and "cut short" in text for text in told)
    for secret in (NUMBERS[0], "1904", NAME, "RIDER Neuro", "BRAINRESEARCH", str(copy)):
        assert not any(secret in text for text in told), secret


def image_missing(root: Path) -> None:
    sorted(series_of(root, SECOND, "perfusion")[0].iterdir())[1].unlink()


def no_dynamic_series(root: Path) -> None:
    shutil.rmtree(series_of(root, SECOND, "perfusion")[0])


def image_cut_short(root: Path) -> None:
    file = sorted(series_of(root, SECOND, "perfusion")[0].iterdir())[4]
    file.write_bytes(file.read_bytes()[:-10])


def first_image_damaged(root: Path) -> None:
    break_header(sorted(series_of(root, SECOND, "perfusion")[0].iterdir())[0])


def no_times(root: Path) -> None:
    edit(series_of(root, SECOND, "perfusion")[0], AcquisitionTime="")


def two_dynamic_series(root: Path) -> None:
    (dynamic,) = series_of(root, SECOND, "perfusion")
    again = Path(shutil.copytree(dynamic, dynamic.with_name("13.000000-perfusion-00000")))
    for k, file in enumerate(sorted(again.iterdir())):
        dataset = pydicom.dcmread(file)
        dataset.SOPInstanceUID, dataset.SeriesInstanceUID = f"{UIDS}{k}", f"{UIDS}99"
        dataset.SeriesNumber = 13
        dataset.save_as(file)


def flip_angles_elsewhere(root: Path) -> None:
    for flip in series_of(root, SECOND, "ax * flip"):
        for file in flip.iterdir():
            dataset = pydicom.dcmread(file)
            dataset.ImagePositionPatient[0] += 4
            dataset.save_as(file)


def one_angle_twice(root: Path) -> None:
    edit(series_of(root, SECOND, "ax 5 flip")[0], FlipAngle=15)


def two_patients_in_one_folder(root: Path) -> None:
    file = sorted(series_of(root, SECOND, "perfusion")[0].iterdir())[-1]
    dataset = pydicom.dcmread(file)
    dataset.PatientID = "RIDER Neuro MRI-5"
    dataset.save_as(file)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (image_missing, r"frames are missing at some slices"),
        (no_dynamic_series, r"no dynamic series among series 1 .ax 5 flip."),
        (image_cut_short, r'^"perfusion" file 5 of 20: .*cut short'),
        (first_image_damaged, r'^"perfusion" file 1 of 20: .*cut short'),
        (no_times, r"no frame times"),
        (two_dynamic_series, r"2 dynamic series"),
        (flip_angles_elsewhere, r"4 mm away"),
        (one_angle_twice, r"one flip angle, 15 degrees"),
        (two_patients_in_one_folder, r'^"perfusion": images of more than one patient'),
    ],
)
def test_a_broken_examination_is_a_reason_and_disturbs_no_other(copy, damage, reason):
    damage(copy)
    whole, broken = examinations(copy)
    assert (whole.inspect().summary != "", whole.inspect().problem) == (True, "")
    told = broken.inspect()
    assert (told.patient, told.visit, told.summary) == ("rider-01", 2, "")
    assert re.search(reason, told.problem), told.problem
    with pytest.raises(ValueError, match=rf"^rider-01 visit 2: {re.escape(told.problem)}"):
        broken.read()


def test_a_folder_that_no_header_tells_the_patient_of_is_listed_as_unknown(copy):
    edit(series_of(copy, FIRST, "ax 5 flip")[0], PatientID="")
    *known, unknown = examinations(copy)
    assert unknown.patient == "rider-unknown"
    assert "images without PatientID" in unknown.problem
    assert not any(one.problem for one in known)


def test_a_localiser_of_few_slices_is_no_obstacle(copy):
    (dynamic,) = series_of(copy, FIRST, "perfusion")
    localiser = dynamic.with_name("1.000000-loc-00000")
    localiser.mkdir()
    shutil.copy(next(dynamic.iterdir()), localiser)
    edit(localiser, SeriesInstanceUID=f"{UIDS}77", SeriesNumber=1, FlipAngle=40)
    assert not any(one.inspect().problem for one in examinations(copy))


def test_other_patients_and_stray_files_are_no_examinations(copy, written):
    write_dicom(copy / "stranger", *random_scan())
    (copy / "LICENSE").write_text("terms")
    assert len(examinations(copy)) == 2


def test_the_collection_is_recognised_and_other_folders_are_not(written, tmp_path):
    root, _ = written
    assert dataset_of(root) is DATASETS["rider-neuro"]
    assert dataset_of(root / f"RIDER Neuro MRI-{NUMBERS[0]}") is RIDER_NEURO
    write_dicom(tmp_path / "other", *random_scan())
    assert dataset_of(tmp_path / "other") is None
    assert dataset_of(tmp_path / "other" / "missing") is None
    with pytest.raises(ValueError, match="no image of the RIDER NEURO MRI"):
        examinations(tmp_path / "other")
    with pytest.raises(FileNotFoundError, match="no such folder"):
        examinations(tmp_path / "missing")
