"""The fit of the signal beside that of the concentration: errors told and true, bias, time.

One tissue (extended Tofts, ktrans 0.2 /min, ve 0.3, vp 0.05; T1 1.2 s) under a Parker input, 65
frames of 4.8 s, eight of them before contrast, TR 5 ms and 20 degrees; Rician noise.
"""

from time import perf_counter

import numpy as np
import torch

from gadmap import fit_curves
from gadmap.fitting.signals import Signals, fit_signals
from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.noise import rician
from gadmap.physics.spgr import spgr_r1, spgr_s0, spgr_signal

MODEL, TRUTH = "extended-tofts", {"ktrans": 0.2, "ve": 0.3, "vp": 0.05}
T, BASELINE, TR, ANGLE, T10, RELAXIVITY = 4.8 * np.arange(65), 8, 5e-3, np.radians(20), 1.2, 4.5
VOXELS, HCT = 4000, 0.42


def plasma() -> np.ndarray:
    """Plasma concentration [mmol/L]."""
    return POPULATION_AIFS["parker"].plasma(torch.tensor(T - 37.0), HCT).numpy()


def signals(snr: float, t10_error: float) -> Signals:
    """Signals with noise of the baseline's over `snr`, and measured T1."""
    values = {name: torch.tensor(value).double() for name, value in TRUTH.items()}
    tissue = tissue_concentration(
        KINETIC_MODELS[MODEL], values, torch.tensor(T), torch.tensor(plasma())
    )
    clean = spgr_signal(1 / T10 + RELAXIVITY * tissue, torch.tensor(1e3), torch.tensor(ANGLE), TR)
    generator = torch.Generator().manual_seed(0)
    samples = rician(clean.repeat(VOXELS, 1), float(clean[0]) / snr, generator).numpy()
    t10 = T10 * (1 + t10_error * np.random.default_rng(0).standard_normal(VOXELS))
    error, angle = np.full(VOXELS, t10_error * T10), np.full(VOXELS, ANGLE)
    return Signals(samples, BASELINE, t10, error, angle, TR, RELAXIVITY, HCT)


def concentration(given: Signals) -> np.ndarray:
    """By the exact inverse, from the baseline's mean and T1 as they are."""
    samples, angle = torch.tensor(given.samples), torch.tensor(ANGLE)
    r10 = torch.tensor(1 / given.t10)[:, None]
    baseline = samples[:, :BASELINE].mean(dim=1, keepdim=True)
    rate = spgr_r1(samples, spgr_s0(baseline, r10, angle, TR), angle, TR)
    return ((rate - r10) / RELAXIVITY).numpy()


def row(snr: float, t10_error: float) -> str:
    """Of ktrans: median off the truth, spread over draws, median error told, coverage, time."""
    given, cp = signals(snr, t10_error), plasma()
    fit_curves(concentration(given)[:10], T, cp, MODEL)
    start = perf_counter()
    usual = fit_curves(concentration(given), T, cp, MODEL)
    times = [perf_counter() - start]
    fits = {"concentration": usual}
    for noise in ("gaussian", "rician"):
        start = perf_counter()
        fits[noise] = fit_signals(usual, given, T, cp, noise)
        times.append(times[0] + perf_counter() - start)
    cells = []
    for (name, fit), seconds in zip(fits.items(), times, strict=True):
        ktrans, error = fit["ktrans"], fit.standard_error["ktrans"]
        off = ktrans - TRUTH["ktrans"]
        cells.append(
            f"{name}: median {np.nanmedian(off) / TRUTH['ktrans']:+.1%}, spread "
            f"{np.nanstd(ktrans) / TRUTH['ktrans']:.1%}, told "
            f"{np.nanmedian(error) / TRUTH['ktrans']:.1%}, 95 % covers "
            f"{np.nanmean(np.abs(off) < 1.96 * error):.0%}, {seconds / times[0]:.0f} times as long"
        )
    return f"SNR {snr:g}, T1's error {t10_error:.0%}\n  " + "\n  ".join(cells)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for snr, t10_error in ((100, 0.0), (25, 0.0), (25, 0.05), (5, 0.0), (3, 0.0)):
        print(row(snr, t10_error))
