"""Bad input, end to end: one clear line, exit 1, nothing written."""

import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from damage import FAULTS, Case, no_frame_times, two_acquisitions
from disc import GRID, disc_scan
from gadmap.data import Reason
from gadmap.io import write_dicom, write_nifti

PARKER = ("--aif", "parker")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    write_dicom(folder / "dicom", *disc_scan())
    write_nifti(folder / "nifti", *disc_scan())
    return folder


@pytest.fixture
def case(files: Path, tmp_path: Path) -> Case:
    shutil.copytree(files, tmp_path / "case")
    return Case(tmp_path / "case")


def snapshot(folder: Path) -> dict[str, bytes | None]:
    return {str(p): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_bad_input_is_one_clear_line_and_nothing_is_written(fault, case: Case, run, tmp_path):
    *arguments, line = fault(case)
    before = snapshot(tmp_path)
    said = run("map", *arguments, "--out", tmp_path / "a" / "out")
    assert said.code == 1, said
    assert said.err.startswith("error: "), said.err
    assert said.err.count("\n") == 1, said.err
    assert re.search(line, said.err), said.err
    assert snapshot(tmp_path) == before


def test_one_of_two_acquisitions_is_chosen_by_number_or_uid_but_by_no_digit_of_it(
    case: Case, run, tmp_path
):
    two_acquisitions(case)
    for name in ("5", "45678"):
        chosen = run("map", case.dicom, *PARKER, "--series", name, "--out", tmp_path / name)
        assert (chosen.code, chosen.err) == (0, "")
    digit = run("map", case.dicom, *PARKER, "--series", "8", "--out", tmp_path / "out")
    assert "no series '8' among" in digit.err


def test_a_given_frame_step_is_used_and_said(case: Case, run, tmp_path):
    no_frame_times(case)
    said = run("map", case.dicom, *PARKER, "--frame-step", 6, "--out", tmp_path / "out")
    assert said.code == 0
    assert "24 frames over 138.0 s, times from --frame-step 6 s" in said.out


def test_a_device_that_is_not_there_is_refused(case: Case, run, tmp_path):
    end = run("map", case.dicom, "--out", tmp_path / "maps", "--device", "nowhere")
    assert end.code == 1
    assert "on device 'nowhere' here; expected one of cpu" in end.err
    assert not (tmp_path / "maps").exists()


def test_stray_files_are_counted_on_the_console_and_named_nowhere(case: Case, run, tmp_path):
    (case.dicom / "DOE_JANE.txt").write_text("x")
    said = run("map", case.dicom, *PARKER, "--out", tmp_path / "out")
    assert said.code == 0
    assert "skipped 1 file (not DICOM)" in said.out
    assert "not read: file 82 of 82" in said.out
    assert "DOE" not in said.out + said.err
    for name in ("maps.json", "report.html"):
        text = (tmp_path / "out" / name).read_text()
        assert "skipped 1 file (not DICOM)" in text
        assert "DOE" not in re.sub(r"base64,[^\"]*", "", text)


def test_bad_samples_are_reasons_of_their_voxels_and_of_no_other(case: Case, run, tmp_path):
    run("map", case.nifti, *PARKER, "--mask", "none", "--out", tmp_path / "clean")
    bad = {
        (9, 8, 1): (slice(None), 0, Reason.NO_SIGNAL),
        (9, 9, 1): (12, np.nan, Reason.NOT_FINITE),
        (9, 10, 1): (12, np.inf, Reason.NOT_FINITE),
        (9, 11, 1): (slice(None), -32768, Reason.NEGATIVE_SIGNAL),
        (9, 12, 1): (12, 1e30, Reason.SIGNAL_TOO_HIGH),
    }

    def damage(signal: np.ndarray) -> np.ndarray:
        signal = signal.copy()
        for voxel, (frames, value, _) in bad.items():
            signal[(*voxel, frames)] = value
        return signal

    case.resave(damage)
    said = run("map", case.nifti, *PARKER, "--mask", "none", "--out", tmp_path / "out")
    assert (said.code, said.err) == (0, "")
    reason, ktrans, clean = (
        np.asarray(nib.load(tmp_path / name).dataobj)
        for name in ("out/reason.nii.gz", "out/ktrans.nii.gz", "clean/ktrans.nii.gz")
    )
    others = np.ones(GRID, dtype=bool)
    for voxel, (_, _, expected) in bad.items():
        assert reason[voxel] == expected
        assert np.isnan(ktrans[voxel])
        others[voxel] = False
    np.testing.assert_array_equal(ktrans[others], clean[others])


def test_what_stands_in_the_output_folder_stays(case: Case, run, tmp_path):
    out = tmp_path / "out"
    assert run("map", case.nifti, *PARKER, "--out", out).code == 0
    before = snapshot(tmp_path)
    again = run("map", case.nifti, *PARKER, "--out", out)
    assert "holds results already" in again.err
    failing = run("map", case.nifti, "--aif", "nope.csv", "--out", out, "--overwrite")
    assert "nope.csv: no such file" in failing.err
    users = run("map", case.nifti, *PARKER, "--out", case.nifti.parent, "--overwrite")
    assert "holds files that gadmap did not write" in users.err
    below = run("map", case.nifti, *PARKER, "--out", case.nifti / "out")
    assert "a folder cannot be made there (Not a directory)" in below.err
    assert {said.code for said in (again, failing, users, below)} == {1}
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_run_that_is_stopped_leaves_nothing_behind(name: str, case: Case, tmp_path):
    before = snapshot(tmp_path)
    command = [sys.executable, "-c", "from gadmap.cli import main; main()", "map"]
    process = subprocess.Popen(
        [*command, str(case.nifti), "--out", str(tmp_path / "a" / "out")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's "&" ignores it
    )
    while process.poll() is None and not list(tmp_path.glob("a/*.part")):
        time.sleep(0.005)
    process.send_signal(getattr(signal, name))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + getattr(signal, name)
    assert "Traceback" not in err
    assert snapshot(tmp_path) == before
