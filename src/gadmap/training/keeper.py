"""What happens between the steps: looks at the validation patients, the curve, checkpoints."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import pytorch_lightning as lightning
import torch
from lightning_fabric.utilities import move_data_to_device
from torch import nn

from gadmap.training.batches import AnyBatch
from gadmap.training.curve import Point, add_point
from gadmap.training.module import NetworkTraining
from gadmap.training.objective import Objective
from gadmap.training.recipe import Recipe
from gadmap.training.snapshot import Best, Moments, Snapshot, weights_of, write_snapshot


class Keeper(lightning.Callback):
    """Looks, writes the curve, and keeps snapshots; at steps counted from the training's start.

    All of it is done by the first process alone, between the steps, and changes nothing that the
    training depends on.
    """

    def __init__(
        self,
        recipe: Recipe,
        validation: Sequence[AnyBatch],
        objective: Objective,
        start: Snapshot,
        curve: Path,
        checkpoint: Path,
    ) -> None:
        self._recipe, self._validation, self._objective = recipe, validation, objective
        self._first, self._best, self._since = start.step, start.best, start.since
        self._identity: Mapping[str, Any] = start.identity
        self._curve, self._checkpoint = curve, checkpoint
        self._began = perf_counter()

    def on_train_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        outputs: Any,
        batch: Any,  # noqa: ARG002
        batch_idx: int,
    ) -> None:
        """Count the step's loss; look and write when it is time."""
        if not trainer.is_global_zero or not isinstance(pl_module, NetworkTraining):
            return
        step = self._first + batch_idx + 1
        total, count = self._since
        self._since = total + float(outputs["loss"]), count + 1
        last = step == self._recipe.steps
        if last or step % self._recipe.validate_every == 0:
            self._look(step, trainer, pl_module.network)
        if last or step % self._recipe.checkpoint_every == 0:
            self._keep(step, trainer, pl_module.network)

    def _look(self, step: int, trainer: lightning.Trainer, network: nn.Module) -> None:
        total, count = self._since
        point = Point(
            step=step,
            training=total / count,
            validation=mean_loss(network, self._validation, self._objective),
            seconds=round(perf_counter() - self._began, 1),
        )
        self._since = (0.0, 0)
        if point.validation < self._best.loss:
            self._best = Best(step=step, loss=point.validation, weights=weights_of(network))
        add_point(self._curve, point)
        losses = {"training": point.training, "validation": point.validation}
        for logger in trainer.loggers:
            logger.log_metrics(losses, step=step)

    def _keep(self, step: int, trainer: lightning.Trainer, network: nn.Module) -> None:
        snapshot = Snapshot(
            step=step,
            weights=weights_of(network),
            moments=Moments.of(trainer.optimizers[0], network),
            best=self._best,
            since=self._since,
            identity=self._identity,
        )
        write_snapshot(self._checkpoint, snapshot)


@torch.no_grad()
def mean_loss(network: nn.Module, batches: Sequence[AnyBatch], objective: Objective) -> float:
    """Of a network on batches, over what counts."""
    network.eval()
    device = next(network.parameters()).device
    sums = [objective(network, move_data_to_device(batch, device)) for batch in batches]
    network.train()
    error, weight = (float(sum(column)) for column in zip(*sums, strict=True))
    return error / max(weight, 1)
