"""Patients without a phantom: curves whose height tells ktrans, in a disc."""

import numpy as np

from gadmap.data import Acquisition
from gadmap.networks.frame_grid import RIDER_GRID
from gadmap.training import Patient, Recipe
from gadmap.training.recipe import recipe_of

GRID = (44, 40, 2)
QUANTITIES = ("ktrans", "ve", "kep")


def small_patient(name: str, seed: int, height: float = 0.2) -> Patient:
    """A disc of smooth ktrans, up to `height` [1/min]; ve is not known in its left half."""
    random = np.random.default_rng(seed)
    x, y, z = np.indices(GRID)
    inside = (x - 22) ** 2 + (y - 20) ** 2 < 19**2
    wave = np.sin(x / random.uniform(4, 8) + random.uniform(0, 6)) * np.cos(
        y / random.uniform(4, 8) + z
    )
    ktrans = (height * (1 + wave) / 2).astype(np.float32)
    rise = 1 - np.exp(-np.clip(RIDER_GRID.times, 0, None) / 40)
    signal = 0.4 + 2 * ktrans[..., None] * rise + random.normal(0, 0.01, (*GRID, rise.size))

    def within(values: np.ndarray, where: np.ndarray) -> np.ndarray:
        return np.where(inside & where, values, np.nan).astype(np.float32)

    everywhere = np.ones(GRID, dtype=bool)
    truth = {
        "ktrans": within(ktrans, everywhere),
        "ve": within(2 * ktrans, everywhere),
        "kep": within(np.full(GRID, 0.5), everywhere),
    }
    fit = truth | {"ve": within(2 * ktrans, x > 22)}
    return Patient(
        name=name,
        signal=(signal * inside[..., None]).astype(np.float32),
        inside=inside,
        estimate=truth,
        fit=fit,
        truth=truth,
        slices=(0, 2),
        acquisition=Acquisition(tr=4.43e-3, flip_angle=0.4 + 0.01 * seed),
    )


def small_patients(count: int = 5) -> dict[str, Patient]:
    """Patients by name."""
    return {f"p{i}": small_patient(f"p{i}", i) for i in range(count)}


def small_recipe(**choices: object) -> Recipe:
    """A training of seconds."""
    small = {
        "network": "cnn-local",
        "steps": 12,
        "batch": 6,
        "regions": 2,
        "region_size": 16,
        "slices": 2,
        "voxels": 64,
        "validate_every": 5,
        "checkpoint_every": 4,
        "split": (3, 1, 1),
    }
    return recipe_of(small | choices)
