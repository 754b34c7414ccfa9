"""
Adding a network
================

A network is a torch module that takes the signal of slices on the network's frames and gives quantities over their scales. One line in
``NETWORKS`` lets it be trained, kept in a file, and used by name like those of the package.
"""

import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn

import gadmap
from gadmap.networks import NETWORKS
from gadmap.phantoms import patient_case, phantom_of
from gadmap.pipeline import train_network
from gadmap.training import CohortRecipe, Recipe


class Perceptron(nn.Module):
    """Each voxel by itself: two layers of 32 over the frames."""

    def __init__(self, frames: int = 65, outputs: int = 1) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(frames, 32, 1), nn.ReLU(), nn.Conv2d(32, 32, 1), nn.ReLU(),
            nn.Conv2d(32, outputs, 1), nn.Tanh(),
        )  # fmt: skip

    def forward(self, x: Tensor, inside: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """Signal (b, frames, h, w) to quantities over their scales (b, outputs, h, w)."""
        return self.layers(x)


NETWORKS["perceptron"] = Perceptron

# %%
# Any size of slice must do, since maps are made of whole slices:

Perceptron()(torch.zeros(1, 65, 23, 17)).shape

# %%
# A training of seconds; the recipe names the network. ``gadmap train --config recipe.toml`` reads the same choices from a file.

folder = tempfile.TemporaryDirectory()
recipe = Recipe(
    network="perceptron",
    mode="supervised-truth",
    steps=60,
    batch=8,
    regions=2,
    slices=2,
    split=(1, 1, 1),
    validate_every=20,
    cohort=CohortRecipe(count=3, matrix=64, slices=3),
)
result = train_network("phantom", Path(folder.name) / "run", recipe)
for point in result.curve:
    print(f"step {point.step}: {point.training:.5f} in training, {point.validation:.5f} beside it")

# %%
# Its file holds no code, only numbers and text, and is an estimator:

phantom = phantom_of(patient_case(1, 0, matrix=64, slices=3))
exam = gadmap.prepare(phantom.exam.series, aif="none")
maps = gadmap.estimate(exam, result.weights)
folder.cleanup()
maps.plot(["ktrans"], slices=[1], exam=exam)

# %%
# Whatever else has ``estimate(exam) -> ParameterMaps`` is an estimator too, from any package and without a line in this one:
# ``gadmap.estimate(exam, yours)`` takes it.
