"""`gadmap reproduce`."""

from typing import Annotated

import typer

from gadmap.cli.options import BudgetName, Out


def reproduce(
    out: Out,
    data: Annotated[
        str, typer.Option(help="phantom, or a folder with one folder for each examination.")
    ] = "phantom",
    budget: Annotated[
        BudgetName,
        typer.Option(help="quick: minutes; standard: hours of two cores; paper: days."),
    ] = BudgetName.STANDARD,
    jobs: Annotated[int, typer.Option(min=1, help="Trainings at a time, one thread each.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="Of the first training; of phantoms.")] = 0,
) -> None:
    """Train and evaluate the paper's networks: its tables and Figure 6 beside ours, as one page.

    It can be stopped and started again: what is finished is not redone.
    """
    from gadmap.cli.console import progress_bar, say_lines
    from gadmap.cli.console_scores import say_reproduction
    from gadmap.pipeline import reproduce

    result = reproduce(
        out,
        data=data,
        budget=budget.value,
        jobs=jobs,
        seed=seed,
        say=lambda line: say_lines([line]),
        watch=progress_bar,
    )
    say_reproduction(result)
    if result.failures:
        raise typer.Exit(1)
