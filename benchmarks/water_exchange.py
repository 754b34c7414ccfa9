"""What a fit in the wrong limit of water exchange does to the parameters, by flip angle.

Signals without noise under a Parker input, 65 frames of 4.8 s, eight of them before contrast, TR
5 ms, T1 1.2 s, r1 4.5 1/s per mmol/L, haematocrit 0.42: made in one limit, fitted in the other. At
the end the worst error in the limit that they were made in, which is rounding.
"""

import numpy as np
import torch

from gadmap import fit_curves
from gadmap.fitting.signal_voxels import Signals
from gadmap.fitting.signals import fit_signals
from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.spgr import spgr_r1, spgr_s0, spgr_signal
from gadmap.physics.water_exchange import FAST, NONE, WATER_EXCHANGES

T, BASELINE, TR, T10, RELAXIVITY, HCT = 4.8 * np.arange(65), 8, 5e-3, 1.2, 4.5, 0.42
ANGLES = (10, 30)
TISSUES = (
    ("tofts", {"ktrans": 0.05, "ve": 0.2}),
    ("tofts", {"ktrans": 0.25, "ve": 0.2}),
    ("tofts", {"ktrans": 0.25, "ve": 0.5}),
    ("extended-tofts", {"ktrans": 0.05, "ve": 0.2, "vp": 0.02}),
    ("extended-tofts", {"ktrans": 0.25, "ve": 0.2, "vp": 0.05}),
    ("extended-tofts", {"ktrans": 0.25, "ve": 0.5, "vp": 0.05}),
)


def plasma() -> np.ndarray:
    """Plasma concentration [mmol/L]."""
    return POPULATION_AIFS["parker"].plasma(torch.tensor(T - 37.0), HCT).numpy()


def signals(model: str, values: dict[str, float], exchange: str, angle: float) -> Signals:
    """The signal of a tissue in one limit of exchange."""
    kinetics, limit = KINETIC_MODELS[model], WATER_EXCHANGES[exchange]
    given = {name: torch.tensor(value, dtype=torch.float64) for name, value in values.items()}
    volumes = limit.volumes(kinetics, given, HCT)[:, None]
    held = limit.concentrations(kinetics, given, torch.tensor(T), torch.tensor(plasma()), HCT)
    pools = spgr_signal(1 / T10 + RELAXIVITY * held, torch.tensor(1e3), torch.tensor(angle), TR)
    samples = (volumes * pools).sum(dim=0)[None].numpy()
    t10, no_error, angles = np.full(1, T10), np.zeros(1), np.full(1, angle)
    return Signals(samples, BASELINE, t10, no_error, angles, TR, RELAXIVITY, HCT)


def errors(
    model: str, values: dict[str, float], made: str, taken: str, angle: float
) -> dict[str, float]:
    """Relative error of every parameter of signals made in one limit and fitted in another."""
    given, t10 = signals(model, values, made, angle), torch.tensor(T10)
    samples, flip = torch.tensor(given.samples), torch.tensor(angle)
    baseline = samples[:, :BASELINE].mean(dim=1, keepdim=True)
    rate = spgr_r1(samples, spgr_s0(baseline, 1 / t10, flip, TR), flip, TR)
    start = fit_curves(((rate - 1 / t10) / RELAXIVITY).numpy(), T, plasma(), model)
    fit = fit_signals(start, given, T, plasma(), water_exchange=taken)
    return {name: float(fit[name][0] / true - 1) for name, true in values.items()}


def main() -> None:
    """Print the table, a row a tissue and angle, and the worst error in the right limit."""
    torch.set_num_threads(1)
    worst = 0.0
    print("| model | tissue | angle | fast, fitted as none | none, fitted as fast |")
    print("|---|---|---|---|---|")
    for model, values in TISSUES:
        tissue = ", ".join(f"{name} {value:g}" for name, value in values.items())
        for degrees in ANGLES:
            cells = []
            for made, taken in ((FAST, NONE), (NONE, FAST)):
                angle = float(np.radians(degrees))
                wrong = errors(model, values, made, taken, angle)
                cells.append(", ".join(f"{name} {off:+.0%}" for name, off in wrong.items()))
                right = errors(model, values, made, made, angle)
                worst = max(worst, *map(abs, right.values()))
            print(f"| {model} | {tissue} | {degrees}° | {' | '.join(cells)} |")
    print(f"\nfitted in the limit that they were made in: {worst:.1e} at most")


if __name__ == "__main__":
    main()
