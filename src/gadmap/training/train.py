"""Training from the first step, or from the last checkpoint, to the chosen weights."""

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import TQDMProgressBar
from pytorch_lightning.loggers import TensorBoardLogger
from torch import Tensor, nn
from torch.utils.data import DataLoader

from gadmap.training.curve import cut_curve
from gadmap.training.keeper import Keeper
from gadmap.training.module import NetworkTraining, Steps
from gadmap.training.objective import objective_of
from gadmap.training.recipe import Recipe
from gadmap.training.scenes import Scenes
from gadmap.training.snapshot import Best, Moments, Snapshot, read_snapshot, weights_of
from gadmap.training.training_set import TrainingSet

CHECKPOINT, CURVE, TENSORBOARD = "checkpoint.safetensors", "curve.csv", "tensorboard"

_REFRESH = 10  # steps


def train(
    network: nn.Module,
    data: TrainingSet,
    recipe: Recipe,
    folder: Path,
    *,
    identity: Mapping[str, Any],
    resume: bool = False,
    progress: bool = False,
) -> Mapping[str, Tensor]:
    """The chosen weights; curve, TensorBoard's files and checkpoints go into `folder`.

    The batch of a step depends on the recipe's seed and the step alone, so a run that was killed
    and resumed ends with the weights of one that ran through, bit for bit on one thread.

    Parameters
    ----------
    network
        With its first weights; it is trained in place, but for several devices.
    identity
        What the training is of, in terms of JSON; kept in each checkpoint.
    resume
        Go on from the checkpoint in `folder`, if there is one.
    progress
        Show a bar.

    Raises
    ------
    ValueError
        If the checkpoint is of another training, or the loss is not finite in the end.
    """
    checkpoint, curve = folder / CHECKPOINT, folder / CURVE
    start = _start(network, checkpoint if resume else None, identity)
    network.load_state_dict(dict(start.weights))
    cut_curve(curve, start.step)
    if start.step < recipe.steps:
        objective = objective_of(recipe, data.scales)
        keeper = Keeper(recipe, data.validation, objective, start, curve, checkpoint)
        module = NetworkTraining(network, recipe, objective, start.step, start.moments)
        with _quiet():
            trainer = _trainer(recipe, folder, keeper, start.step, progress)
            trainer.fit(module, _loader(data, recipe, start.step))
    return _chosen(read_snapshot(checkpoint), recipe)


def _loader(data: TrainingSet, recipe: Recipe, first_step: int) -> DataLoader:
    """The steps' batches; what takes long to make is made ahead, in a process of its own."""
    steps = Steps(data.batches, first_step, recipe.steps)
    if recipe.devices > 1 or not isinstance(data.batches, Scenes):
        return DataLoader(steps, batch_size=None)
    return DataLoader(
        steps, batch_size=None, num_workers=1, prefetch_factor=4, multiprocessing_context="spawn"
    )


def _start(network: nn.Module, checkpoint: Path | None, identity: Mapping[str, Any]) -> Snapshot:
    """The state to go on from."""
    if checkpoint is None or not checkpoint.exists():
        return Snapshot(
            step=0,
            weights=weights_of(network),
            moments=Moments(),
            best=Best(),
            since=(0.0, 0),
            identity=identity,
        )
    snapshot = read_snapshot(checkpoint)
    require_same(snapshot.identity, identity, str(checkpoint))
    return snapshot


def require_same(found: Mapping[str, Any], wanted: Mapping[str, Any], source: str) -> None:
    """Raise ValueError, naming what differs, unless a checkpoint is of this training."""
    for part in sorted(found.keys() | wanted.keys()):
        one, other = found.get(part), wanted.get(part)
        if one == other:
            continue
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            key = next(key for key in {**one, **other} if one.get(key) != other.get(key))
            part, one, other = f"{part} {key}", one.get(key), other.get(key)
        raise ValueError(
            f"{source}: of another training: {part} was {one!r} and is now {other!r}; resume with "
            "the same choices and patients, or start in another folder"
        )


def _chosen(snapshot: Snapshot, recipe: Recipe) -> Mapping[str, Tensor]:
    """The last or the best weights; the best is the one chosen on the validation patients."""
    weights = snapshot.best.weights if recipe.choose == "best" else snapshot.weights
    if not weights or not all(bool(torch.isfinite(tensor).all()) for tensor in weights.values()):
        raise ValueError(
            f"training diverged: no finite weights after {snapshot.step} steps; is the learning "
            f"rate, {recipe.learning_rate:g}, too high?"
        )
    return weights


def _trainer(
    recipe: Recipe, folder: Path, keeper: Keeper, first_step: int, progress: bool
) -> lightning.Trainer:
    bars = [TQDMProgressBar(refresh_rate=_REFRESH)] if progress else []
    return lightning.Trainer(
        accelerator="auto",
        devices=recipe.devices,
        strategy="ddp_spawn" if recipe.devices > 1 else "auto",
        precision="bf16-mixed" if recipe.precision == "bf16-mixed" else "32-true",
        max_epochs=1,
        gradient_clip_val=recipe.clip or None,
        logger=TensorBoardLogger(folder, name=TENSORBOARD, version="", purge_step=first_step + 1),
        callbacks=[keeper, *bars],
        enable_progress_bar=progress,
        enable_checkpointing=False,  # its checkpoints are pickles; the keeper writes ours
        enable_model_summary=False,
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Lightning without its advice and adverts; its errors are heard."""
    names = ("pytorch_lightning", "lightning.pytorch", "lightning_fabric")
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="pytorch_lightning|lightning_fabric")
            warnings.filterwarnings("ignore", message=".*does not have many workers.*")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
