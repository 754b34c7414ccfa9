"""A fitted arterial dispersion, 65 frames: against scipy's bounded least squares in one process."""

import argparse
from time import perf_counter

import numpy as np
import torch
from scipy.optimize import least_squares

import gadmap
from curves import FRAMES, RANGES, noisy_curves, seconds, table, times_and_plasma
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.quantities import DISPERSION
from two_compartment import convolved

VOXELS, REPEATS = 16_384, 3
SCIPY_VOXELS, STARTS = 24, 10
MODELS = ("tofts", "extended-tofts", "patlak", "vascular")


def main() -> None:
    """Print voxels a second, the ratio to scipy and how far the sums of squares are apart."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voxels", type=int, default=VOXELS)
    voxels = parser.parse_args().voxels
    t, cp = times_and_plasma()
    rows, gaps = [], []
    for model in MODELS:
        curves = noisy_curves(model, voxels, dispersed=True)
        bare, full = (
            seconds(
                lambda c=curves, m=model, e=error: gadmap.fit_curves(
                    c, t, cp, m, fit_dispersion=True, standard_error=e
                ),
                REPEATS,
            )[0]
            for error in (False, True)
        )
        some = curves[:SCIPY_VOXELS].astype(np.float64)
        start = perf_counter()
        theirs = np.array([best_of_scipy(model, c, cp, seed=i) for i, c in enumerate(some)])
        took = (perf_counter() - start) / SCIPY_VOXELS
        gap = gadmap.fit_curves(some, t, cp, model, fit_dispersion=True).sse / theirs - 1
        gaps.append(f"{model}: highest {gap.max():+.1e}, lowest {gap.min():+.1e}")
        speeds = [f"{voxels / bare:,.0f}", f"{voxels / full:,.0f}"]
        rows.append([model, *speeds, f"{took * voxels / full / STARTS:,.0f}"])
    head = ("model with a dispersion", "voxels/s", "with errors", "times scipy, one start")
    title = f"{voxels:,} voxels x {FRAMES} frames, float32, {torch.get_num_threads()} threads"
    table(title, head, rows)
    print(f"sum of squares over scipy's best of {STARTS} starts; " + "; ".join(gaps))


def best_of_scipy(model: str, curve: np.ndarray, cp: np.ndarray, seed: int) -> float:
    """The lowest sum of squares of bounded least squares from ten starts."""
    quantities = (*KINETIC_MODELS[model].parameters, DISPERSION)
    low, high = np.array([q.bounds for q in quantities]).T
    ends = np.array([RANGES[q.name] for q in quantities]).T

    def residuals(values: np.ndarray) -> np.ndarray:
        named = {q.name: value for q, value in zip(quantities, values, strict=True)}
        return tissue(cp, **named) - curve

    return min(
        2 * least_squares(residuals, start, bounds=(low, high), x_scale=ends[1]).cost
        for start in np.random.default_rng(seed).uniform(*ends, (STARTS, len(quantities)))
    )


def tissue(
    cp: np.ndarray, dispersion: float, ktrans: float = 0.0, ve: float = np.inf, vp: float = 0.0
) -> np.ndarray:
    """Curve [mmol/L] of one exponential and plasma that come dispersed, for even frames.

    Two exponential convolutions and their difference; near one rate, that of a rate beside it.
    """
    rate, tau = ktrans / ve, max(dispersion, 1e-6) / 60
    if abs(1 - rate * tau) < 1e-6:
        rate *= 1 + 1e-5
    slow = convolved(cp, 1 / tau)
    return ktrans * (convolved(cp, rate) - slow) / (1 - rate * tau) + vp * slow / tau


if __name__ == "__main__":
    main()
