"""`gadmap train`: a cohort in, the weights of a network out."""

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from gadmap import __version__
from gadmap.io.strict_json import plain, write_json
from gadmap.networks import NETWORKS
from gadmap.networks.checkpoint import TrainedNetwork, built_network, write_network
from gadmap.networks.frame_grid import RIDER_GRID
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.patients import PHANTOM, PreparedPatients, prepared_patients
from gadmap.pipeline.stages import Stages, Watch, unwatched
from gadmap.training.curve import Point, read_curve
from gadmap.training.first_network import configuration, first_network
from gadmap.training.recipe import Recipe
from gadmap.training.split import Split, split_patients
from gadmap.training.training_set import TrainingSet, training_set

WEIGHTS, RECORD = "weights.safetensors", "training.json"
_PREPARED = "patients"
_LIBRARIES = ("torch", "pytorch-lightning", "numpy")


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
    refused
        Patients that could not be used, and why.
    seconds
        Wall-clock time of each stage [s].
    """

    trained: TrainedNetwork
    weights: Path
    curve: list[Point]
    split: Split
    refused: Mapping[str, str]
    seconds: Mapping[str, float]


def train_network(
    data: PathLike,
    out: PathLike,
    recipe: Recipe,
    *,
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
        "phantom" for the recipe's own phantoms, or a folder of examinations.
    out
        Folder of the training: weights, curve, checkpoint, TensorBoard's files.
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

    _require_network(recipe)
    out, stages = Path(out), Stages(watch)
    open_training(out, resume)
    with stages.stage("patients") as shown:
        prepared = prepared_patients(
            data, recipe, cache or out / _PREPARED, jobs=jobs, progress=shown
        )
    split = split_patients(list(prepared.patients), recipe.split, recipe.split_seed)
    network = first_network(recipe)
    with stages.stage("regions"):
        found = training_set(prepared.patients, split, recipe)
    write_json(out / RECORD, _record(recipe, prepared, split))
    identity = plain({"recipe": recipe.model_dump(), "patients": dict(prepared.digests)})
    training = Stages()  # not watched: Lightning shows its own bar
    with training.stage("training"):
        weights = train(
            network, found, recipe, out, identity=identity, resume=resume, progress=progress
        )
    curve = read_curve(out / "curve.csv")
    trained = _trained(
        recipe, weights, found, _provenance(recipe, found, split, curve, data, prepared)
    )
    return TrainResult(
        trained=trained,
        weights=write_network(out / WEIGHTS, trained),
        curve=curve,
        split=split,
        refused=prepared.refused,
        seconds={**stages.seconds, **training.seconds},
    )


def _require_network(recipe: Recipe) -> None:
    if recipe.network not in NETWORKS:
        raise ValueError(f"network is {recipe.network!r}; there are {', '.join(NETWORKS)}")


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


def _record(recipe: Recipe, prepared: PreparedPatients, split: Split) -> dict[str, Any]:
    """What a reader needs to repeat the training; no name of a folder."""
    return {
        "recipe": recipe.model_dump(),
        "patients": asdict(split),
        "refused": dict(prepared.refused),
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Of what a training's numbers depend on."""
    found = {"gadmap": __version__, "python": platform.python_version()}
    return found | {library: version(library) for library in _LIBRARIES}


def _provenance(
    recipe: Recipe,
    data: TrainingSet,
    split: Split,
    curve: list[Point],
    source: PathLike,
    prepared: PreparedPatients,
) -> dict[str, Any]:
    """How the weights came about, for their file: no path and no patient's name."""
    at = min(curve, key=lambda point: point.validation) if recipe.choose == "best" else curve[-1]
    provenance = {
        "data": PHANTOM if str(source) == PHANTOM else "a folder of examinations",
        "recipe": recipe.model_dump(),
        "patients": {part: len(names) for part, names in asdict(split).items()},
        "seen": sorted(prepared.digests[name] for name in (*split.training, *split.validation)),
        "acquisition": data.acquisition,
        "curve": {"chosen": asdict(at), "last": asdict(curve[-1])},
        "versions": versions(),
    }
    return dict(plain(provenance))


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
