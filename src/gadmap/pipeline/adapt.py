"""`gadmap adapt`: trained weights and one site's examinations in, weights for that site out."""

from pathlib import Path

from gadmap.networks.checkpoint import TrainedNetwork
from gadmap.networks.frame_grid import RIDER_GRID
from gadmap.networks.guided_file import GUIDED_NETWORK, TrainedGuided, is_guided, read_guided
from gadmap.networks.shipped import SUFFIX, trained_guided, trained_network
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.stages import Watch, unwatched
from gadmap.pipeline.train import TrainResult, train_network
from gadmap.pipeline.train_guided import TrainGuidedResult, train_guided
from gadmap.training.recipe import MAPPED, CohortRecipe, Mode, Recipe, changed

ADAPTATION = Recipe(
    mode="adapt",
    steps=400,
    batch=16,
    learning_rate=1e-4,
    schedule="cosine",
    clip=1.0,
    validate_every=100,
    checkpoint_every=100,
    choose="last",
    cohort=CohortRecipe(priors="wide", count=12, seed=1),
)
"""Of weights that are trained already: few small steps."""


def adapt(
    weights: str | Path,
    data: PathLike,
    out: PathLike,
    *,
    mode: Mode | None = None,
    steps: int | None = None,
    seed: int | None = None,
    cache: PathLike | None = None,
    jobs: int = 1,
    resume: bool = False,
    progress: bool = False,
    watch: Watch = unwatched,
) -> TrainResult | TrainGuidedResult:
    """Train weights further on one site's examinations, without labels; writes new ones.

    Parameters
    ----------
    weights
        A network's name, for the shipped ones, or a .safetensors file.
    data
        Folder of the site's examinations.
    out
        Folder of the training.
    cache, jobs
        As in `train_network`; the guided network's labels are scenes, made on the way.
    mode
        "adapt", the default, "hybrid" or "physics": see `gadmap.training.recipe.MODES`.

    Raises
    ------
    FileNotFoundError, ValueError
        If the weights or the examinations cannot be used, or the mode needs labels of them.
    FileExistsError
        If `out` holds a training and `resume` is false, or other files.
    """
    start = _weights(weights)
    recipe = changed(ADAPTATION, mode=mode, steps=steps, seed=seed)
    if not recipe.unlabelled:
        raise ValueError(
            f"mode is {recipe.mode!r}; weights are adapted to examinations without labels: "
            "expected adapt, hybrid or physics"
        )
    if isinstance(start, TrainedGuided):
        return train_guided(
            data,
            out,
            changed(recipe, network=GUIDED_NETWORK),
            start=start,
            resume=resume,
            progress=progress,
            watch=watch,
        )
    _require_usual_frames(start)
    return train_network(
        data,
        out,
        changed(recipe, network=start.network, quantity=_quantity(start)),
        start=start,
        cache=cache,
        jobs=jobs,
        resume=resume,
        progress=progress,
        watch=watch,
    )


def _weights(which: str | Path) -> TrainedNetwork | TrainedGuided:
    if which == GUIDED_NETWORK:
        return trained_guided()
    if str(which).endswith(SUFFIX) and is_guided(which):
        return read_guided(which)
    return trained_network(which)


def _require_usual_frames(trained: TrainedNetwork) -> None:
    if trained.grid != RIDER_GRID:
        raise ValueError(
            f"the weights are of another frame grid, {trained.grid}; expected that of gadmap "
            f"train, {RIDER_GRID}"
        )


def _quantity(trained: TrainedNetwork) -> str:
    """What a recipe calls the network's outputs."""
    if trained.quantities == MAPPED:
        return "all"
    if len(trained.quantities) == 1 and trained.quantities[0] in MAPPED:
        return trained.quantities[0]
    raise ValueError(
        f"the weights map {', '.join(trained.quantities)}; expected one of {', '.join(MAPPED)}, or "
        "all of them in this order"
    )
