"""The fit on another device beside the CPU: speed, and how far their sums of squares are apart."""

import argparse

import numpy as np
import torch

import gadmap
from curves import FRAMES, noisy_curves, seconds, table, times_and_plasma

VOXELS, REPEATS = 1_000_000, 3
MODELS = ("tofts", "extended-tofts", "patlak", "vascular")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("device", help="cuda, cuda:1")
    parser.add_argument("--voxels", type=int, default=VOXELS)
    options = parser.parse_args()
    t, cp = times_and_plasma()
    rows = []
    for model in MODELS:
        curves = noisy_curves(model, options.voxels)

        def fitted(device: str, model: str = model, curves: np.ndarray = curves) -> gadmap.CurveFit:
            return gadmap.fit_curves(curves, t, cp, model, device=device)

        here, _ = seconds(lambda: fitted("cpu"), REPEATS)
        there, _ = seconds(lambda: fitted(options.device), REPEATS)
        apart = np.nanmax(np.abs(fitted(options.device).sse / fitted("cpu").sse - 1))
        speeds = (f"{options.voxels / took / 1e6:.2f}" for took in (here, there))
        rows.append((model, *speeds, f"{here / there:.1f}", f"{apart:.1e}"))
    table(
        f"{options.voxels:,} voxels x {FRAMES} frames, float32, with standard errors, "
        f"{torch.get_num_threads()} threads",
        ("model", "million/s on the CPU", f"on {options.device}", "ratio", "sse apart"),
        rows,
    )


if __name__ == "__main__":
    main()
