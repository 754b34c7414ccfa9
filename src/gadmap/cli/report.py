"""`gadmap report`."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    results: Annotated[Path, typer.Argument(help="Results folder of gadmap map.")],
    beside: Annotated[
        Path | None, typer.Option(help="Results of another estimator, to compare.")
    ] = None,
    explanation: Annotated[
        Path | None, typer.Option(help="Folder of gadmap explain, whose figures to show.")
    ] = None,
    scale: Annotated[
        list[str] | None,
        typer.Option(help="QUANTITY=END of a colour scale, as ktrans=0.05; may be repeated."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="HTML file; by default report.html of the results.")
    ] = None,
) -> None:
    """Write the page about results anew: compared, explained, or on other colour scales."""
    from gadmap.cli.console import progress_bar, say_lines
    from gadmap.pipeline import report as written

    result = written(
        results,
        beside=beside,
        explanation=explanation,
        scales=dict(_end(text) for text in scale or ()),
        out=out,
        watch=progress_bar,
    )
    say_lines([*(f"! {sentence}" for sentence in result.cautions), str(result.file)])


def _end(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError as error:
        raise typer.BadParameter(f"--scale {text}: expected QUANTITY=END, ktrans=0.05") from error
