"""`gadmap dicom`."""

from pathlib import Path
from typing import Annotated

import typer

from gadmap.cli.options import Out, Overwrite, SeriesName


def dicom(
    results: Annotated[Path, typer.Argument(help="Results folder of gadmap map.")],
    source: Annotated[Path, typer.Argument(help="DICOM folder that was mapped.")],
    out: Out,
    series: SeriesName = None,
    anonymize: Annotated[
        bool,
        typer.Option("--anonymize", help="Leave out patient and study; all identifiers anew."),
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Write maps as DICOM Parametric Maps, for the archive that the images came from."""
    from gadmap.cli.console import progress_bar, say_lines
    from gadmap.pipeline import write_dicom_results

    written = write_dicom_results(
        results,
        source,
        out,
        series=series,
        anonymize=anonymize,
        overwrite=overwrite,
        watch=progress_bar,
    )
    names = ", ".join(file.name for file in written.files)
    say_lines([f"{written.folder}: {names}"])
