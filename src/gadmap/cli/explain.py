"""`gadmap explain`."""

from pathlib import Path
from typing import Annotated

import typer

from gadmap.cli.options import (
    FlipAngles,
    FrameStep,
    Haematocrit,
    Input,
    MaskFile,
    NativeT1,
    Out,
    Overwrite,
    SeriesName,
    require_one_t1,
)


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
    vfa: FlipAngles = None,
    t10: NativeT1 = None,
    aif: Annotated[
        str, typer.Option(help="As of gadmap map; none leaves the arterial curve out.")
    ] = "auto",
    hct: Haematocrit = None,
    mask: MaskFile = None,
    series: SeriesName = None,
    frame_step: FrameStep = None,
    overwrite: Overwrite = False,
) -> None:
    """Explain a network's estimate: attention, Grad-CAM, which frames matter, and a test of it."""
    if region is not None and voxel is not None:
        raise typer.BadParameter("--region and --voxel exclude each other")
    if sampling and aif == "none":
        raise typer.BadParameter("--sampling needs an arterial input; --aif is none")
    require_one_t1(vfa, t10)
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
        mask=mask or "auto",
        series=series,
        frame_step=frame_step,
        overwrite=overwrite,
        watch=progress_bar,
    )
    say_explanation(result)
