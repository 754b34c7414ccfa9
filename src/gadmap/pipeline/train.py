"""`gadmap train`: a cohort in, the weights of a network out."""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import nn

from gadmap import __version__
from gadmap.io.strict_json import plain, write_json
from gadmap.networks import NETWORKS
from gadmap.networks.checkpoint import TrainedNetwork, built_network, write_network
from gadmap.networks.frame_grid import RIDER_GRID
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.patients import PreparedPatients, prepared_patients
from gadmap.pipeline.real_exams import RealExams, real_exams
from gadmap.pipeline.sources import PHANTOM
from gadmap.pipeline.stages import Stages, Watch, unwatched
from gadmap.training.curve import Point, read_curve
from gadmap.training.first_network import configuration, first_network
from gadmap.training.recipe import Recipe
from gadmap.training.split import Split, split_patients
from gadmap.training.training_set import TrainingSet, paired_set, physics_set, training_set

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
    patients = _Patients(data, recipe, Path(cache or out / _PREPARED), jobs, stages)
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


class _Patients:
    """Who is learned from: patients with labels, examinations without, or both."""

    def __init__(
        self, data: PathLike, recipe: Recipe, cache: Path, jobs: int, stages: Stages
    ) -> None:
        self._data, self._recipe = data, recipe
        self._labelled: PreparedPatients | None = None
        self._real: RealExams | None = None
        self.split = Split(training=(), validation=(), test=())
        if recipe.labels:
            source = PHANTOM if recipe.unlabelled else data
            with stages.stage("patients") as shown:
                self._labelled = prepared_patients(source, recipe, cache, jobs=jobs, progress=shown)
            self.split = split_patients(
                list(self._labelled.patients), recipe.split, recipe.split_seed
            )
        if recipe.unlabelled:
            with stages.stage("examinations") as shown:
                self._real = real_exams(data, recipe, shown)

    @property
    def digests(self) -> dict[str, dict[str, str]]:
        """Name to digest of those with labels, and of those without."""
        return {
            "patients": dict(self._labelled.digests) if self._labelled else {},
            "without_labels": dict(self._real.digests) if self._real else {},
        }

    @property
    def refused(self) -> dict[str, str]:
        """Name to reason of those that could not be used."""
        return {name: reason for part in self._parts for name, reason in part.refused.items()}

    @property
    def without_labels(self) -> tuple[str, ...]:
        """Names of the examinations without labels."""
        return tuple(sorted(self._real.exams)) if self._real else ()

    @property
    def _parts(self) -> list[PreparedPatients | RealExams]:
        return [part for part in (self._labelled, self._real) if part is not None]

    def training_set(self, scales: Mapping[str, float] | None) -> TrainingSet:
        """What the recipe's mode learns from."""
        if self._labelled is None:
            assert self._real is not None
            return physics_set(self._real.exams, self._recipe, scales)
        found = training_set(self._labelled.patients, self.split, self._recipe, scales)
        return paired_set(found, self._real.exams, self._recipe) if self._real else found

    def record(self) -> dict[str, Any]:
        """What a reader needs to repeat the training; no name of a folder."""
        return {
            "recipe": self._recipe.model_dump(),
            "patients": asdict(self.split),
            "without_labels": list(self.without_labels),
            "refused": self.refused,
            "versions": versions(),
        }

    def provenance(self, data: TrainingSet, curve: list[Point]) -> dict[str, Any]:
        """How the weights came about, for their file: no path and no patient's name."""
        best = self._recipe.choose == "best"
        at = min(curve, key=lambda point: point.validation) if best else curve[-1]
        labelled, real = self.digests.values()
        seen = [labelled[name] for name in (*self.split.training, *self.split.validation)]
        provenance = {
            "data": PHANTOM if str(self._data) == PHANTOM else "a folder of examinations",
            "recipe": self._recipe.model_dump(),
            "patients": {
                **{part: len(names) for part, names in asdict(self.split).items()},
                "without_labels": len(real),
            },
            "seen": sorted({*seen, *real.values()}),
            "acquisition": data.acquisition,
            "curve": {"chosen": asdict(at), "last": asdict(curve[-1])},
            "versions": versions(),
        }
        return dict(plain(provenance))


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


def start_digest(module: nn.Module, scales: Mapping[str, float]) -> str:
    """Of weights that a training goes on from, and of what their outputs mean."""
    digest = hashlib.sha256(json.dumps(dict(scales), sort_keys=True).encode())
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(name.encode() + tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def with_start(provenance: Mapping[str, Any], start: Mapping[str, Any]) -> dict[str, Any]:
    """How weights came about that go on from others: whom these have seen, they have seen too."""
    seen = {*provenance["seen"], *start.get("seen", ())}
    return {**provenance, "seen": sorted(seen), "start": dict(start)}


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


def versions() -> dict[str, str]:
    """Of what a training's numbers depend on."""
    found = {"gadmap": __version__, "python": platform.python_version()}
    return found | {library: version(library) for library in _LIBRARIES}


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
