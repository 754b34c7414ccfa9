"""`gadmap region`."""

from pathlib import Path
from typing import Annotated

import typer

from gadmap.cli.options import (
    ArterialInput,
    FitDelay,
    FitDispersion,
    FlipAngles,
    FrameStep,
    Haematocrit,
    MaskFile,
    ModelName,
    Motion,
    NativeT1,
    Overwrite,
    Relaxivity,
    SeriesName,
    chosen,
    require_one_t1,
)


def region(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT", help="DICOM folder, 4-D NIfTI, or a results folder of gadmap map."
        ),
    ],
    regions: Annotated[
        Path,
        typer.Option("--region", help="NIfTI mask, or whole numbers: a region each."),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for table, figures and a page.")
    ] = None,
    vfa: FlipAngles = None,
    t10: NativeT1 = None,
    b1: Annotated[Path | None, typer.Option(help="NIfTI: actual over nominal flip angle.")] = None,
    aif: ArterialInput = None,
    hct: Haematocrit = None,
    relaxivity: Relaxivity = None,
    model: ModelName = None,
    fit_delay: FitDelay = None,
    fit_dispersion: FitDispersion = None,
    mask: MaskFile = None,
    motion: Motion = None,
    series: SeriesName = None,
    frame_step: FrameStep = None,
    overwrite: Overwrite = False,
) -> None:
    """Fit a region's mean curve: parameters with covariance and profile-likelihood intervals."""
    require_one_t1(vfa, t10)
    from gadmap.cli.console import progress_bar
    from gadmap.cli.console_region import say_regions
    from gadmap.pipeline import MapSettings, fit_regions

    choices = chosen(
        vfa=vfa or None,
        t10=t10,
        b1=b1,
        aif=aif,
        hct=hct,
        relaxivity=relaxivity,
        model=model,
        fit_delay=fit_delay,
        fit_dispersion=fit_dispersion,
        mask=mask,
        motion=motion,
        series=series,
        frame_step=frame_step,
    )
    say_regions(
        fit_regions(
            source, regions, out, MapSettings(**choices), overwrite=overwrite, watch=progress_bar
        )
    )
