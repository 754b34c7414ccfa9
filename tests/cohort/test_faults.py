"""Real faults in a run of a cohort: nothing finished is lost, nothing half is taken for whole."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import psutil
import pytest
from small_cohort import COMMAND, QUIET, rows_of, small_cohort

from gadmap.cohort.outcome import failed
from gadmap.io.manifest import fault_of

PATIENCE = 240  # s; a machine may be busy


def started(command, **options):
    # A shell may have told its background to ignore Ctrl-C: a test must not inherit that.
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=QUIET,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        **options,
    )


def wait_for(found, process=None):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if thing := found():
            return thing
        assert process is None or process.poll() is None, process.communicate()[0]
        time.sleep(0.02)
    raise AssertionError("nothing came")


def at_work(out, since=0.0):
    there = out.glob(".gadmap-exam-*.part")
    return [folder for folder in there if folder.stat().st_ctime > since]


def workers_of(process):
    """Processes that map: the children of the processes that watch over them, or of the run."""
    family = psutil.Process(process.pid).children(recursive=True)
    return [one for one in family if not one.children() and "spawn_main" in " ".join(one.cmdline())]


def leftovers(out):
    return [file.name for file in out.rglob(".gadmap-*") if file.name != ".gadmap-cohort"]


def test_a_killed_worker_is_replaced_and_a_deadly_exam_is_a_row(tmp_path):
    cohort, out = small_cohort(tmp_path / "in", 2), tmp_path / "out"
    run = started(cohort.command(out, "--nprocs", "1"))
    killed_at = 0.0
    for _ in range(2):
        # What a killed worker left is there still: the next one makes its folder anew.
        wait_for(partial(at_work, out, killed_at), run)
        (victim,) = workers_of(run)
        killed_at = time.time() + 0.05
        victim.kill()
        victim.wait(PATIENCE)
    said, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode == 1, said
    assert "exam-01: failed: its worker was killed, twice" in said
    rows = rows_of(out / "cohort.tsv")
    assert [row["state"] for row in rows.values()] == ["failed", "finished"]
    assert fault_of(out / "exam-02", checksums=True) is None
    assert cohort.run(out).whole
    assert leftovers(out) == []


@pytest.mark.parametrize("request_", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_end_is_followed_cleanly(tmp_path, request_):
    cohort, out = small_cohort(tmp_path / "in", 2), tmp_path / "out"
    run = started(cohort.command(out, "--nprocs", "1"))
    wait_for(lambda: at_work(out), run)
    family = psutil.Process(run.pid).children(recursive=True)
    run.send_signal(request_)
    said, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode in (1, 130, 143), said
    assert "Traceback" not in said
    assert not psutil.wait_procs(family, timeout=PATIENCE)[1]
    assert leftovers(out) == []
    assert {row["state"] for row in rows_of(out / "cohort.tsv").values()} <= {"waiting", "finished"}


def test_a_lost_scheduler_ends_the_run_with_one_line_and_keeps_what_is_finished(tmp_path):
    cohort, out = small_cohort(tmp_path / "in", 4), tmp_path / "out"
    address_file = tmp_path / "scheduler.json"
    scheduler = started(
        (
            sys.executable,
            *("-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"),
            *("--no-dashboard", "--scheduler-file", str(address_file)),
        )
    )
    wait_for(address_file.exists, scheduler)
    worker = started(
        (
            sys.executable,
            *("-m", "distributed.cli.dask_worker", "--scheduler-file", str(address_file)),
            *("--nworkers", "1", "--nthreads", "1", "--no-dashboard", "--no-nanny"),
            *("--local-directory", str(tmp_path / "scratch")),
        )
    )
    address = json.loads(address_file.read_text())["address"]
    run = started(cohort.command(out, "--scheduler", address))
    try:
        wait_for(lambda: [f for f in out.glob("exam-*") if (f / ".gadmap.json").exists()], run)
        scheduler.kill()
        said, _ = run.communicate(timeout=PATIENCE)
    finally:
        for one in (scheduler, worker, run):
            one.kill()
            one.communicate()
    assert run.returncode == 1, said
    assert "the scheduler was lost with" in said
    assert "Traceback" not in said
    finished = [name for name in cohort.names if fault_of(out / name, checksums=True) is None]
    assert finished
    again = cohort.run(out)
    assert again.whole
    assert again.count("kept") >= len(finished)


def test_a_disk_that_fills_up_is_a_row_a_line_and_no_debris(tmp_path):
    """On a real file system of 250 kB, in a name space of its own."""
    cohort = small_cohort(tmp_path / "in", 2)
    mount = tmp_path / "small"
    mount.mkdir()
    probe = subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=250k", "tmpfs", str(mount)],
        capture_output=True,
    )
    # Filling the machine's own disk instead would be a worse test than none; CI can mount one.
    if probe.returncode:
        pytest.skip("no user name spaces here: a small file system cannot be mounted")
    command = " ".join(f"'{word}'" for word in cohort.command(mount, "--nprocs", "1"))
    script = (
        f"mount -t tmpfs -o size=250k tmpfs '{mount}' && {command}; code=$?; "
        f"find '{mount}' -name '.gadmap*part*'; cat '{mount}'/cohort.tsv; exit $code"
    )
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, env=QUIET
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "the disk is full; nothing was written" in said
    assert ".part" not in said
    assert "Traceback" not in said


def test_two_runs_on_one_folder_do_not_meet(tmp_path):
    cohort, out = small_cohort(tmp_path / "in", 1), tmp_path / "out"
    run = started(cohort.command(out, "--nprocs", "1"))
    wait_for(lambda: at_work(out), run)
    os.kill(run.pid, signal.SIGSTOP)
    for worker in workers_of(run):
        worker.suspend()
    second = cohort.run(out)
    for worker in workers_of(run):
        worker.resume()
    os.kill(run.pid, signal.SIGCONT)
    said, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, said
    assert second.outcomes[0].state == "busy"
    assert "another run is writing there" in second.outcomes[0].reason
    assert cohort.run(out).count("kept") == 1


def test_input_that_may_only_be_read_is_left_as_it_was(tmp_path):
    cohort = small_cohort(tmp_path / "in", 1)
    before = {f: (f.read_bytes(), f.stat().st_mtime_ns) for f in cohort.folder.rglob("*.*")}
    for entry in (*cohort.folder.rglob("*"), cohort.folder):
        entry.chmod(0o555 if entry.is_dir() else 0o444)
    try:
        assert cohort.run(tmp_path / "out").whole
    finally:
        for entry in (cohort.folder, *cohort.folder.rglob("*")):
            entry.chmod(0o755 if entry.is_dir() else 0o644)
    assert before == {f: (f.read_bytes(), f.stat().st_mtime_ns) for f in before}
    assert {f for f in cohort.folder.rglob("*.*") if f.is_file()} <= set(before)


def test_a_clock_that_jumps_changes_nothing_but_the_date(tmp_path):
    found = list(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    # The machine's own clock must not be set for a test; CI installs faketime (.ci/run).
    if not found:
        pytest.skip("faketime is not installed: the clock of a process cannot be set")
    cohort, clock = small_cohort(tmp_path / "in", 1), tmp_path / "clock"
    # The clock on the wall jumps; the one that only ever runs on is the system's.
    faked = {"LD_PRELOAD": str(found[0]), "FAKETIME_NO_CACHE": "1"}
    faked |= {"FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    clock.write_text("+0")
    out, late = tmp_path / "out", tmp_path / "late"
    assert cohort.run(out).whole
    for when in ("-27y", "+12y"):  # before anything was written; after 2^31 s
        clock.write_text(when)
        command = cohort.command(out, "--dry-run")
        done = subprocess.run(command, capture_output=True, text=True, env=QUIET | faked)
        assert "exam-01: skip, finished" in done.stdout, done.stderr
    clock.write_text("+0")
    alone = (*COMMAND[:-1], "map", str(cohort.folder / "exam-01" / "dce.nii.gz"), "--out")
    run = subprocess.Popen((*alone, str(late), "--aif", "parker"), env=QUIET | faked)
    wait_for(lambda: list(tmp_path.glob(".gadmap-late.part")), run)
    clock.write_text("-10y")
    assert run.wait(PATIENCE) == 0
    for file in late.glob("*.nii.gz"):
        assert file.read_bytes() == (out / "exam-01" / file.name).read_bytes()
    assert json.loads((late / "maps.json").read_text())["created"] < "2020"


def test_an_error_that_nobody_expected_is_named():
    assert failed("a", IndexError("7")).reason == "IndexError: 7"
    assert failed("a", MemoryError()).reason == "MemoryError"
    assert failed("a", ValueError("two\nlines")).reason == "two lines"
