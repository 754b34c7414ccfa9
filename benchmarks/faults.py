"""Faults that a cohort survives, with figures: for the page on faults.

1. `gadmap cohort` killed by SIGKILL, all its processes, at 50 random moments, and started again
   each time: never a half result taken for whole, never a finished one done again.
2. A hundred examinations, a damaged DICOM image in one of them.
3. SIGINT and SIGTERM in mid-run: seconds until the last process has gone.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from curves import table
from gadmap.io.manifest import fault_of
from gadmap.pipeline import write_phantom

COMMAND = (sys.executable, "-c", "from gadmap.cli import main; main()", "cohort")
SIZE = {"matrix": 48, "slices": 2, "frames": 20}


def cohort(folder: Path, count: int, file_format: str = "nifti") -> Path:
    """`count` small examinations, links to one, and their table."""
    write_phantom(folder / "phantom", file_format=file_format, **SIZE)
    source = folder / "phantom" / file_format
    rows = ["exam,input"]
    for index in range(count):
        name = f"exam-{index + 1:03d}"
        shutil.copytree(source, folder / name, copy_function=os.link)
        rows.append(f"{name},{name}{'/dce.nii.gz' if file_format == 'nifti' else ''}")
    (folder / "exams.csv").write_text("\n".join(rows) + "\n")
    return folder


def started(source: Path, out: Path, workers: int = 2) -> subprocess.Popen[str]:
    """A run of the command in a session of its own."""
    options = ("--table", str(source / "exams.csv"), "--aif", "parker", "--nprocs", str(workers))
    return subprocess.Popen(
        (*COMMAND, str(source), str(out), "participant", *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finished(out: Path) -> dict[str, int]:
    """Whole results, by their checksums, and when they were written."""
    there = [folder for folder in out.glob("exam-*") if fault_of(folder, checksums=True) is None]
    return {one.name: (one / ".gadmap.json").stat().st_mtime_ns for one in there}


def kills(folder: Path, count: int) -> list[tuple[str, str]]:
    """Kill a run again and again, and watch what is whole."""
    source, out = cohort(folder / "in", 3 * count), folder / "out"
    half = redone = 0
    rng = random.Random(0)
    before: dict[str, int] = {}
    for _ in range(count):
        run = started(source, out)
        while not list(out.glob(".gadmap-exam*.part")) and run.poll() is None:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 2.0))
        family = psutil.Process(run.pid).children(recursive=True)
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
        psutil.wait_procs(family)
        now = finished(out)
        half += len([f for f in out.glob("exam-*") if f.name not in now])
        redone += sum(now.get(name) != when for name, when in before.items())
        before = now
    last = started(source, out)
    said, _ = last.communicate()
    now = finished(out)
    redone += sum(now.get(name) != when for name, when in before.items())
    assert last.returncode == 0, said
    return [
        ("kills", str(count)),
        ("finished by the runs that were killed", str(len(before))),
        ("half results in a place of results", str(half)),
        ("finished results done again", str(redone)),
        ("whole after the last run", f"{len(now)} of {3 * count}"),
        ("left over", str(len([f for f in out.rglob(".gadmap-*") if "cohort" not in f.name]))),
    ]


def damaged(folder: Path, count: int) -> list[tuple[str, str]]:
    """One damaged image among the DICOM files of many examinations."""
    source, out = cohort(folder / "in", count, "dicom"), folder / "out"
    victim = sorted((source / "exam-050").rglob("*.dcm"))[7]
    whole = victim.read_bytes()
    victim.unlink()
    victim.write_bytes(whole[: len(whole) // 2])
    run = started(source, out)
    said, _ = run.communicate()
    rows = [line for line in (out / "cohort.tsv").read_text().splitlines() if "\tfailed\t" in line]
    return [
        ("examinations", str(count)),
        ("finished", str(len(finished(out)))),
        ("exit code", str(run.returncode)),
        ("rows that failed", str(len(rows))),
        ("its reason", rows[0].split("\t")[4] if rows else said[-200:]),
    ]


def requests(folder: Path) -> list[tuple[str, str]]:
    """Seconds from a request to end until all processes have gone."""
    rows = []
    source = cohort(folder / "in", 20)
    for request in (signal.SIGINT, signal.SIGTERM):
        out = folder / request.name
        run = started(source, out)
        while not list(out.glob(".gadmap-exam*.part")) and run.poll() is None:
            time.sleep(0.01)
        family = psutil.Process(run.pid).children(recursive=True)
        start = time.perf_counter()
        run.send_signal(request)
        run.communicate()
        psutil.wait_procs(family, timeout=60)
        took = time.perf_counter() - start
        left = [f for f in out.rglob(".gadmap-*") if "cohort" not in f.name]
        rows.append((f"{request.name}", f"{took:.1f} s, exit {run.returncode}, {len(left)} left"))
    return rows


def main() -> None:
    """Inject the faults and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--exams", type=int, default=100)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="gadmap-faults-"))
    try:
        table("a request to end", ("", ""), requests(folder / "ends"))
        table("a damaged image", ("", ""), damaged(folder / "damaged", options.exams))
        table("killed and started again", ("", ""), kills(folder / "kills", options.kills))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
