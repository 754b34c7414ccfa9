"""What a cohort costs beyond its examinations, and what 10,000 examinations need.

Small phantom examinations go through `gadmap cohort` on two workers: overhead an examination,
memory over time. One examination of RIDER's size tells reading, estimating and writing; empty
tasks tell Dask's scheduler. From these follows the time of 10,000 examinations on 1, 10 and 100
workers.
"""

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import perf_counter

import numba
import numpy as np
import psutil
import torch
from distributed import as_completed

from curves import table
from gadmap.cohort import CohortResult, LocalWorkers, PlannedExam, exams_of_table, run_cohort
from gadmap.io import read_maps_record
from gadmap.pipeline import MapSettings, map_exam, write_phantom

OVERHEAD_AIM = 0.3  # s an examination
EMPTY_TASKS = 10_000
COHORT = 10_000
_ALONE = 10
RIDER = {"matrix": 256, "slices": 16, "frames": 65}


@dataclass(frozen=True)
class Measured:
    """One examination of RIDER's size on one worker, and the scheduler's task."""

    work: float  # s
    read: int  # bytes
    written: int  # bytes
    task: float  # s


class Memory(Thread):
    """Resident memory of all workers together, sampled while a run lasts."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.samples: list[tuple[float, float]] = []
        self._end = Event()

    def run(self) -> None:
        """Sample once a second."""
        start = perf_counter()
        while not self._end.wait(1.0):
            family = psutil.Process().children(recursive=True)
            self.samples.append((perf_counter() - start, sum(map(_resident, family)) / 2**20))

    def stop(self) -> None:
        """End the sampling."""
        self._end.set()
        self.join()


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def small_cohort(folder: Path, count: int, distinct: int) -> Path:
    """`count` examinations, `distinct` phantoms in turn: links, since only the work matters."""
    rows = ["exam,input"]
    for index in range(distinct):
        write_phantom(
            folder / f"phantom-{index}",
            file_format="nifti",
            seed=index,
            matrix=64,
            slices=4,
            frames=30,
        )
    for index in range(count):
        name = f"exam-{index + 1:04d}"
        (folder / name).mkdir()
        for file in (folder / f"phantom-{index % distinct}" / "nifti").iterdir():
            os.link(file, folder / name / file.name)
        rows.append(f"{name},{name}/dce.nii.gz")
    (folder / "exams.csv").write_text("\n".join(rows) + "\n")
    return folder / "exams.csv"


def run_small(folder: Path, count: int, workers: int) -> None:
    """Overhead and memory of a run of small examinations."""
    exams = exams_of_table(small_cohort(folder / "in", count, 5), folder / "in", MapSettings())
    ends: list[float] = []
    memory = Memory()
    memory.start()
    result: CohortResult = run_cohort(
        exams,
        folder / "out",
        LocalWorkers(workers),
        tell=lambda _: ends.append(perf_counter()),
    )
    memory.stop()
    assert result.whole, [one for one in result.outcomes if one.reason]
    # The first of each worker loads the libraries and compiles; from then on it is steady.
    first = 2 * workers
    steady = (ends[-1] - ends[first - 1]) / (count - first)
    work = _alone(exams[first:], folder / "alone")
    overhead = workers * steady - work
    late = [mib for at, mib in memory.samples if at > memory.samples[-1][0] / 4]
    half = len(late) // 2
    table(
        f"{count} examinations of 64 x 64 x 4 x 30 on {workers} workers",
        ("", "measured", "aim"),
        [
            ("work an examination, mapped by itself", f"{work:.2f} s", ""),
            ("overhead an examination beyond it", f"{overhead:.2f} s", f"< {OVERHEAD_AIM:g} s"),
            ("memory of all workers, second quarter on", f"{np.mean(late[:half]):.0f} MiB", ""),
            ("the same, last part", f"{np.mean(late[half:]):.0f} MiB", "flat"),
            ("largest", f"{max(mib for _, mib in memory.samples):.0f} MiB", ""),
        ],
    )


def _alone(exams: list[PlannedExam], out: Path) -> float:
    """Seconds of `gadmap map` for one of them in this process, with the one thread of a worker."""
    torch.set_num_threads(1)
    numba.set_num_threads(1)
    seconds = []
    for exam in exams[: _ALONE + 1]:
        start = perf_counter()
        map_exam(exam.source, out / exam.folder, exam.settings)
        seconds.append(perf_counter() - start)
    return float(np.mean(seconds[1:]))  # the first loads libraries and machine code


def measured(folder: Path, phantom: Path) -> Measured:
    """An examination of RIDER's size on one worker of one thread, and the scheduler's share."""
    rows = ["exam,input", *(f"{name},{phantom}" for name in ("warm", "timed"))]
    (folder / "one.csv").write_text("\n".join(rows) + "\n")
    exams = exams_of_table(folder / "one.csv", folder, MapSettings())
    ends: list[float] = []
    out = folder / "one"
    run_cohort(exams, out, LocalWorkers(1), tell=lambda _: ends.append(perf_counter()))
    stages = read_maps_record(out / "timed")["seconds"]
    table(
        "one examination of RIDER's size, one thread",
        ("stage", "s"),
        [(stage, f"{seconds:.2f}") for stage, seconds in stages.items()],
    )
    return Measured(
        work=ends[1] - ends[0],
        read=_bytes(phantom),
        written=_bytes(out / "timed"),
        task=_task(),
    )


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _task() -> float:
    """Seconds of the scheduler's time that a task costs."""
    with LocalWorkers(2).client() as client:
        list(as_completed(client.map(int, range(100), pure=False)))
        start = perf_counter()
        futures = client.map(int, range(EMPTY_TASKS), pure=False)
        for _ in as_completed(futures):
            pass
        return (perf_counter() - start) / EMPTY_TASKS


def plan(found: Measured, bandwidth: float) -> None:
    """Time of a large cohort by what holds it up: workers, storage or scheduler."""
    rows = []
    moved = found.read + found.written
    for workers in (1, 10, 100, 1000):
        limits = {
            "workers": COHORT * found.work / workers,
            "storage": COHORT * moved / bandwidth,
            "scheduler": COHORT * found.task,
        }
        slowest = max(limits, key=lambda name: limits[name])
        hours = (f"{seconds / 3600:.2f}" for seconds in limits.values())
        rows.append((str(workers), *hours, slowest))
    table(
        f"{COHORT:,} examinations of RIDER's size: hours by each limit",
        ("workers", "workers alone", "storage alone", "scheduler alone", "holds it up"),
        rows,
    )
    even = bandwidth * found.work / moved
    print(
        f"an examination: {found.work:.1f} s on a worker, {found.read / 1e6:.0f} MB read, "
        f"{found.written / 1e6:.0f} MB written; a task: {1e3 * found.task:.2f} ms of the scheduler"
    )
    print(
        f"storage of {bandwidth / 1e9:g} GB/s keeps {even:.0f} workers busy, the scheduler "
        f"{found.work / found.task:,.0f}; {COHORT:,} results take "
        f"{COHORT * found.written / 1e12:.2f} TB"
    )


def main() -> None:
    """Measure, then plan."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exams", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--bandwidth", type=float, default=1e9, help="of shared storage, bytes/s")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="gadmap-scale-"))
    try:
        run_small(folder / "small", options.exams, options.workers)
        phantom = write_phantom(folder / "phantom", **RIDER)
        plan(measured(folder, Path(phantom.source)), options.bandwidth)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
