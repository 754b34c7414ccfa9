"""`gadmap evaluate`."""

from pathlib import Path
from typing import Annotated

import typer

from gadmap.cli.options import Overwrite


def evaluate(
    weights: Annotated[
        list[Path], typer.Argument(metavar="WEIGHTS...", help="Files of gadmap train.")
    ],
    data: Annotated[
        str, typer.Option(help="phantom, or a folder with one folder for each examination.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the tables as CSV and JSON.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Folder of prepared patients, as a training's.")
    ] = None,
    whole_slices: Annotated[
        int, typer.Option(min=1, help="Slices of each patient that are compared whole.")
    ] = 2,
    jobs: Annotated[int, typer.Option(min=1, max=2, help="Processes to prepare patients.")] = 1,
    overwrite: Overwrite = False,
) -> None:
    """Compare trained networks with the fit, and with the truth of phantoms.

    On patients that none of them was trained on; files that differ in their seed are one row.
    """
    from gadmap.cli.console import progress_bar
    from gadmap.cli.console_scores import say_evaluation
    from gadmap.pipeline import evaluate_networks

    result = evaluate_networks(
        weights,
        data,
        out,
        cache=cache,
        whole_slices=whole_slices,
        jobs=jobs,
        overwrite=overwrite,
        watch=progress_bar,
    )
    say_evaluation(result)
