"""`gadmap map`."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from gadmap.cli.options import (
    REFERENCE_REGION,
    ArterialInput,
    Compare,
    Device,
    Domain,
    EstimatorName,
    FitDelay,
    FitDispersion,
    FlipAngles,
    FlipError,
    FrameStep,
    Haematocrit,
    Input,
    InputError,
    MaskFile,
    Memory,
    ModelName,
    Motion,
    NativeT1,
    NoExam,
    Noise,
    Out,
    Overwrite,
    Reference,
    ReferenceKtrans,
    ReferenceVe,
    Relaxivity,
    SeriesName,
    WaterExchange,
    chosen,
    compared_models,
    require_least_squares,
    require_one_t1,
    require_reference,
    require_signal_domain,
)


def map_command(
    source: Input,
    out: Out,
    earlier: Annotated[
        Path | None,
        typer.Option(
            "--from", help="maps.json of an earlier run: its settings, but for those given anew."
        ),
    ] = None,
    vfa: FlipAngles = None,
    t10: NativeT1 = None,
    b1: Annotated[Path | None, typer.Option(help="NIfTI: actual over nominal flip angle.")] = None,
    aif: ArterialInput = None,
    aif_error: InputError = None,
    b1_error: FlipError = None,
    hct: Haematocrit = None,
    relaxivity: Relaxivity = None,
    model: ModelName = None,
    compare: Compare = None,
    fit_delay: FitDelay = None,
    fit_dispersion: FitDispersion = None,
    domain: Domain = None,
    noise: Noise = None,
    water_exchange: WaterExchange = None,
    estimator: EstimatorName = None,
    reference: Reference = None,
    reference_ktrans: ReferenceKtrans = None,
    reference_ve: ReferenceVe = None,
    mask: MaskFile = None,
    motion: Motion = None,
    device: Device = None,
    series: SeriesName = None,
    frame_step: FrameStep = None,
    no_exam: NoExam = False,
    mem: Memory = None,
    overwrite: Overwrite = False,
) -> None:
    """Map an examination: files in, NIfTI maps and a report out."""
    require_one_t1(vfa, t10)
    require_least_squares(estimator, model, fit_delay, fit_dispersion, compare)
    require_signal_domain(estimator, domain, noise, water_exchange)
    if earlier is None:
        require_reference(estimator, reference, reference_ktrans, reference_ve)
        if estimator == REFERENCE_REGION and reference is None:
            raise typer.BadParameter(f"--estimator {REFERENCE_REGION} needs a --reference")
    from gadmap.cli.console import progress_bar, say_result
    from gadmap.pipeline import MapSettings, map_again, map_exam

    choices = chosen(
        vfa=vfa or None,
        t10=t10,
        b1=b1,
        aif=aif,
        aif_error=aif_error,
        b1_error=b1_error,
        hct=hct,
        relaxivity=relaxivity,
        model=model,
        compare=compared_models(compare, model),
        fit_delay=fit_delay,
        fit_dispersion=fit_dispersion,
        domain=domain,
        noise=noise,
        water_exchange=water_exchange,
        estimator=estimator,
        reference=reference,
        reference_ktrans=reference_ktrans,
        reference_ve=reference_ve,
        mask=mask,
        motion=motion,
        device=device,
        series=series,
        frame_step=frame_step,
    )
    run = (
        partial(map_exam, source, out, MapSettings(**choices))
        if earlier is None
        else partial(map_again, earlier, source, out, choices)
    )
    result = run(keep_exam=not no_exam, mem=mem, overwrite=overwrite, watch=progress_bar)
    say_result(result, result.seconds)
