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
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread
from time import perf_counter, process_time

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


@dataclass(frozen=True, kw_only=True)
class Work:
    """Time of an examination's own work [s]."""

    wall: float
    processor: float


@dataclass(frozen=True)
class Measured:
    """One examination of RIDER's size on one worker, and the scheduler's task."""

    work: float  # s
    read: int  # bytes
    written: int  # bytes
    task: float  # s


@dataclass(frozen=True)
class Sample:
    """A moment of a run: memory of all workers [MiB], processor time of all processes [s]."""

    at: float
    mib: float
    processor: float


class Watcher(Thread):
    """What a run takes, sampled while it lasts."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.samples: list[Sample] = []
        self._end = Event()

    def run(self) -> None:
        """Sample once a second."""
        own = psutil.Process()
        while not self._end.wait(1.0):
            found = [_taken(process) for process in own.children(recursive=True)]
            mib, processor = (
                (sum(column) for column in zip(*found, strict=True)) if found else (0, 0)
            )
            own_time = sum(own.cpu_times()[:2])
            self.samples.append(Sample(perf_counter(), mib, processor + own_time))

    def stop(self) -> None:
        """End the sampling."""
        self._end.set()
        self.join()


def _taken(process: psutil.Process) -> tuple[float, float]:
    """Resident memory [MiB] and processor time [s]."""
    try:
        return process.memory_info().rss / 2**20, sum(process.cpu_times()[:2])
    except psutil.Error:
        return 0, 0


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
    watcher = Watcher()
    watcher.start()
    result: CohortResult = run_cohort(
        exams,
        folder / "out",
        LocalWorkers(workers),
        tell=lambda _: ends.append(perf_counter()),
    )
    watcher.stop()
    assert result.whole, [one for one in result.outcomes if one.reason]
    # The first of each worker loads the libraries and compiles; from then on it is steady.
    first = 2 * workers
    steady = workers * (ends[-1] - ends[first - 1]) / (count - first)
    during = [one for one in watcher.samples if ends[first - 1] <= one.at <= ends[-1]]
    spent = during[-1].processor - during[0].processor
    done = sum(during[0].at < end <= during[-1].at for end in ends)
    alone = _side_by_side(exams[first:], folder / "alone", 1)
    beside = _side_by_side(exams[first:], folder / "beside", workers)
    half = len(during) // 2
    early, late = (np.mean([one.mib for one in part]) for part in (during[:half], during[half:]))
    table(
        f"{count} examinations of 64 x 64 x 4 x 30 on {workers} workers",
        ("", "measured", "aim"),
        [
            ("work an examination, in one process", f"{alone.wall:.2f} s", ""),
            (f"the same in {workers} processes at once", f"{beside.wall:.2f} s", ""),
            ("a worker's time for it in the run", f"{steady:.2f} s", ""),
            (
                "overhead beyond one process",
                f"{steady - alone.wall:.2f} s",
                f"< {OVERHEAD_AIM:g} s",
            ),
            (f"overhead beyond {workers} processes", f"{steady - beside.wall:.2f} s", ""),
            ("processor time of the work", f"{alone.processor:.2f} s", ""),
            ("processor time in the run, scheduler included", f"{spent / done:.2f} s", ""),
            ("memory of all workers, first half", f"{early:.0f} MiB", ""),
            ("the same, second half", f"{late:.0f} MiB", "flat"),
            ("largest", f"{max(one.mib for one in watcher.samples):.0f} MiB", ""),
        ],
    )


def _side_by_side(exams: list[PlannedExam], out: Path, processes: int) -> Work:
    """`gadmap map` of some examinations in so many processes at once, with no scheduler."""
    folders = [out / str(process) for process in range(processes)]
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        found = list(pool.map(_mapped, [exams[: _ALONE + 1]] * processes, folders))
    return Work(
        wall=float(np.mean([one.wall for one in found])),
        processor=float(np.mean([one.processor for one in found])),
    )


def _mapped(exams: list[PlannedExam], out: Path) -> Work:
    """The mean of examinations mapped in turn with the one thread of a worker."""
    torch.set_num_threads(1)
    numba.set_num_threads(1)
    taken = []
    for exam in exams:
        start, processor = perf_counter(), process_time()
        map_exam(exam.source, out / exam.folder, exam.settings)
        taken.append((perf_counter() - start, process_time() - processor))
    wall, processor = np.mean(taken[1:], axis=0)  # the first loads libraries and machine code
    return Work(wall=float(wall), processor=float(processor))


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
