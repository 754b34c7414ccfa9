"""A fitted arterial delay, 65 frames: against scipy's bounded least squares, in one process."""

import argparse
from time import perf_counter

import numpy as np
import torch
from scipy.optimize import least_squares

import gadmap
from curves import FRAMES, RANGES, STEP, noisy_curves, seconds, table, times_and_plasma
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.quantities import DELAY
from two_compartment import convolved

VOXELS, REPEATS = 65_536, 3
SCIPY_VOXELS, STARTS = 24, 10
AIMS = {"tofts": 100_000, "extended-tofts": 50_000, "patlak": None, "vascular": None}


def main() -> None:
    """Print voxels a second, the ratio to scipy and how far the sums of squares are apart."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voxels", type=int, default=VOXELS)
    voxels = parser.parse_args().voxels
    t, cp = times_and_plasma()
    rows, gaps = [], []
    for model, aim in AIMS.items():
        curves = late(noisy_curves(model, voxels))
        bare, _ = seconds(
            lambda c=curves, m=model: gadmap.fit_curves(
                c, t, cp, m, fit_delay=True, standard_error=False
            ),
            REPEATS,
        )
        full, _ = seconds(
            lambda c=curves, m=model: gadmap.fit_curves(c, t, cp, m, fit_delay=True), REPEATS
        )
        some = curves[:SCIPY_VOXELS].astype(np.float64)
        start = perf_counter()
        theirs = np.array([best_of_scipy(model, c, t, cp, seed=i) for i, c in enumerate(some)])
        took = (perf_counter() - start) / SCIPY_VOXELS
        gap = gadmap.fit_curves(some, t, cp, model, fit_delay=True).sse / theirs - 1
        gaps.append(f"{model}: highest {gap.max():+.1e}, lowest {gap.min():+.1e}")
        rows.append(
            [
                model,
                f"{voxels / bare:,.0f}",
                f"{voxels / full:,.0f}",
                f"{aim:,}" if aim else "",
                f"{took * voxels / full / STARTS:,.0f}",
            ]
        )
    head = ("model with a delay", "voxels/s", "with errors", "aim", "times scipy, one start")
    title = f"{voxels:,} voxels x {FRAMES} frames, float32, {torch.get_num_threads()} threads"
    table(title, head, rows)
    print(f"sum of squares over scipy's best of {STARTS} starts; " + "; ".join(gaps))


def late(curves: np.ndarray) -> np.ndarray:
    """Curves moved by up to a frame either way, so that delays are of every size."""
    moved = curves.copy()
    moved[::3, 1:], moved[1::3, :-1] = curves[::3, :-1], curves[1::3, 1:]
    return moved


def best_of_scipy(model: str, curve: np.ndarray, t: np.ndarray, cp: np.ndarray, seed: int) -> float:
    """The lowest sum of squares of bounded least squares from ten starts."""
    quantities = (*KINETIC_MODELS[model].parameters, DELAY)
    low, high = np.array([q.bounds for q in quantities]).T
    ends = np.array([RANGES.get(q.name, (-8.0, 8.0)) for q in quantities]).T

    def residuals(values: np.ndarray) -> np.ndarray:
        named = {q.name: value for q, value in zip(quantities, values, strict=True)}
        return tissue(t, cp, **named) - curve

    return min(
        2 * least_squares(residuals, start, bounds=(low, high), x_scale=np.abs(ends[1])).cost
        for start in np.random.default_rng(seed).uniform(*ends, (STARTS, len(quantities)))
    )


def tissue(
    t: np.ndarray,
    cp: np.ndarray,
    delay: float,
    ktrans: float = 0.0,
    ve: float = np.inf,
    vp: float = 0.0,
) -> np.ndarray:
    """Curve [mmol/L] of one exponential and plasma that come with a delay, for even frames.

    Exact for piecewise linear plasma: from the last sample on, a piece of a segment is added.
    """
    rate, when = ktrans / ve, t - delay
    last = np.clip(np.floor(when / STEP).astype(int), 0, t.size - 1)
    piece = np.maximum(when - t[last], 0) / 60
    plasma = np.interp(when, t, cp)
    x = np.maximum(rate * piece, 1e-9)
    new = np.where(x > 1e-3, (1 + np.expm1(-x) / x) / x, 1 / 2 - x / 6 + x * x / 24)
    both = 1 - x * new
    came = np.exp(-x) * convolved(cp, rate)[last] + piece * (new * plasma + (both - new) * cp[last])
    return np.where(when >= 0, ktrans * came + vp * plasma, 0.0)


if __name__ == "__main__":
    main()
