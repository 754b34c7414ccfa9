"""Wherever a run is killed, a folder holds old results or new ones, and the next run works."""

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from gadmap.io import results_folder
from gadmap.io.manifest import fault_of, renew_manifest

FILES = ("maps.json", "ktrans.nii.gz", "exam/dce.nii.gz")


def write(out, text):
    with results_folder(out, overwrite=True) as folder:
        for name in FILES:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)


def written(out):
    return {(out / name).read_text() for name in FILES}


def killed_run(out, text, step):
    """A run that dies by SIGKILL before its `step`-th change of the disk."""
    left = [step]

    def dying(real):
        def call(*arguments, **options):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **options)

        return call

    for name in ("rename", "replace", "mkdir", "rmdir", "unlink", "write_bytes", "write_text"):
        setattr(Path, name, dying(getattr(Path, name)))
    os.unlink, os.rmdir = dying(os.unlink), dying(os.rmdir)  # what rmtree calls
    write(out, text)


def exit_code(out, text, step):
    process = multiprocessing.get_context("fork").Process(target=killed_run, args=(out, text, step))
    process.start()
    process.join()
    return process.exitcode


@pytest.mark.parametrize("there", ["nothing", "an empty folder", "older results"])
def test_a_kill_before_any_change_of_the_disk_costs_nothing_that_was_whole(tmp_path, there):
    codes = []
    for step in range(100):
        out = tmp_path / str(step) / "out"
        out.parent.mkdir()
        if there == "an empty folder":
            out.mkdir()
        elif there == "older results":
            write(out, "old")
        codes.append(exit_code(out, "new", step))
        if fault_of(out, checksums=True) is None:
            assert written(out) in ({"old"}, {"new"})
        write(out, "next")
        assert written(out) == {"next"}
        assert fault_of(out, checksums=True) is None
        left = {entry.name for entry in (*out.parent.iterdir(), *out.iterdir())}
        assert left == {"out", ".gadmap.json", "maps.json", "ktrans.nii.gz", "exam"}
        if codes[-1] == 0:
            break
    assert codes[-1] == 0
    assert set(codes[:-1]) == {-signal.SIGKILL}
    assert len(codes) > 10


def test_a_second_run_on_the_same_folder_is_told(tmp_path):
    with results_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("a")
        with pytest.raises(BlockingIOError, match="another run is writing there; wait for it"):
            write(tmp_path / "out", "new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_a_whole_result_is_told_from_a_changed_one(tmp_path):
    out = tmp_path / "out"
    assert fault_of(out, checksums=True) == "no results"
    write(out, "new")
    assert fault_of(out, checksums=True) is None
    (out / "maps.json").write_text("odd")
    assert fault_of(out, checksums=False) is None
    assert fault_of(out, checksums=True) == "maps.json has changed since it was written"
    renew_manifest(out, "maps.json")
    assert fault_of(out, checksums=True) is None
    (out / "maps.json").write_text("longer")
    assert "maps.json has 6 bytes, 3 were written" in str(fault_of(out, checksums=False))
    (out / "maps.json").unlink()
    assert fault_of(out, checksums=False) == "maps.json is missing"
    (out / ".gadmap.json").unlink()
    assert fault_of(out, checksums=False) == "no manifest"


def test_a_prepared_folder_cannot_make_a_run_delete_what_lies_outside(tmp_path):
    out, precious = tmp_path / "out", tmp_path / "precious"
    (out / ".gadmap.old").mkdir(parents=True)
    (out / ".gadmap.part").mkdir()
    (out / ".gadmap.part" / ".gadmap.json").write_text('{"files": {"../precious": {}}}')
    precious.write_text("x")
    write(out, "new")
    assert precious.read_text() == "x"
    assert written(out) == {"new"}
