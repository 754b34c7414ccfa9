"""Phantoms as a BIDS dataset, and the road from such a dataset to maps that are named after it."""

import json

import numpy as np
import pytest

import gadmap
from gadmap.cohort import exams_of_bids
from gadmap.cohort.one_exam import run_exam
from gadmap.io import bids_exams, bids_origin, describe_derivatives
from gadmap.io.bids_dataset import DATASET
from gadmap.io.nifti_write import save_nifti
from gadmap.io.sidecar import read_sidecar
from gadmap.pipeline import MapSettings, map_exam, report
from gadmap.pipeline.inputs import b1_from

SMALL = ("--matrix", 24, "--slices", 2, "--frames", 12)


@pytest.fixture
def dataset(run, tmp_path):
    ran = run("phantom", "--cohort", 1, "--format", "bids", *SMALL, "--out", tmp_path / "study")
    assert ran.code == 0, ran.err
    assert "1 participant," in ran.out
    return tmp_path / "study"


def test_one_visit_has_no_folder_of_a_session(dataset):
    (exam,) = bids_exams(dataset)
    assert exam.dynamic.relative_to(dataset).as_posix() == "sub-01/perf/sub-01_dce.nii.gz"
    assert len(exam.flip_angles) == 6
    series = gadmap.read(exam.dynamic)
    assert series.time_source == "VolumeTiming"
    assert series.signal.shape == (24, 24, 2, 12)
    assert (dataset / "participants.tsv").read_text().split() == ["participant_id", "sub-01"]


def test_results_in_the_names_of_bids_are_read_and_reported_like_any(dataset, tmp_path):
    (exam,) = bids_exams(dataset)
    out = tmp_path / "derived" / exam.folder
    settings = MapSettings(vfa=exam.flip_angles, aif="parker")
    mapped = map_exam(exam.dynamic, out, settings, origin=bids_origin(exam, exam.flip_angles))
    assert all(file.is_file() for file in mapped.files)
    assert (out / "sub-01_desc-tofts_ktransmap.nii.gz").is_file()
    assert (out / "sub-01_aif.tsv").is_file()
    _, maps = gadmap.read_results(out)
    np.testing.assert_array_equal(maps["ktrans"], mapped.maps["ktrans"])
    assert report(out).file == out / "report.html"
    keys = json.loads((out / "sub-01_desc-tofts_ktransmap.json").read_text())
    assert len(keys["Sources"]) == 7
    texts = [f.read_text() for f in out.rglob("*") if f.suffix in (".json", ".tsv", ".html")]
    assert not any(str(tmp_path) in text for text in texts)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--format", "bids"), "add --cohort N"),
        (("--cohort", 2, "--sessions", 2), "add --format bids"),
    ],
)
def test_misuse_is_told(run, tmp_path, arguments, line):
    ran = run("phantom", *arguments, *SMALL, "--out", tmp_path / "study")
    assert ran.code == 2
    assert line in " ".join(ran.err.split())
    assert not (tmp_path / "study").exists()


def test_a_transmit_field_in_percent_is_one_in_fractions_if_its_sidecar_says_so(dataset):
    (exam,) = bids_exams(dataset)
    series = gadmap.read(exam.dynamic)
    file = dataset / "sub-01" / "fmap" / "sub-01_TB1map.nii.gz"
    file.parent.mkdir()
    percent = np.linspace(80, 120, 24 * 24 * 2, dtype=np.float32).reshape(series.grid)
    save_nifti(file, percent, series.affine, "B1")
    np.testing.assert_array_equal(b1_from(file, series), percent)
    file.with_name("sub-01_TB1map.json").write_text('{"Units": "percent"}')
    np.testing.assert_allclose(b1_from(bids_exams(dataset)[0].b1map, series), percent / 100)


def test_a_cohort_names_maps_after_their_examination_and_tells_the_files_they_are_of(
    dataset, tmp_path
):
    (exam,) = exams_of_bids(dataset, MapSettings(aif="parker"))
    assert run_exam(exam, tmp_path, force=False, keep_exam=False).state == "finished"
    keys = read_sidecar(tmp_path / "sub-01" / "perf" / "sub-01_desc-tofts_vemap.nii.gz")
    assert keys["Sources"] == [
        "bids:raw:sub-01/perf/sub-01_dce.nii.gz",
        *(f"bids:raw:sub-01/anat/sub-01_flip-{n}_VFA.nii.gz" for n in range(1, 7)),
    ]


def test_where_the_raw_dataset_lies_is_told_only_from_within_it(dataset, tmp_path):
    within, elsewhere = dataset / "derivatives" / "gadmap", tmp_path / "elsewhere"
    for out in (within, elsewhere):
        out.mkdir()
        describe_derivatives(out, dataset)
    described = [json.loads((out / DATASET).read_text()) for out in (within, elsewhere)]
    assert described[0]["DatasetLinks"] == {"raw": "../.."}
    assert "DatasetLinks" not in described[1]
    assert all(one["DatasetType"] == "derivative" for one in described)
