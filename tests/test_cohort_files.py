"""Laws of a written cohort: whole patients, one table, and what is there is never lost."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import gadmap
from gadmap.io import read_flip_angles, read_volume
from gadmap.phantoms import cohort
from gadmap.pipeline import write_cohort

SMALL = {"matrix": 32, "slices": 6, "frames": 12}


def written(out: Path, count: int = 2, **choices):
    return write_cohort(out, count, 3, file_format="nifti", **SMALL, **choices)


@pytest.fixture(scope="module")
def known():
    return list(cohort(2, 3, **SMALL))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory):
    return written(tmp_path_factory.mktemp("cohort") / "out")


def snapshot(out: Path) -> dict[str, tuple[int, int]]:
    files = (path for path in out.rglob("*") if path.is_file())
    return {
        path.relative_to(out).as_posix(): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in files
    }


def test_a_written_patient_reads_back_as_it_was_made(made, known):
    for folder, phantom in zip(made.patients, known, strict=True):
        series = gadmap.read(folder / "nifti" / "dce.nii.gz")
        np.testing.assert_array_equal(series.signal, phantom.exam.series.signal)
        np.testing.assert_allclose(series.t, phantom.exam.series.t)
        assert series.acquisition == phantom.exam.series.acquisition
        flips = read_flip_angles(sorted((folder / "nifti").glob("vfa*.nii.gz")), series)
        np.testing.assert_array_equal(flips.signal, phantom.vfa.signal)
        for name, truth in (
            ("ktrans", phantom.truth["ktrans"]),
            ("t10", phantom.exam.t10),
            ("b1", phantom.exam.b1),
            ("labels", phantom.labels),
        ):
            found = read_volume(folder / "truth" / f"{name}.nii.gz", series, name)
            np.testing.assert_array_equal(found, truth)
        motion = np.loadtxt(folder / "truth" / "motion.tsv", skiprows=1)
        np.testing.assert_array_equal(motion, phantom.motion)


def test_a_patient_as_dicom_reads_back_within_its_whole_numbers(tmp_path, known):
    made = write_cohort(tmp_path / "out", 1, 3, **SMALL)
    series = gadmap.read(made.patients[0] / "dicom")
    np.testing.assert_allclose(series.signal, known[0].exam.series.signal, atol=0.51)
    np.testing.assert_allclose(series.t - series.t[0], known[0].exam.series.t, atol=1e-3)


def test_the_table_holds_a_row_a_patient_with_what_was_drawn(made, known):
    with made.table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    units = json.loads((made.table.parent / "cohort.json").read_text())
    assert list(units) == list(rows[0])
    assert [row["patient"] for row in rows] == ["patient-001", "patient-002"]
    for row, phantom in zip(rows, known, strict=True):
        assert float(row["snr"]) == phantom.case.snr
        assert int(row["baseline_frames"]) == phantom.case.baseline_frames
        assert float(row["tumour_rim_ktrans"]) == phantom.case.tissues[10].ktrans
    assert units["tumour_rim_t10"] == {"unit": "s"}


def test_a_finished_cohort_is_not_touched_unless_asked(made):
    out = made.table.parent
    before = snapshot(out)
    with pytest.raises(FileExistsError, match="holds a cohort already"):
        written(out)
    assert snapshot(out) == before


def test_a_stopped_run_goes_on_and_makes_the_same_cohort(tmp_path, made, monkeypatch):
    out = tmp_path / "out"
    from gadmap.pipeline import cohort as module

    make, calls = module.phantom_of, []

    def until_killed(case):
        if calls:
            raise KeyboardInterrupt
        calls.append(case)
        return make(case)

    with monkeypatch.context() as patched:
        patched.setattr(module, "phantom_of", until_killed)
        with pytest.raises(KeyboardInterrupt):
            written(out)
    assert [path.name for path in out.iterdir()] == ["patient-001"]
    (out / ".gadmap-0123abcd.part").mkdir()  # what a killed process could not remove
    first = snapshot(out / "patient-001")
    resumed = written(out)
    assert resumed.kept == 1
    assert snapshot(out / "patient-001") == first
    assert snapshot(out).keys() == snapshot(made.table.parent).keys()
    assert resumed.table.read_text() == made.table.read_text()


def test_an_unfinished_cohort_of_other_choices_is_refused_or_replaced(tmp_path):
    out = tmp_path / "out"
    written(out, 1)
    (out / "cohort.tsv").unlink()
    before = snapshot(out)
    for other in ({"motion": False}, {"priors": "wide"}):
        with pytest.raises(FileExistsError, match="patient-001: is of an unfinished cohort"):
            written(out, 1, **other)
        assert snapshot(out) == before
    replaced = written(out, 1, motion=False, overwrite=True)
    assert replaced.kept == 0
    record = json.loads((out / "patient-001" / "case.json").read_text())
    assert record["case"]["drift"] == 0


def test_fewer_patients_leave_none_of_the_earlier_cohort(tmp_path):
    written(tmp_path, 2)
    written(tmp_path, 1, overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "cohort.json",
        "cohort.tsv",
        "patient-001",
    ]


@pytest.mark.parametrize("place", ["notes.txt", "patient-001/notes.txt"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_other_peoples_files_are_never_removed(tmp_path, place: str, overwrite: bool):
    file = tmp_path / place
    file.parent.mkdir(exist_ok=True)
    file.write_text("mine")
    with pytest.raises(FileExistsError, match=r"not of a cohort, .*notes\.txt"):
        written(tmp_path, overwrite=overwrite)
    assert file.read_text() == "mine"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [file]


@pytest.mark.parametrize(
    ("choice", "message"),
    [({"count": 0}, "cohort of 0 patients"), ({"priors": "narrow"}, "no priors 'narrow'")],
)
def test_no_patients_and_unknown_priors_are_refused(tmp_path, choice, message: str):
    with pytest.raises(ValueError, match=message):
        written(tmp_path / "out", **choice)
    assert not (tmp_path / "out").exists()


def test_progress_counts_the_patients(tmp_path):
    from contextlib import contextmanager

    seen = []

    @contextmanager
    def watch(name):
        yield lambda done, total: seen.append((name, done, total))

    written(tmp_path / "out", 2, watch=watch)
    assert seen == [("cohort", 1, 2), ("cohort", 2, 2)]
