"""`gadmap train`: a cohort in, the weights of a network out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from gadmap.io.strict_json import plain, write_json
from gadmap.networks import NETWORKS
from gadmap.networks.checkpoint import TrainedNetwork, built_network, write_network
from gadmap.networks.frame_grid import RIDER_GRID
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.sources import PHANTOM
from gadmap.pipeline.stages import Stages, Watch, unwatched
from gadmap.pipeline.training_origin import start_digest, with_start
from gadmap.pipeline.training_patients import TrainingPatients
from gadmap.training.curve import Point, read_curve
from gadmap.training.first_network import configuration, first_network
from gadmap.training.recipe import Recipe
from gadmap.training.split import Split
from gadmap.training.training_set import TrainingSet

WEIGHTS, RECORD = "weights.safetensors", "training.json"
_PREPARED = "patients"


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainResult:
    """What a run of `train_network` made.

    Attributes
    ----------
    trained
        The network with its chosen weights.
    weights
        Their file.
    curve
        Points of the training curve.
    split
        Which patients were trained on, chosen with and kept for the test.
    without_labels
        Examinations that were learned from without labels.
    refused
        Patients that could not be used, and why.
    recipe
        What it was trained by.
    seconds
        Wall-clock time of each stage [s].
    """

    trained: TrainedNetwork
    weights: Path
    curve: list[Point]
    split: Split
    without_labels: tuple[str, ...]
    refused: Mapping[str, str]
    recipe: Recipe
    seconds: Mapping[str, float]


def train_network(
    data: PathLike,
    out: PathLike,
    recipe: Recipe,
    *,
    start: TrainedNetwork | None = None,
    cache: PathLike | None = None,
    jobs: int = 1,
    resume: bool = False,
    progress: bool = False,
    watch: Watch = unwatched,
) -> TrainResult:
    """Prepare the patients, train the recipe's network and write its weights into `out`.

    Parameters
    ----------
    data
        "phantom" for the recipe's own phantoms, or a folder of examinations. Where the recipe's
        mode learns from examinations without labels, these; its labels are the phantoms'.
    out
        Folder of the training: weights, curve, checkpoint, TensorBoard's files.
    start
        Weights to go on from, with their scales; else first weights are drawn.
    cache
        Folder of prepared patients, which several trainings can share; else in `out`.
    jobs
        Processes that prepare patients, two at most.
    resume
        Go on with the training in `out`: from its last checkpoint, or from the start where it has
        none yet.
    progress
        Show Lightning's bar.

    Raises
    ------
    ValueError
        If the network is unknown, the patients are too few, or the training in `out` is another.
    FileExistsError
        If `out` holds a training and `resume` is false, or other files.
    """
    from gadmap.training.train import train

    _require_trainable(data, recipe)
    out, stages = Path(out), Stages(watch)
    open_training(out, resume)
    patients = TrainingPatients(data, recipe, Path(cache or out / _PREPARED), jobs, stages)
    network = first_network(recipe)
    if start is not None:
        network.load_state_dict(start.module.state_dict())
    with stages.stage("regions"):
        found = patients.training_set(start.scales if start else None)
    write_json(out / RECORD, patients.record())
    identity = plain(
        {
            "recipe": recipe.model_dump(),
            **patients.digests,
            "start": start_digest(start.module, start.scales) if start else None,
        }
    )
    training = Stages()  # not watched: Lightning shows its own bar
    with training.stage("training"):
        weights = train(
            network, found, recipe, out, identity=identity, resume=resume, progress=progress
        )
    curve = read_curve(out / "curve.csv")
    provenance = patients.provenance(found, curve)
    if start is not None:
        provenance = with_start(provenance, start.provenance)
    trained = _trained(recipe, weights, found, provenance)
    return TrainResult(
        trained=trained,
        weights=write_network(out / WEIGHTS, trained),
        curve=curve,
        split=patients.split,
        without_labels=patients.without_labels,
        refused=patients.refused,
        recipe=recipe,
        seconds={**stages.seconds, **training.seconds},
    )


def _require_trainable(data: PathLike, recipe: Recipe) -> None:
    if recipe.network not in NETWORKS:
        raise ValueError(f"network is {recipe.network!r}; there are {', '.join(NETWORKS)}")
    if recipe.labels and recipe.unlabelled and str(data) == PHANTOM:
        raise ValueError(
            f"data is {PHANTOM!r} with mode {recipe.mode!r}, whose labels are phantoms' anyway; "
            "expected a folder of examinations to learn from beside"
        )
    if recipe.curves and recipe.quantity != "all":
        raise ValueError(
            f"quantity is {recipe.quantity!r} with mode {recipe.mode!r}; expected 'all', as a "
            "curve needs more than one parameter"
        )


def open_training(out: Path, resume: bool) -> None:
    """Make the folder, unless it holds what this training would overwrite."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise FileExistsError(f"{out}: is a file or link; expected a folder for the training")
    if (out / RECORD).exists() and not resume:
        raise FileExistsError(
            f"{out}: holds a training already; go on with it by --resume or choose another folder"
        )
    if out.exists() and not (out / RECORD).exists():
        strangers = sorted(file.name for file in out.iterdir() if file.name != _PREPARED)
        if strangers:
            raise FileExistsError(
                f"{out}: holds files of something else, {', '.join(strangers[:3])}; choose another "
                "folder"
            )
    out.mkdir(parents=True, exist_ok=True)


def _trained(
    recipe: Recipe,
    weights: Mapping[str, torch.Tensor],
    data: TrainingSet,
    provenance: Mapping[str, Any],
) -> TrainedNetwork:
    module = built_network(recipe.network, configuration(recipe))
    module.load_state_dict(dict(weights))
    return TrainedNetwork(
        network=recipe.network,
        configuration=configuration(recipe),
        quantities=recipe.quantities,
        scales=data.scales,
        grid=RIDER_GRID,
        provenance=provenance,
        module=module,
    )
