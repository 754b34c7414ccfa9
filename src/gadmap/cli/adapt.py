"""`gadmap adapt`."""

from pathlib import Path
from typing import Annotated

import typer

from gadmap.cli.options import AdaptationMode, Out


def adapt(
    weights: Annotated[
        str,
        typer.Argument(
            metavar="WEIGHTS", help="A network's name for its shipped weights, or .safetensors."
        ),
    ],
    data: Annotated[
        Path, typer.Option(help="One site's examinations, a folder each; no labels are read.")
    ],
    out: Out,
    mode: Annotated[
        AdaptationMode,
        typer.Option(
            help="A phantom's truth with features like a phantom's (adapt) or beside the "
            "examinations' curves (hybrid); or these curves alone (physics)."
        ),
    ] = AdaptationMode.ADAPT,
    steps: Annotated[int | None, typer.Option(min=1, help="Of the optimiser.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the batches.")] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Folder of prepared phantoms, for several trainings.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=2, help="Processes to prepare phantoms.")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where OUT was left.")] = False,
) -> None:
    """Train weights further on one site's examinations, which need no labels."""
    from gadmap.cli.console import on_terminal, progress_bar, say_guided_training, say_training
    from gadmap.pipeline import TrainGuidedResult
    from gadmap.pipeline import adapt as adapted

    result = adapted(
        weights,
        data,
        out,
        mode=mode.value,
        steps=steps,
        seed=seed,
        cache=cache,
        jobs=jobs,
        resume=resume,
        progress=on_terminal(),
        watch=progress_bar,
    )
    if isinstance(result, TrainGuidedResult):
        say_guided_training(result)
    else:
        say_training(result)
