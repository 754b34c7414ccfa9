"""`gadmap phantom`."""

from typing import Annotated

import typer

from gadmap.cli.options import (
    FileFormat,
    Frames,
    Matrix,
    Out,
    Overwrite,
    PriorsName,
    Seed,
    Slices,
    Vendor,
)


def phantom(
    out: Out,
    cohort: Annotated[
        int | None, typer.Option(min=1, help="Patients, each other than the rest; a folder each.")
    ] = None,
    sessions: Annotated[
        int | None,
        typer.Option(min=1, help="Visits of each patient in BIDS: 2 for a test and its retest."),
    ] = None,
    file_format: Annotated[FileFormat, typer.Option("--format")] = FileFormat.DICOM,
    vendor: Annotated[Vendor, typer.Option(help="Whose DICOM.")] = Vendor.SIEMENS,
    seed: Seed = 0,
    snr: Annotated[
        float | None, typer.Option(help="Brain's signal over the noise, 25 by default.")
    ] = None,
    priors: Annotated[
        PriorsName | None, typer.Option(help="How a cohort's patients differ, rider by default.")
    ] = None,
    no_motion: Annotated[bool, typer.Option("--no-motion", help="A cohort that lies still.")] = (
        False
    ),
    matrix: Matrix = 256,
    slices: Slices = 16,
    frames: Frames = 65,
    overwrite: Overwrite = False,
) -> None:
    """Write a digital brain tumour with known truth, or a cohort of them."""
    if cohort is not None and snr is not None:
        raise typer.BadParameter("--cohort and --snr exclude each other: each patient has its own")
    if cohort is None and (priors or no_motion):
        raise typer.BadParameter("--priors and --no-motion are of a cohort; add --cohort N")
    if sessions is not None and file_format is not FileFormat.BIDS:
        raise typer.BadParameter("--sessions is of a dataset in BIDS; add --format bids")
    from gadmap.cli.console import progress_bar, say_lines
    from gadmap.pipeline import write_bids_cohort, write_cohort, write_phantom

    if file_format is FileFormat.BIDS:
        if cohort is None:
            raise typer.BadParameter("--format bids is of a cohort; add --cohort N")
        dataset = write_bids_cohort(
            out,
            cohort,
            seed,
            sessions=sessions or 1,
            priors=(priors or PriorsName.RIDER).value,
            matrix=matrix,
            slices=slices,
            frames=frames,
            motion=not no_motion,
            overwrite=overwrite,
            watch=progress_bar,
        )
        visits = f", {len(dataset.sessions)} sessions each" if dataset.sessions else ""
        people = "1 participant" if cohort == 1 else f"{cohort} participants"
        say_lines([f"{dataset.root}: {people}{visits}, the truth in derivatives"])
        return
    if cohort is not None:
        made = write_cohort(
            out,
            cohort,
            seed,
            file_format=file_format.value,
            vendor=vendor.value,
            priors=(priors or PriorsName.RIDER).value,
            matrix=matrix,
            slices=slices,
            frames=frames,
            motion=not no_motion,
            overwrite=overwrite,
            watch=progress_bar,
        )
        kept = f", {made.kept} of them from an earlier run" if made.kept else ""
        say_lines(
            [
                f"{made.table.parent}: {len(made.patients)} of {cohort} patients{kept}",
                f"{made.table}: what was drawn",
            ]
        )
        return
    written = write_phantom(
        out,
        file_format=file_format.value,
        vendor=vendor.value,
        seed=seed,
        snr=25.0 if snr is None else snr,
        matrix=matrix,
        slices=slices,
        frames=frames,
        overwrite=overwrite,
        watch=progress_bar,
    )
    say_lines([f"{written.source}: {written.count:,} files", f"{written.truth}: true maps"])
