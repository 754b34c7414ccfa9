"""`gadmap explain`."""

from pathlib import Path
from typing import Annotated

import typer

from gadmap.cli.options import FrameStep, Input, Out, Overwrite


def explain(
    source: Input,
    out: Out,
    weights: Annotated[
        str, typer.Option(help="A network's name for its shipped weights, or .safetensors.")
    ] = "fcsa-net",
    beside: Annotated[
        str | None, typer.Option(help="Another network, whose Grad-CAM is drawn beside.")
    ] = None,
    region: Annotated[
        Path | None,
        typer.Option(help="NIfTI mask to explain; by default the tumour in the network's map."),
    ] = None,
    voxel: Annotated[
        tuple[int, int, int] | None, typer.Option(help="Index of one voxel to explain instead.")
    ] = None,
    sampling: Annotated[
        bool, typer.Option("--sampling", help="What each frame is worth to ktrans' error.")
    ] = False,
    vfa: Annotated[
        list[Path] | None, typer.Option(help="Flip-angle volumes or DICOM folders for T1.")
    ] = None,
    t10: Annotated[str | None, typer.Option(help="Native T1: seconds, or a NIfTI of it.")] = None,
    aif: Annotated[
        str, typer.Option(help="As of gadmap map; none leaves the arterial curve out.")
    ] = "auto",
    hct: Annotated[float | None, typer.Option(help="Haematocrit, 0 to 1.")] = None,
    mask: Annotated[str, typer.Option(help="auto, none, or a NIfTI that is non-zero inside.")] = (
        "auto"
    ),
    series: Annotated[
        str | None, typer.Option(help="Which series: number, end of the UID, or description.")
    ] = None,
    frame_step: FrameStep = None,
    overwrite: Overwrite = False,
) -> None:
    """Explain a network's estimate: attention, Grad-CAM, which frames matter, and a test of it."""
    if region is not None and voxel is not None:
        raise typer.BadParameter("--region and --voxel exclude each other")
    if sampling and aif == "none":
        raise typer.BadParameter("--sampling needs an arterial input; --aif is none")
    if vfa and t10 is not None:
        raise typer.BadParameter("--vfa and --t10 exclude each other: both tell T1")
    from gadmap.cli.console import progress_bar, say_explanation
    from gadmap.pipeline import explain as explained

    result = explained(
        source,
        out,
        weights=weights,
        beside=beside,
        region=region,
        voxel=voxel,
        sampling=sampling,
        vfa=vfa or (),
        t10=t10,
        aif=aif,
        hct=hct,
        mask=mask,
        series=series,
        frame_step=frame_step,
        overwrite=overwrite,
        watch=progress_bar,
    )
    say_explanation(result)
