"""Two compartments, 65 frames: against scipy's bounded least squares, in one process."""

import argparse
from time import perf_counter

import numpy as np
import torch
from scipy.optimize import least_squares
from scipy.signal import lfilter

import gadmap
from curves import FRAMES, STEP, noisy_curves, seconds, table, times_and_plasma
from gadmap.physics.kinetics import KINETIC_MODELS

VOXELS, REPEATS = 131_072, 3
SCIPY_VOXELS, STARTS = 24, 10
AIMS = {"2cum": 200_000, "2cxm": 50_000, "vascular": 1_000_000}
LOW = {"fp": 1.0, "ps": 1e-3, "ve": 1e-2, "vp": 1e-3}
HIGH = {"fp": 150.0, "ps": 2.0, "ve": 1.0, "vp": 0.3}


def main() -> None:
    """Print voxels a second, the ratio to scipy and how far the sums of squares are apart."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voxels", type=int, default=VOXELS)
    voxels = parser.parse_args().voxels
    t, cp = times_and_plasma()
    rows, gaps = [], []
    for model, aim in AIMS.items():
        curves = noisy_curves(model, voxels)
        bare, _ = seconds(
            lambda c=curves, m=model: gadmap.fit_curves(c, t, cp, m, standard_error=False), REPEATS
        )
        full, _ = seconds(lambda c=curves, m=model: gadmap.fit_curves(c, t, cp, m), REPEATS)
        row = [model, f"{voxels / bare:,.0f}", f"{voxels / full:,.0f}", f"{aim:,}"]
        if model != "vascular":
            some = curves[:SCIPY_VOXELS].astype(np.float64)
            start = perf_counter()
            theirs = np.array(
                [best_of_scipy(model, curve, cp, seed=i) for i, curve in enumerate(some)]
            )
            took = (perf_counter() - start) / SCIPY_VOXELS
            gap = gadmap.fit_curves(some, t, cp, model).sse / theirs - 1
            gaps.append(f"{model}: highest {gap.max():+.1e}, lowest {gap.min():+.1e}")
            row.append(f"{took * voxels / full / STARTS:,.0f}")
        else:
            row.append("")
        rows.append(row)
    head = ("model", "voxels/s", "with errors", "aim", "times scipy, one start")
    title = f"{voxels:,} voxels x {FRAMES} frames, float32, {torch.get_num_threads()} threads"
    table(title, head, rows)
    print(f"sum of squares over scipy's best of {STARTS} starts; " + "; ".join(gaps))


def best_of_scipy(model: str, curve: np.ndarray, cp: np.ndarray, seed: int) -> float:
    """The lowest sum of squares of bounded least squares from ten starts."""
    quantities = KINETIC_MODELS[model].parameters
    low, high = np.array([q.bounds for q in quantities]).T
    ends = np.log([[end[q.name] for q in quantities] for end in (LOW, HIGH)])
    names = [q.name for q in quantities]

    def residuals(values: np.ndarray) -> np.ndarray:
        return tissue(cp, **dict(zip(names, values, strict=True))) - curve

    return min(
        2 * least_squares(residuals, start, bounds=(low, high), x_scale=np.exp(ends[1])).cost
        for start in np.exp(np.random.default_rng(seed).uniform(*ends, (STARTS, len(names))))
    )


def tissue(cp: np.ndarray, fp: float, ps: float, vp: float, ve: float = np.inf) -> np.ndarray:
    """Curve [mmol/L], exact for piecewise linear plasma; see `gadmap.physics.kinetics.exchange`."""
    flow, vp = fp / 100, max(vp, 1e-9)
    washing, leaving, returning = flow / vp, ps / vp, ps / ve
    apart = np.sqrt((washing + leaving - returning) ** 2 + 4 * leaving * returning + 1e-24)
    fast = (washing + leaving + returning + apart) / 2
    slow = washing * returning / fast
    share = (washing - slow) / apart
    return flow * (share * convolved(cp, fast) + (1 - share) * convolved(cp, slow))


def convolved(cp: np.ndarray, rate: float) -> np.ndarray:
    """Plasma curve convolved with exp(-rate t): segments in closed form, carried by a filter."""
    step = STEP / 60
    x = rate * step
    new = 1 / 2 - x / 6 + x * x / 24
    if x > 1e-3:
        new = (1 + np.expm1(-x) / x) / x
    both = 1 - x * new
    gain = np.zeros_like(cp)
    gain[1:] = step * (new * cp[1:] + (both - new) * cp[:-1])
    return lfilter([1.0], [1.0, -np.exp(-x)], gain)


if __name__ == "__main__":
    main()
