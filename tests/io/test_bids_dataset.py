"""A BIDS dataset: every dynamic series with its files, and each fault in one line."""

import json

import pytest

from gadmap.io import bids_exams, read_series_and_flip_angles, write_nifti
from gadmap.io.sidecar import read_sidecar


def dataset(root, *files):
    """Empty files of these names, in a folder that says that it is a dataset."""
    root.mkdir(exist_ok=True)
    description = {"Name": "study", "BIDSVersion": "1.11.1"}
    (root / "dataset_description.json").write_text(json.dumps(description))
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    return root


def names(paths):
    return [path.name for path in paths]


def test_all_that_belongs_to_a_series_is_found(tmp_path):
    root = dataset(
        tmp_path / "study",
        "sub-01/ses-a/perf/sub-01_ses-a_dce.nii.gz",
        "sub-01/ses-a/perf/sub-01_ses-a_aif.tsv",
        "sub-01/ses-a/anat/sub-01_ses-a_flip-1_VFA.nii.gz",
        "sub-01/ses-a/anat/sub-01_ses-a_flip-2_VFA.nii.gz",
        "sub-01/ses-a/anat/sub-01_ses-a_flip-2_part-phase_VFA.nii.gz",
        "sub-01/ses-a/anat/sub-01_ses-a_T1map.nii.gz",
        "sub-01/ses-a/anat/sub-01_ses-a_T1w.nii.gz",
        "sub-01/ses-a/fmap/sub-01_ses-a_TB1map.nii.gz",
        "derivatives/drawn/sub-01/ses-a/anat/sub-01_ses-a_label-tumour_mask.nii.gz",
        "derivatives/drawn/sub-02/ses-a/anat/sub-02_ses-a_label-tumour_mask.nii.gz",
    )
    (exam,) = bids_exams(root)
    assert (exam.participant, exam.session, exam.name) == ("01", "a", "sub-01_ses-a")
    assert exam.dynamic == root / "sub-01/ses-a/perf/sub-01_ses-a_dce.nii.gz"
    assert names(exam.flip_angles) == [f"sub-01_ses-a_flip-{n}_VFA.nii.gz" for n in (1, 2)]
    assert exam.t1map.name == "sub-01_ses-a_T1map.nii.gz"
    assert exam.b1map.name == "sub-01_ses-a_TB1map.nii.gz"
    assert exam.aif.name == "sub-01_ses-a_aif.tsv"
    assert names(exam.regions) == ["sub-01_ses-a_label-tumour_mask.nii.gz"]
    assert exam.folder.as_posix() == "sub-01/ses-a/perf"
    assert exam.problem == ""


def test_a_dataset_without_sessions_in_the_other_spelling_is_read(tmp_path):
    root = dataset(tmp_path, "sub-7/dce/sub-7_DCE.nii", "sub-7/dce/sub-7_desc-AIF_mask.nii.gz")
    (exam,) = bids_exams(root)
    assert exam.session is None
    assert exam.folder.as_posix() == "sub-7/perf"
    assert exam.aif.name == "sub-7_desc-AIF_mask.nii.gz"
    assert exam.regions == ()


def test_two_runs_have_their_own_files_and_folders(tmp_path):
    shared = "sub-01/anat/sub-01_acq-fast_flip-1_VFA.nii.gz"
    root = dataset(
        tmp_path,
        shared,
        *(f"sub-01/perf/sub-01_run-{run}_dce.nii.gz" for run in (1, 2)),
        *(f"sub-01/anat/sub-01_run-{run}_T1map.nii.gz" for run in (1, 2)),
    )
    first, second = bids_exams(root)
    assert first.t1map.name == "sub-01_run-1_T1map.nii.gz"
    assert second.t1map.name == "sub-01_run-2_T1map.nii.gz"
    assert first.flip_angles == second.flip_angles == (root / shared,)
    assert [one.folder.as_posix() for one in (first, second)] == [
        "sub-01/perf_run-1",
        "sub-01/perf_run-2",
    ]


def test_files_that_cannot_be_told_apart_are_a_problem_of_that_examination_alone(tmp_path):
    root = dataset(
        tmp_path,
        "sub-01/perf/sub-01_dce.nii.gz",
        "sub-01/anat/sub-01_acq-a_flip-1_VFA.nii.gz",
        "sub-01/anat/sub-01_acq-b_flip-1_VFA.nii.gz",
        "sub-02/perf/sub-02_acq-a_dce.nii.gz",
        "sub-02/anat/sub-02_acq-a_flip-1_VFA.nii.gz",
        "sub-02/anat/sub-02_acq-b_flip-1_VFA.nii.gz",
    )
    unclear, clear = bids_exams(root)
    assert "2 files of VFA may belong to the series" in unclear.problem
    assert unclear.flip_angles == ()
    assert clear.problem == ""
    assert names(clear.flip_angles) == ["sub-02_acq-a_flip-1_VFA.nii.gz"]


def test_labels_choose_with_and_without_their_key(tmp_path):
    places = [(sub, ses) for sub in ("01", "02", "10") for ses in ("pre", "post")]
    root = dataset(
        tmp_path,
        *(f"sub-{s}/ses-{v}/perf/sub-{s}_ses-{v}_dce.nii.gz" for s, v in places),
    )
    assert [(e.participant, e.session) for e in bids_exams(root)] == [
        (s, v) for s in ("01", "02", "10") for v in ("post", "pre")
    ]
    chosen = bids_exams(root, participants=["sub-10", "01"], sessions=["ses-pre"])
    assert [e.name for e in chosen] == ["sub-01_ses-pre", "sub-10_ses-pre"]


def test_what_is_not_there_is_refused_with_what_is(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such folder"):
        bids_exams(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match=r"no dataset_description.json"):
        bids_exams(tmp_path)
    root = dataset(tmp_path, "sub-01/anat/sub-01_T1w.nii.gz")
    with pytest.raises(ValueError, match=r"no dynamic series in 1 folders.*sub-01_dce"):
        bids_exams(root)
    dataset(tmp_path, "sub-01/perf/sub-01_dce.nii.gz")
    with pytest.raises(ValueError, match=r"no dynamic series of participant 9; there are sub-01"):
        bids_exams(root, participants=["9"])
    with pytest.raises(ValueError, match=r"no dynamic series of session pre; there are none"):
        bids_exams(root, sessions=["pre"])


def test_keys_in_the_folders_above_hold_for_every_file_and_nearer_ones_win(tmp_path, series, vfa):
    write_nifti(tmp_path / "flat", series, vfa)
    root = dataset(tmp_path / "study", "sub-01/perf/sub-01_dce.nii.gz", "sub-02/perf/x")
    dynamic = bids_exams(root)[0].dynamic
    (tmp_path / "flat" / "dce.nii.gz").replace(dynamic)
    keys = json.loads((tmp_path / "flat" / "dce.json").read_text())
    (root / "dce.json").write_text(json.dumps(keys | {"Hematocrit": 0.3}))
    (root / "sub-01" / "sub-01_dce.json").write_text(json.dumps({"Hematocrit": 0.5}))
    (root / "sub-02" / "sub-02_dce.json").write_text(json.dumps({"Hematocrit": 0.7}))
    (root / "acq-other_dce.json").write_text(json.dumps({"Relaxivity": 9}))
    found, flips = read_series_and_flip_angles(dynamic)
    assert found.hct == 0.5
    assert found.relaxivity == series.relaxivity
    assert flips is None
    assert read_sidecar(dynamic)["FrameTimesStart"] == series.t.tolist()
