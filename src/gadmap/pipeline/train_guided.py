"""`gadmap train fcsa-net-guided`: scenes or examinations in, weights of the guided network out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from gadmap.estimators.guided_input import GUIDED
from gadmap.io.strict_json import plain, write_json
from gadmap.networks.fcsa_guided import FcsaGuided
from gadmap.networks.guided_file import TrainedGuided, built_guided, write_guided
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.real_exams import RealExams, real_exams
from gadmap.pipeline.sources import PHANTOM
from gadmap.pipeline.stages import Stages, Watch, unwatched
from gadmap.pipeline.train import RECORD, WEIGHTS, open_training
from gadmap.pipeline.training_origin import start_digest, versions, with_start
from gadmap.training.curve import Point, read_curve
from gadmap.training.guided_calibration import calibration, remember
from gadmap.training.recipe import Recipe
from gadmap.training.scenes import Scenes
from gadmap.training.training_set import TrainingSet, paired_set, physics_set

SCENES = "scenes"
"""What `data` is called for the guided network."""

_LOOKED_AT, _CALIBRATED, _REMEMBERED = 8, 24, 16  # batches


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainGuidedResult:
    """What a run of `train_guided` made.

    Attributes
    ----------
    trained
        The network with its chosen weights.
    weights
        Their file.
    curve
        Points of the training curve.
    without_labels
        Examinations that were learned from.
    refused
        Those that could not be used, and why.
    recipe
        What it was trained by.
    seconds
        Wall-clock time of each stage [s].
    """

    trained: TrainedGuided
    weights: Path
    curve: list[Point]
    without_labels: tuple[str, ...]
    refused: Mapping[str, str]
    recipe: Recipe
    seconds: dict[str, float]


def train_guided(
    data: PathLike,
    out: PathLike,
    recipe: Recipe,
    *,
    start: TrainedGuided | None = None,
    resume: bool = False,
    progress: bool = False,
    watch: Watch = unwatched,
) -> TrainGuidedResult:
    """Train the guided network, calibrate its errors on scenes and write its weights into `out`.

    Parameters
    ----------
    data
        "scenes"; or, where the recipe's mode learns from examinations without labels, a folder of
        these, or "phantom". Labels are those of scenes.
    start
        Weights to go on from; else first weights are drawn.

    Raises
    ------
    ValueError
        If data and mode do not go together, no examination can be used, or the training in `out`
        is another.
    FileExistsError
        If `out` holds a training and `resume` is false, or other files.
    """
    from gadmap.training.train import train

    _require_data(data, recipe)
    out, stages = Path(out), Stages(watch)
    open_training(out, resume)
    scenes = Scenes(recipe.batch, recipe.seed)
    real = None
    if recipe.unlabelled:
        with stages.stage("examinations") as shown:
            real = real_exams(data, recipe, shown)
    with stages.stage("scenes"):
        found = _training_set(scenes, real, recipe)
    record = {
        "recipe": recipe.model_dump(),
        "without_labels": sorted(real.exams) if real else [],
        "refused": dict(real.refused) if real else {},
        "versions": versions(),
    }
    write_json(out / RECORD, record)
    identity = plain(
        {
            "recipe": recipe.model_dump(),
            "patients": dict(real.digests) if real else SCENES,
            "start": start_digest(start.module, {}) if start else None,
        }
    )
    training = Stages()  # not watched: Lightning shows its own bar
    with training.stage("training"):
        weights = train(
            _first(recipe, start),
            found,
            recipe,
            out,
            identity=identity,
            resume=resume,
            progress=progress,
        )
    module = built_guided(len(GUIDED))
    module.load_state_dict(dict(weights))
    with stages.stage("calibration"):
        remember(module, scenes.calibration(_REMEMBERED, part=0))
        factors = calibration(module, scenes.calibration(_CALIBRATED, part=1))
    curve = read_curve(out / "curve.csv")
    provenance = {
        "data": str(data) if str(data) in (SCENES, PHANTOM) else "a folder of examinations",
        "recipe": recipe.model_dump(),
        "seen": sorted(real.digests.values()) if real else [],
        "curve": {"last": asdict(curve[-1])},
        "versions": versions(),
    }
    if start is not None:
        provenance = with_start(provenance, start.provenance)
    trained = TrainedGuided(
        quantities=GUIDED, calibration=factors, provenance=dict(plain(provenance)), module=module
    )
    return TrainGuidedResult(
        trained=trained,
        weights=write_guided(out / WEIGHTS, trained),
        curve=curve,
        without_labels=tuple(sorted(real.exams)) if real else (),
        refused=dict(real.refused) if real else {},
        recipe=recipe,
        seconds={**stages.seconds, **training.seconds},
    )


def _require_data(data: PathLike, recipe: Recipe) -> None:
    """Raise ValueError unless data and mode go together."""
    if recipe.labels == "fit":
        raise ValueError(
            f"mode is {recipe.mode!r}; {recipe.network} learns the truth of scenes, or from "
            "examinations without labels: expected supervised-truth, physics, adapt or hybrid"
        )
    if recipe.unlabelled == (str(data) == SCENES):
        expected = "a folder of examinations" if recipe.unlabelled else SCENES
        raise ValueError(
            f"data is {str(data)!r} with mode {recipe.mode!r}; {recipe.network} expects {expected}"
        )


def _training_set(scenes: Scenes, real: RealExams | None, recipe: Recipe) -> TrainingSet:
    if recipe.mode == "physics" and real is not None:
        return physics_set(real.exams, recipe)
    found = TrainingSet(scenes, scenes.validation(_LOOKED_AT), {}, {})
    return paired_set(found, real.exams, recipe) if real else found


def _first(recipe: Recipe, start: TrainedGuided | None) -> FcsaGuided:
    """The network before its first step."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = built_guided(len(GUIDED)).train().requires_grad_(True)
    if start is not None:
        network.load_state_dict(start.module.state_dict())
    return network
