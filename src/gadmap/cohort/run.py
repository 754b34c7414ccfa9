"""`gadmap cohort ... participant`: every examination mapped, whatever becomes of one of them."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from distributed import CancelledError, Client, KilledWorker, as_completed
from distributed.comm.core import CommClosedError

from gadmap.cohort.one_exam import report_exam, run_exam
from gadmap.cohort.outcome import Outcome, failed, remember
from gadmap.cohort.overview import write_overview
from gadmap.cohort.planned import PlannedExam
from gadmap.cohort.workers import Workers
from gadmap.io import describe_derivatives
from gadmap.io.results_folder import tidy
from gadmap.io.sidecar import bids_root
from gadmap.pipeline import Stages, Watch
from gadmap.pipeline.stages import unwatched

Work = Callable[[PlannedExam], Outcome]


@dataclass(frozen=True, kw_only=True)
class CohortResult:
    """What a run of a cohort made.

    Attributes
    ----------
    table
        `cohort.tsv`, a row an examination.
    outcomes
        Of every examination of this run.
    """

    table: Path
    outcomes: tuple[Outcome, ...]

    def count(self, state: str) -> int:
        """How many ended so."""
        return Counter(outcome.state for outcome in self.outcomes)[state]

    @property
    def whole(self) -> bool:
        """Whether every examination has results."""
        return all(outcome.state in ("finished", "kept") for outcome in self.outcomes)


def run_cohort(
    exams: Sequence[PlannedExam],
    out: Path,
    workers: Workers,
    *,
    everyone: Sequence[PlannedExam] | None = None,
    force: bool = False,
    keep_exam: bool = True,
    mem: str | None = None,
    reports_only: bool = False,
    watch: Watch = unwatched,
    tell: Callable[[Outcome], None] = lambda _: None,
) -> CohortResult:
    """Map examinations that have no results yet, each by itself, and write the table of all.

    Parameters
    ----------
    everyone
        The examinations of the table; `exams` and those of other runs on the same folder.
    force
        Map those that have results too.
    mem
        What each examination may take of memory, "2G", as in `map_exam`.
    reports_only
        Write the reports of those that have results anew, and map none.
    tell
        Called with each outcome as it comes.

    Raises
    ------
    OSError
        If the output cannot be written, or the workers are lost.
    """
    out.mkdir(parents=True, exist_ok=True)
    _describe(out, everyone or exams)
    stages, outcomes = Stages(watch), dict[str, Outcome]()
    work: Work = (
        partial(report_exam, out=out)
        if reports_only
        else partial(run_exam, out=out, force=force, keep_exam=keep_exam, mem=mem)
    )
    try:
        with stages.stage("cohort") as progress, workers.client() as client:
            for done, outcome in enumerate(_outcomes(client, exams, work), 1):
                outcomes[outcome.name] = outcome
                remember(out, outcome)
                tell(outcome)
                if progress:
                    progress(done, len(exams))
    finally:
        for exam in exams:
            if exam.name not in outcomes:
                tidy(out / exam.folder)
        table = write_overview(out, everyone or exams)
    return CohortResult(table=table, outcomes=tuple(outcomes[exam.name] for exam in exams))


def _describe(out: Path, exams: Sequence[PlannedExam]) -> None:
    """Make `out` a BIDS dataset of derivatives where the examinations are of a BIDS dataset."""
    known = (bids_root(exam.bids.dynamic) for exam in exams if exam.bids is not None)
    root = next(known, None)
    if root is not None:
        describe_derivatives(out, root, ("cohort.tsv", "group*"))


def _outcomes(client: Client, exams: Sequence[PlannedExam], work: Work) -> Iterator[Outcome]:
    """How each examination ended, as it ends.

    Those that were with a worker when it was killed are tried again at the end, one at a time: then
    the one that kills is told from those that waited beside it.
    """
    suspects: set[str] = set()
    for exam, ended in _ended(client, exams, work):
        if isinstance(ended, KilledWorker):
            suspects.add(exam.name)
        else:
            yield _outcome(exam, ended)
    for suspect in [exam for exam in exams if exam.name in suspects]:
        for exam, ended in _ended(client, [suspect], work):
            yield _outcome(exam, ended)


def _ended(
    client: Client, exams: Sequence[PlannedExam], work: Work
) -> Iterator[tuple[PlannedExam, Outcome | BaseException | None]]:
    """What came of each examination, as it comes: an outcome, or an error around it."""
    futures = {client.submit(work, exam, pure=False): exam for exam in exams}
    for future in as_completed(futures):
        exam = futures.pop(future)
        try:
            if future.status not in ("finished", "error"):
                raise CommClosedError(future.status)
            ended = future.result() if future.status == "finished" else future.exception()
        except (CommClosedError, CancelledError) as error:
            raise ConnectionError(
                f"the scheduler was lost with {len(futures) + 1} examinations to do; what is "
                "finished is kept: start the run again to go on"
            ) from error
        yield exam, ended
        future.release()


def _outcome(exam: PlannedExam, ended: Outcome | BaseException | None) -> Outcome:
    if isinstance(ended, Outcome):
        return ended
    if isinstance(ended, KilledWorker):
        return Outcome(
            name=exam.name,
            state="failed",
            reason="its worker was killed, twice; was the memory used up? Try fewer workers",
        )
    return failed(exam.name, ended or RuntimeError("unknown"))
