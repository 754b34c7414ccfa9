"""Tofts, 1,024 voxels of 65 frames: against scipy.optimize.curve_fit, in one process."""

import numpy as np
import torch
from scipy.optimize import curve_fit
from scipy.signal import lfilter

import gadmap
from curves import FRAMES, STEP, noisy_curves, seconds, table, times_and_plasma

VOXELS, REPEATS = 1024, 300
SCIPY_VOXELS, SCIPY_REPEATS = 64, 10
BOUNDS = ([0.0, 1e-3], [5.0, 1.0])
START = [0.1, 0.3]
NETWORK_MS = 7.3  # the published network's time for a slice, on its GPU


def main() -> None:
    """Print both times, their ratio and how far the sums of squares are apart."""
    t, cp = times_and_plasma()
    curves = noisy_curves("tofts", VOXELS)
    fastest, usual = seconds(
        lambda: gadmap.fit_curves(curves, t, cp, standard_error=False), REPEATS
    )
    _, with_errors = seconds(lambda: gadmap.fit_curves(curves, t, cp), REPEATS)

    some = curves[:SCIPY_VOXELS].astype(np.float64)
    model = tofts(cp)

    def by_scipy() -> list[np.ndarray]:
        return [curve_fit(model, t, curve, p0=START, bounds=BOUNDS)[0] for curve in some]

    share = VOXELS / SCIPY_VOXELS
    scipy_fastest, scipy_usual = (share * s for s in seconds(by_scipy, SCIPY_REPEATS))
    found = by_scipy()
    theirs = np.array(
        [((model(t, *p) - curve) ** 2).sum() for p, curve in zip(found, some, strict=True)]
    )
    ours = gadmap.fit_curves(some, t, cp).sse

    rows = [
        ("fit_curves, fastest run", fastest, scipy_fastest / fastest),
        ("fit_curves, median run", usual, scipy_usual / usual),
        ("fit_curves with standard errors, median run", with_errors, scipy_usual / with_errors),
        (f"scipy curve_fit, fastest run x {share:.0f}", scipy_fastest, 1),
        (f"scipy curve_fit, median run x {share:.0f}", scipy_usual, 1),
    ]
    table(
        f"Tofts, {VOXELS:,} voxels x {FRAMES} frames, {torch.get_num_threads()} threads; "
        f"scipy on {SCIPY_VOXELS} of them",
        ("", "ms", "times scipy"),
        [(name, f"{1e3 * took:.2f}", f"{ratio:,.0f}") for name, took, ratio in rows],
    )
    print(f"aims: 1 ms, and 5,000 times scipy; the published network took {NETWORK_MS} ms")
    print(
        "sum of squares over scipy's from its one start: "
        f"highest {(ours / theirs).max() - 1:+.1e}, "
        f"lowest {(ours / theirs).min() - 1:+.1e}"
    )


def tofts(cp: np.ndarray):
    """Model of ktrans and ve [1/min, fraction] for curve_fit: exact for piecewise linear plasma.

    The segments are integrated in closed form; a recursive filter carries them forward.
    """
    step = STEP / 60

    def curve(_: np.ndarray, ktrans: float, ve: float) -> np.ndarray:
        x = max(ktrans / ve * step, 1e-6)
        both = -np.expm1(-x) / x
        new = (1 - both) / x
        gain = np.zeros_like(cp)
        gain[1:] = step * (new * cp[1:] + (both - new) * cp[:-1])
        return ktrans * lfilter([1.0], [1.0, -np.exp(-x)], gain)

    return curve


if __name__ == "__main__":
    main()
