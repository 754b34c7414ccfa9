"""One peer on one set of curves, in a process of its own: `one_run.py MODULE curves.npz out.npz`.

It runs in the peer's environment, so it imports nothing but numpy and the peer's file here.
"""

import json
import os
import re
import sys
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

FIRST = 16  # curves of the first call, which loads and compiles
ENOUGH = 1.0  # s of repetitions
MOST = 200


def main(module: str, source: str, target: str) -> None:
    """Fit, repeat what is quick, and write the parameters and what they took."""
    with np.load(source) as held:
        curves, t, plasma, model = held["curves"], held["t"], held["plasma"], str(held["model"])
    start = perf_counter()
    fit = import_module(module).fit
    fit(model, curves[:FIRST], t, plasma)
    first = perf_counter() - start
    walls, found, before = [], {}, _processor()
    while not walls or (sum(walls) < ENOUGH and len(walls) < MOST):
        start = perf_counter()
        found = fit(model, curves, t, plasma)
        walls.append(perf_counter() - start)
    processor = (_processor() - before) / len(walls)  # of all: the system counts in 10 ms
    np.savez(target, **found)
    taken = {"first": first, "wall": median(walls), "processor": processor}
    Path(target).with_suffix(".json").write_text(json.dumps(taken | {"peak": _peak()}))


def _family() -> list[Path]:
    """What the system tells of this process and of all that it started, and they."""
    found = [Path("/proc/self")]
    for folder in found:
        for children in folder.glob("task/*/children"):
            found += [Path("/proc", pid) for pid in children.read_text().split()]
    return found


def _processor() -> float:
    """Processor time [s] of the family."""
    ticks = 0
    for folder in _family():
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _peak() -> int:
    """Most resident memory [byte] of each of the family, together."""
    told = (re.search(r"VmHWM:\s+(\d+)", (one / "status").read_text()) for one in _family())
    return 1024 * sum(int(found[1]) for found in told if found)


if __name__ == "__main__":
    main(*sys.argv[1:])
