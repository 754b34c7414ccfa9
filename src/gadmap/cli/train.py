"""`gadmap train`."""

from pathlib import Path
from typing import Annotated

import typer

from gadmap.cli.options import GUIDED_NETWORK, Out, PriorsName, Trainable, TrainingMode


def train(
    out: Out,
    data: Annotated[
        str,
        typer.Option(
            help="phantom, or a folder with one folder for each examination; scenes for "
            "fcsa-net-guided. Without labels where the mode is physics, hybrid or adapt."
        ),
    ],
    network: Annotated[
        str | None, typer.Argument(metavar="NETWORK", help="Its name; else the recipe's.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Recipe (TOML); the options here win over it.")
    ] = None,
    quantity: Annotated[Trainable | None, typer.Option(help="What to map.")] = None,
    mode: Annotated[
        TrainingMode | None,
        typer.Option(
            help="What is learned from: maps of the least-squares fit, a phantom's truth, or, "
            "without labels, the curves of the examinations in --data (physics), beside a "
            "phantom's truth (hybrid), or with features like a phantom's (adapt).",
            show_default="supervised-fit; of fcsa-net-guided supervised-truth",
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Of the optimiser.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of first weights and batches.")] = None,
    precision: Annotated[str | None, typer.Option(help="32 or bf16-mixed.")] = None,
    devices: Annotated[int | None, typer.Option(min=1, help="That share each batch.")] = None,
    cohort: Annotated[int | None, typer.Option(min=3, help="Number of phantoms.")] = None,
    priors: Annotated[PriorsName | None, typer.Option(help="How phantoms are drawn.")] = None,
    matrix: Annotated[int | None, typer.Option(min=64, help="Of the phantoms.")] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Folder of prepared patients, for several trainings.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=2, help="Processes to prepare patients.")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where OUT was left.")] = False,
) -> None:
    """Train a network. What neither options nor recipe choose is the paper's protocol."""
    from gadmap.cli.console import on_terminal, progress_bar, say_guided_training, say_training
    from gadmap.pipeline import train_guided, train_network
    from gadmap.training import GUIDED_RECIPE, Recipe, changed, read_recipe

    usual = GUIDED_RECIPE if network == GUIDED_NETWORK else Recipe()
    recipe = changed(
        read_recipe(config, network) if config else usual,
        network=network,
        quantity=quantity,
        mode=mode,
        steps=steps,
        seed=seed,
        precision=precision,
        devices=devices,
        cohort={"count": cohort, "priors": priors, "matrix": matrix},
    )
    if recipe.network == GUIDED_NETWORK:
        made = train_guided(
            data, out, recipe, resume=resume, progress=on_terminal(), watch=progress_bar
        )
        say_guided_training(made)
        return
    result = train_network(
        data,
        out,
        recipe,
        cache=cache,
        jobs=jobs,
        resume=resume,
        progress=on_terminal(),
        watch=progress_bar,
    )
    say_training(result)
