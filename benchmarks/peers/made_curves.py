"""The curves that every peer fits, with the truth that they were made of."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from curves import HCT, ONSET, RANGES, STEP, times_and_plasma
from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS

EXACT, NOISE, FINER = 256, 0.05, 96
"""Curves without noise, noise over a curve's peak, points of smooth plasma to a frame."""

NOISIER = (0.1, 0.2)


@dataclass(frozen=True)
class Curves:
    """Curves of a model, with what they were made of."""

    curves: np.ndarray
    truth: Mapping[str, np.ndarray]
    t: np.ndarray
    plasma: np.ndarray

    def first(self, count: int) -> "Curves":
        """The first of them."""
        truth = {name: values[:count] for name, values in self.truth.items()}
        return Curves(self.curves[:count], truth, self.t, self.plasma)


def noisy(model: str, count: int, share: float = NOISE) -> Curves:
    """Plasma straight between the frames, noise of that share of each curve's peak."""
    t, plasma = times_and_plasma()
    truth = _truth(model, count)
    curves = _curves(model, truth, t, plasma)
    noise = np.random.default_rng(1).standard_normal(curves.shape)
    return Curves(curves + share * curves.max(axis=1, keepdims=True) * noise, truth, t, plasma)


def exact(model: str) -> Curves:
    """No noise: first plasma straight between the frames, then smooth plasma seen at the frames."""
    t, plasma = times_and_plasma()
    truth = _truth(model, EXACT)
    fine = np.arange(FINER * (t.size - 1) + 1) * STEP / FINER
    smooth = POPULATION_AIFS["parker"].plasma(torch.tensor(fine - ONSET), HCT).numpy()
    seen = _curves(model, truth, fine, smooth)[:, ::FINER]
    both = np.concatenate((_curves(model, truth, t, plasma), seen))
    return Curves(both, {name: np.tile(values, 2) for name, values in truth.items()}, t, plasma)


def _truth(model: str, count: int) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    return {
        quantity.name: np.exp(generator.uniform(*np.log(RANGES[quantity.name]), count))
        for quantity in KINETIC_MODELS[model].parameters
    }


def _curves(
    model: str, truth: Mapping[str, np.ndarray], t: np.ndarray, plasma: np.ndarray
) -> np.ndarray:
    values = {name: torch.tensor(column) for name, column in truth.items()}
    return tissue_concentration(
        KINETIC_MODELS[model], values, torch.tensor(t), torch.tensor(plasma)
    ).numpy()
