"""A million voxels of 65 frames: speed of every model, and memory beyond input and output."""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

import gadmap
from curves import FRAMES, noisy_curves, seconds, table, times_and_plasma

VOXELS, REPEATS = 1_000_000, 3
NODES = 48
AIMS = {"tofts": 2e6, "extended-tofts": 1e6, "patlak": 5e6}
STATUS = Path("/proc/self/status")


def main() -> None:
    """Print the tables; with --memory, one number for the script that asks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voxels", type=int, default=VOXELS)
    parser.add_argument("--memory", metavar="MODEL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        print(memory_beyond(options.memory, options.voxels))
        return
    speed(options.voxels)
    memory(options.voxels)


def speed(voxels: int) -> None:
    """Voxels a second with and without standard errors, beside one matrix product."""
    t, cp = times_and_plasma()
    rows = []
    for model, aim in AIMS.items():
        curves = noisy_curves(model, voxels)
        samples, matrix = torch.tensor(curves), torch.ones(FRAMES, NODES)
        product, _ = seconds(lambda c=samples, m=matrix: c @ m, REPEATS)
        bare, _ = seconds(
            lambda c=curves, m=model: gadmap.fit_curves(c, t, cp, m, standard_error=False), REPEATS
        )
        full, _ = seconds(lambda c=curves, m=model: gadmap.fit_curves(c, t, cp, m), REPEATS)
        rows.append(
            (
                model,
                f"{bare:.3f}",
                f"{voxels / bare / 1e6:.2f}",
                f"{aim / 1e6:.0f}",
                f"{full:.3f}",
                f"{full / bare:.2f}",
                f"{product:.3f}",
                f"{product / bare:.0%}",
            )
        )
    table(
        f"{voxels:,} voxels x {FRAMES} frames, float32, {torch.get_num_threads()} threads",
        ("model", "s", "million/s", "aim", "s with errors", "ratio", "product s", "share"),
        rows,
    )
    print(f"product: the same curves times a matrix of {FRAMES} x {NODES}, nothing else")


def memory(voxels: int) -> None:
    """Peak memory beyond input and output, each measured in a process of its own."""
    if not STATUS.exists():
        print("\nmemory: this system tells no peak in /proc/self/status")
        return
    counts = (voxels // 4, voxels)
    rows = [
        (model, *(f"{in_own_process(model, count) / 1e6:.0f}" for count in counts))
        for model in AIMS
    ]
    head = ("model", *(f"{count:,} voxels" for count in counts))
    table("Peak memory of the fit beyond input and output [MB]", head, rows)


def in_own_process(model: str, voxels: int) -> int:
    """Bytes, from this script run on its own."""
    command = [sys.executable, __file__, "--memory", model, "--voxels", str(voxels)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def memory_beyond(model: str, voxels: int) -> int:
    """Growth of the peak [bytes] while `voxels` are fitted, less the size of the result."""
    t, cp = times_and_plasma()
    gadmap.fit_curves(noisy_curves(model, 64), t, cp, model)  # libraries are loaded now
    curves = noisy_curves(model, voxels)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = status("VmRSS")
    fit = gadmap.fit_curves(curves, t, cp, model)
    arrays = (*fit.values.values(), *fit.standard_error.values(), fit.sse, fit.valid, fit.reason)
    return status("VmHWM") - before - sum(np.asarray(array).nbytes for array in arrays)


def status(name: str) -> int:
    """A line of this process's memory [bytes]."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(name))
    return 1024 * int(line.split()[1])


if __name__ == "__main__":
    main()
