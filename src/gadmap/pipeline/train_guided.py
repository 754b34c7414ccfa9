"""`gadmap train fcsa-net-guided`: scenes in, the weights of the guided network out."""

from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from gadmap.estimators.guided_input import GUIDED
from gadmap.io.strict_json import plain, write_json
from gadmap.networks.guided_file import TrainedGuided, built_guided, write_guided
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.stages import Stages, Watch, unwatched
from gadmap.pipeline.train import RECORD, WEIGHTS, open_training, versions
from gadmap.training.curve import Point, read_curve
from gadmap.training.guided_calibration import calibration, remember
from gadmap.training.recipe import Recipe
from gadmap.training.scenes import Scenes
from gadmap.training.training_set import TrainingSet

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
    seconds
        Wall-clock time of each stage [s].
    """

    trained: TrainedGuided
    weights: Path
    curve: list[Point]
    seconds: dict[str, float]


def train_guided(
    out: PathLike,
    recipe: Recipe,
    *,
    resume: bool = False,
    progress: bool = False,
    watch: Watch = unwatched,
) -> TrainGuidedResult:
    """Train the guided network on scenes, calibrate its errors and write its weights into `out`.

    Raises
    ------
    ValueError
        If the training in `out` is another.
    FileExistsError
        If `out` holds a training and `resume` is false, or other files.
    """
    from gadmap.training.train import train

    out, stages = Path(out), Stages(watch)
    open_training(out, resume)
    scenes = Scenes(recipe.batch, recipe.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = built_guided(len(GUIDED)).train().requires_grad_(True)
    with stages.stage("scenes"):
        found = TrainingSet(scenes, scenes.validation(_LOOKED_AT), {}, {})
    write_json(out / RECORD, {"recipe": recipe.model_dump(), "versions": versions()})
    identity = plain({"recipe": recipe.model_dump(), "patients": SCENES})
    training = Stages()  # not watched: Lightning shows its own bar
    with training.stage("training"):
        weights = train(
            network, found, recipe, out, identity=identity, resume=resume, progress=progress
        )
    module = built_guided(len(GUIDED))
    module.load_state_dict(dict(weights))
    with stages.stage("calibration"):
        remember(module, scenes.calibration(_REMEMBERED, part=0))
        factors = calibration(module, scenes.calibration(_CALIBRATED, part=1))
    curve = read_curve(out / "curve.csv")
    trained = TrainedGuided(
        quantities=GUIDED,
        calibration=factors,
        provenance=dict(
            plain(
                {
                    "data": SCENES,
                    "recipe": recipe.model_dump(),
                    "curve": {"last": asdict(curve[-1])},
                    "versions": versions(),
                }
            )
        ),
        module=module,
    )
    return TrainGuidedResult(
        trained=trained,
        weights=write_guided(out / WEIGHTS, trained),
        curve=curve,
        seconds={**stages.seconds, **training.seconds},
    )
