"""`gadmap cohort`."""

import logging
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gadmap.cli.options import (
    ArterialInput,
    CohortLevel,
    Compare,
    Device,
    Domain,
    EstimatorName,
    FitDelay,
    FitDispersion,
    FlipError,
    FrameStep,
    Haematocrit,
    InputError,
    MaskFile,
    Memory,
    ModelName,
    Motion,
    NativeT1,
    NoExam,
    Noise,
    ReferenceKtrans,
    ReferenceVe,
    Relaxivity,
    WaterExchange,
    chosen,
    compared_models,
    require_least_squares,
    require_reference,
    require_signal_domain,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gadmap.cohort import CohortResult, Outcome, PlannedExam, Workers
    from gadmap.pipeline import MapSettings


def cohort(
    source: Annotated[
        Path, typer.Argument(metavar="BIDS_DIR", help="BIDS dataset; folder of --table's files.")
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write.")],
    level: Annotated[
        CohortLevel, typer.Argument(help="participant maps each exam; group looks at all of them.")
    ],
    table: Annotated[
        Path | None,
        typer.Option(help="CSV or TSV with a row an exam, where the folder is no BIDS dataset."),
    ] = None,
    participant_label: Annotated[
        list[str] | None, typer.Option(help="Only this participant; may be given again.")
    ] = None,
    session_id: Annotated[
        list[str] | None, typer.Option(help="Only this session; may be given again.")
    ] = None,
    t10: NativeT1 = None,
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
    reference_ktrans: ReferenceKtrans = None,
    reference_ve: ReferenceVe = None,
    mask: MaskFile = None,
    motion: Motion = None,
    device: Device = None,
    frame_step: FrameStep = None,
    mem: Memory = None,
    no_exam: NoExam = False,
    nprocs: Annotated[
        int | None, typer.Option(min=1, help="Processes of this machine; its cores by default.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Dask scheduler that runs already, tcp://host:8786.")
    ] = None,
    slurm: Annotated[Path | None, typer.Option(help="TOML file of what to ask SLURM for.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Map exams that have results too.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
    reports_only: Annotated[
        bool, typer.Option("--reports-only", help="Write the reports anew, map nothing.")
    ] = False,
) -> None:
    """Map every examination of a BIDS dataset or a table, then compare them."""
    require_least_squares(estimator, model, fit_delay, fit_dispersion, compare)
    require_signal_domain(estimator, domain, noise, water_exchange)
    require_reference(estimator, None, reference_ktrans, reference_ve)
    if sum(one is not None for one in (nprocs, scheduler, slurm)) > 1:
        raise typer.BadParameter("--nprocs, --scheduler and --slurm exclude each other")
    from gadmap.pipeline import MapSettings

    choices = chosen(
        t10=t10,
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
        reference_ktrans=reference_ktrans,
        reference_ve=reference_ve,
        mask=mask,
        motion=motion,
        device=device,
        frame_step=frame_step,
    )
    settings = MapSettings(**choices)
    source, out = source.absolute(), out.absolute()  # workers may stand in another folder
    exams = _planned(source, table, settings, participant_label, session_id)
    if level is CohortLevel.GROUP:
        _group(exams, out)
    elif dry_run:
        _say_plan(exams, out, force)
    else:
        from gadmap.cohort import run_cohort

        run = partial(
            run_cohort,
            exams,
            out,
            _workers(nprocs, scheduler, slurm, len(exams)),
            everyone=_planned(source, table, settings, None, None),
            force=force,
            keep_exam=not no_exam,
            mem=mem,
            reports_only=reports_only,
        )
        _run(run)


def _planned(
    source: Path,
    table: Path | None,
    settings: "MapSettings",
    participants: list[str] | None,
    sessions: list[str] | None,
) -> "list[PlannedExam]":
    from gadmap.cohort import exams_of_bids, exams_of_table

    if table is not None:
        return exams_of_table(table, source, settings, participants or None, sessions or None)
    return exams_of_bids(source, settings, participants or None, sessions or None)


def _workers(
    nprocs: int | None, scheduler: str | None, slurm: Path | None, exams: int
) -> "Workers":
    from gadmap.cohort import LocalWorkers, SchedulerWorkers, slurm_recipe

    if scheduler is not None:
        return SchedulerWorkers(scheduler)
    if slurm is not None:
        return slurm_recipe(slurm)
    return LocalWorkers(min(nprocs or len(os.sched_getaffinity(0)), exams))


def _say_plan(exams: "list[PlannedExam]", out: Path, force: bool) -> None:
    from gadmap.cli.console import say_lines
    from gadmap.cohort.overview import state_of

    for exam in exams:
        state = state_of(out, exam)
        to_do = "skip, finished" if state.state == "finished" and not force else "map"
        reason = exam.problem or state.reason
        say_lines([f"{exam.name}: {to_do}{f' ({reason})' if reason else ''}"])


def _run(run: "Callable[..., CohortResult]") -> None:
    from gadmap.cli.console import progress_bar, say_lines

    logging.disable()  # Dask tells at length what an outcome or one line tells better

    def tell(outcome: "Outcome") -> None:
        if outcome.reason:
            say_lines([f"! {outcome.name}: {outcome.state}: {outcome.reason}"])

    result = run(watch=progress_bar, tell=tell)
    words = {"finished": "now", "kept": "earlier", "busy": "in another run", "failed": "failed"}
    counts = [f"{n} {said}" for state, said in words.items() if (n := result.count(state))]
    total = f"{len(result.outcomes)} examinations: {', '.join(counts)}"
    say_lines([total, f"{result.table}: a row each"])
    if not result.whole:
        raise typer.Exit(1)


def _group(exams: "list[PlannedExam]", out: Path) -> None:
    from gadmap.cli.console import say_lines
    from gadmap.cohort.group import write_group

    say_lines(write_group(exams, out))
