"""What the commands that compare networks say."""

from typing import TYPE_CHECKING

from gadmap.cli.console import console, times_table

if TYPE_CHECKING:
    from gadmap.pipeline import Evaluation, ReproduceResult


def say_evaluation(result: "Evaluation") -> None:
    """The tables, which differences stand, and what was written."""
    from gadmap.evaluation.tables import NOTE, difference_lines, text_tables

    out = console()
    for remark in result.remarks:
        out.print(f"- {remark}", markup=False)
    for table in text_tables(result.scores):
        out.print(table)
        out.print()
    for line in difference_lines(result.differences):
        out.print(f"- {line}", markup=False, soft_wrap=True)
    out.print(NOTE, markup=False)
    out.print(times_table(result.seconds))
    if result.files:
        names = ", ".join(file.name for file in result.files)
        out.print(f"{result.files[0].parent}: {names}", markup=False, soft_wrap=True)


def say_reproduction(result: "ReproduceResult") -> None:
    """How many trainings were done, what failed, and where the page is."""
    from gadmap.evaluation.tables import text_tables

    out = console()
    for table in text_tables(result.results.scores):
        out.print(table)
        out.print()
    out.print(
        f"{result.trained} trainings done, {result.found} were there before, "
        f"{len(result.failures)} failed"
    )
    for failure in result.failures:
        out.print(f"- {failure.network}, seed {failure.seed}: {failure.reason}", markup=False)
    names = ", ".join(file.name for file in result.files)
    out.print(f"{result.files[0].parent}: {names}", markup=False, soft_wrap=True)
