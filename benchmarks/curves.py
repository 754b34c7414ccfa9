"""Tissue curves to fit, and a table to print."""

from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter

import numpy as np
import torch

from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS

FRAMES, STEP, ONSET, HCT = 65, 4.8, 40.0, 0.42  # s
RANGES = {"ktrans": (0.01, 0.5), "ve": (0.1, 0.6), "vp": (0.01, 0.15)}
RANGES |= {"fp": (5.0, 100.0), "ps": (0.02, 1.0), "dispersion": (0.5, 12.0)}


def times_and_plasma() -> tuple[np.ndarray, np.ndarray]:
    """Times [s] and the population's plasma concentration [mmol/L]."""
    t = STEP * np.arange(FRAMES)
    return t, POPULATION_AIFS["parker"].plasma(torch.tensor(t - ONSET), HCT).numpy()


def noisy_curves(
    model: str, count: int, noise: float = 0.05, distinct: int = 16384, *, dispersed: bool = False
) -> np.ndarray:
    """Curves (count, time) [mmol/L], float32, of log-uniform parameters, noise on their peak.

    `distinct` of them are drawn; more are copies of these with noise of their own. If `dispersed`,
    plasma reaches each with a dispersion of its own.
    """
    generator = np.random.default_rng(0)
    t, cp = times_and_plasma()
    names = [q.name for q in KINETIC_MODELS[model].parameters]
    values = {
        name: torch.tensor(np.exp(generator.uniform(*np.log(RANGES[name]), distinct)))
        for name in [*names, *(["dispersion"] if dispersed else [])]
    }
    clean = tissue_concentration(
        KINETIC_MODELS[model],
        values,
        torch.tensor(t),
        torch.tensor(cp),
        dispersion=values.get("dispersion"),
    ).numpy()
    clean = clean.astype(np.float32)
    sd = np.float32(noise) * clean.max(axis=1, keepdims=True)
    curves = np.empty((count, FRAMES), np.float32)
    for start in range(0, count, distinct):
        part = curves[start : start + distinct]
        part[:] = clean[: len(part)]
        part += sd[: len(part)] * generator.standard_normal(part.shape, dtype=np.float32)
    return curves


def seconds(work: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Fastest and median wall-clock time [s] of `work`, after one run to warm up."""
    work()
    took = []
    for _ in range(repeats):
        start = perf_counter()
        work()
        took.append(perf_counter() - start)
    return min(took), median(took)


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    print(f"\n{title}")
    for row in (head, ["-" * width for width in widths], *rows):
        cells = [row[0].ljust(widths[0])]
        cells += [c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)]
        print("  ".join(cells))
