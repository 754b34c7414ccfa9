"""`gadmap reproduce`: the paper's tables and figure, trained, evaluated and written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gadmap.pipeline.budgets import Budget
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.paper import paper_results
from gadmap.pipeline.paper_files import write_paper_files
from gadmap.pipeline.patients import PreparedPatients, prepared_patients
from gadmap.pipeline.plan import Plan, plan_of
from gadmap.pipeline.plan_folder import open_plan, require_same
from gadmap.pipeline.sources import PHANTOM
from gadmap.pipeline.stages import Progress, Stages, Watch, unwatched
from gadmap.pipeline.unit_processes import Ended, finished, run_units
from gadmap.report.paper_results import Failure, PaperResults
from gadmap.training import Split, split_patients

_PARTS = 1000


@dataclass(frozen=True, eq=False, kw_only=True)
class ReproduceResult:
    """What a run of `reproduce` made.

    Attributes
    ----------
    results
        Everything on the page.
    files
        The page, the tables and the record.
    trained, found
        Number of trainings done now, and of those that were there.
    failures
        Trainings that failed, and why.
    """

    results: PaperResults
    files: list[Path]
    trained: int
    found: int
    failures: tuple[Failure, ...]


def reproduce(
    out: PathLike,
    *,
    data: PathLike = PHANTOM,
    budget: str | Budget = "standard",
    jobs: int = 2,
    seed: int = 0,
    say: Callable[[str], None] = lambda _: None,
    watch: Watch = unwatched,
) -> ReproduceResult:
    """Train and evaluate every row, then write tables and page into `out`.

    It can be stopped at any moment and called again: finished trainings are kept, one that was
    half done goes on from its checkpoint. A training that fails is a row with its reason, and is
    tried again by the next call.

    Parameters
    ----------
    data
        "phantom", or a folder of examinations.
    budget
        "quick", "standard" or "paper", or one's own.
    jobs
        Trainings at a time, each on one thread.
    seed
        Of the first training, and of the phantoms.
    say
        Called with a line for each training that ends.

    Raises
    ------
    ValueError
        If there is no such budget, the patients are too few, or no training succeeded.
    FileExistsError
        If `out` holds something else or another reproduction.
    """
    plan, stages = plan_of(Path(out), str(data), budget, seed), Stages(watch)
    open_plan(plan)
    with _alone(plan):
        with stages.stage("patients") as progress:
            prepared = prepared_patients(
                plan.data, plan.recipe, plan.cache, jobs=jobs, progress=progress
            )
        split = _split(plan, prepared)
        units = [unit for unit in plan.units if not finished(plan, unit)]
        with stages.stage("trainings") as progress:
            failures = tuple(_failures(plan, jobs, say, progress))
        with stages.stage("page"):
            results = paper_results(plan, prepared, split, failures)
            files = write_paper_files(plan.out, results)
    return ReproduceResult(
        results=results,
        files=files,
        trained=len(units) - len(failures),
        found=len(plan.units) - len(units),
        failures=failures,
    )


def _split(plan: Plan, prepared: PreparedPatients) -> Split:
    """Training, validation and test patients; the same ones as when the folder was begun."""
    recipe = plan.recipe
    split = split_patients(list(prepared.patients), recipe.split, recipe.split_seed)
    require_same(plan.out / "patients.json", dict(prepared.digests))
    return split


def _failures(
    plan: Plan, jobs: int, say: Callable[[str], None], progress: Progress | None
) -> Iterator[Failure]:
    """Run what is not finished; what failed."""
    units = [unit for unit in plan.units if not finished(plan, unit)]
    before = len(plan.units) - len(units)

    def watched(done: float) -> None:
        if progress:
            progress(round(_PARTS * (before + done)), _PARTS * len(plan.units))

    for count, ended in enumerate(run_units(plan, units, jobs, watched), before + 1):
        say(_line(ended, count, len(plan.units)))
        if ended.reason:
            unit = ended.unit
            yield Failure(network=unit.network, seed=unit.seed, reason=ended.reason)


def _line(ended: Ended, count: int, total: int) -> str:
    took = f"{ended.seconds / 60:.1f} min" if ended.seconds >= 60 else f"{ended.seconds:.0f} s"
    what = f"failed: {ended.reason}" if ended.reason else f"done in {took}"
    return f"{count} of {total}: {ended.unit.network}, seed {ended.unit.seed}, {what}"


@contextmanager
def _alone(plan: Plan) -> Iterator[None]:
    """Hold the folder, so that two runs do not train the same network into the same files.

    Raises
    ------
    ValueError
        If another run holds it. The system lets go of the folder when a process ends, however.
    """
    import fcntl  # only where the system has it, and only here

    with (plan.out / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ValueError(f"{plan.out}: another gadmap reproduce is at work there") from error
        yield
