"""A few small examinations of different noise, the table of them, and who maps them in tests."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from distributed import Client

from disc import disc_scan
from gadmap.cohort import CohortResult, exams_of_table, run_cohort
from gadmap.io import write_nifti
from gadmap.pipeline import MapSettings

SETTINGS = MapSettings(aif="parker")
COMMAND = (sys.executable, "-c", "from gadmap.cli import main; main()", "cohort")
QUIET = os.environ | {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


@dataclass(frozen=True)
class SmallCohort:
    """Folder of discs as NIfTI and the table of them."""

    folder: Path
    table: Path
    names: tuple[str, ...]

    def exams(self, settings: MapSettings = SETTINGS):
        return exams_of_table(self.table, self.folder, settings)

    def run(self, out: Path, settings: MapSettings = SETTINGS, **options) -> CohortResult:
        return run_cohort(self.exams(settings), out, ThreadWorker(), **options)

    def command(self, out: Path, *options: str) -> tuple[str, ...]:
        """The command line that maps the cohort in processes."""
        places = (str(self.folder), str(out), "participant", "--table", str(self.table))
        return (*COMMAND, *places, "--aif", "parker", *options)


class ThreadWorker:
    """One worker in this process: quick to start, for what does not depend on processes."""

    @contextmanager
    def client(self) -> Iterator[Client]:
        options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
        with Client(processes=False, **options) as client:
            yield client


def small_cohort(folder: Path, count: int) -> SmallCohort:
    """`count` examinations of a noisy disc, two visits of a participant one after the other."""
    rows = ["exam,input,participant,session"]
    names = []
    for number in range(count):
        names.append(f"exam-{number + 1:02d}")
        series, flips = disc_scan(noise=1.0 + number)
        write_nifti(folder / names[-1], series, flips)
        rows.append(f"{names[-1]},{names[-1]}/dce.nii.gz,{number // 2 + 1},{number % 2 + 1}")
    table = folder / "exams.csv"
    table.write_text("\n".join(rows) + "\n")
    return SmallCohort(folder, table, tuple(names))


def rows_of(table: Path) -> dict[str, dict[str, str]]:
    """The rows of a TSV by their first column."""
    head, *lines = table.read_text().splitlines()
    columns = head.split("\t")
    rows = [dict(zip(columns, line.split("\t"), strict=True)) for line in lines]
    return {row[columns[0]]: row for row in rows}
