"""gadmap beside its peers: the same curves, each in its own process and environment.

`make peers` runs it and writes docs/peers.md. A peer is a file of `peers/` and an entry of `PEERS`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np

from peers.accuracy import accuracy, sum_of_squares
from peers.made_curves import EXACT, NOISIER, Curves, exact, noisy
from peers.page import MODELS, page
from peers.results import SIZES, Compared, Peer, Ran

HERE = Path(__file__).parent / "peers"
PAGE = Path(__file__).parents[1] / "docs" / "peers.md"
PATIENCE = 300  # s

PEERS = (
    Peer("gadmap", "with_gadmap", "least squares within bounds, global optimum; exact convolution"),
    Peer(
        "scipy",
        "with_scipy",
        "`curve_fit` within bounds from one start; the exact convolution, written for it",
        nonlinear=True,
        most=SIZES[0],
    ),
    Peer(
        "lmfit",
        "with_lmfit",
        "`Model.fit` within bounds from one start; the same curve; errors of the parameters too",
        nonlinear=True,
        most=SIZES[0],
    ),
    Peer(
        "dcmri",
        "with_dcmri",
        "`TissueArray`: `curve_fit` within bounds, of signals (SPGR, T1 and S0 given); exact "
        "convolution",
        nonlinear=True,
        most=SIZES[0],
    ),
    Peer(
        "sepal",
        "with_sepal",
        "`ConcToPKP`: `least_squares` within bounds from one start; discrete convolution; "
        "refuses ve + vp above 1; a process a core",
        nonlinear=True,
        most=SIZES[0],
    ),
    Peer("QbiPy", "with_qbipy", "linear least squares (Murase), no bounds; trapezium rule"),
    Peer(
        "p-brain",
        "with_pbrain",
        "best of 400 values of kep for all curves at once, results clipped to bounds; trapezium "
        "rule; extended Tofts only",
    ),
)


def ran(peer: Peer, model: str, curves: Curves, python: Path, folder: Path) -> Ran | str:
    """What a peer makes of curves in a process of its own, or why it makes nothing."""
    source, target = folder / "curves.npz", folder / "found.npz"
    np.savez(source, curves=curves.curves, t=curves.t, plasma=curves.plasma, model=model)
    ours = peer.module == "with_gadmap"
    hidden = {"OMP_NUM_THREADS"} | (set() if ours else {"PYTHONPATH"})
    command = [sys.executable if ours else python, HERE / "one_run.py", peer.module, source, target]
    try:
        ended = subprocess.run(
            command,
            env={name: value for name, value in os.environ.items() if name not in hidden},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return f"not done after {PATIENCE} s"
    if ended.returncode:
        return ended.stderr.strip().splitlines()[-1].rpartition("Error: ")[2]
    with np.load(target) as held:
        found = {name: np.asarray(held[name], float) for name in curves.truth}
    taken = json.loads(target.with_suffix(".json").read_text())
    return Ran(found, len(curves.curves), **taken)


def compared(peer: Peer, model: str, python: Path, folder: Path) -> Compared | str:
    """A peer on all curves of a model, or why not."""
    small, timed = noisy(model, SIZES[-1]).first(SIZES[0]), {}
    for size in SIZES:
        if size > peer.most:
            timed[size] = timed[SIZES[0]]
            continue
        found = ran(peer, model, noisy(model, SIZES[-1]).first(size), python, folder)
        if isinstance(found, str):
            return found
        timed[size] = found
    both = exact(model)
    found = ran(peer, model, both, python, folder)
    if isinstance(found, str):
        return found
    halves = [
        accuracy(
            {name: values[part] for name, values in found.found.items()},
            {name: values[part] for name, values in both.truth.items()},
        )
        for part in (slice(EXACT), slice(EXACT, None))
    ]
    noisier = {}
    for share in NOISIER:
        found = ran(peer, model, noisy(model, SIZES[-1], share).first(SIZES[0]), python, folder)
        if isinstance(found, str):
            return found
        noisier[share] = found.found
    fitted = timed[SIZES[0]].found
    squares = sum_of_squares(fitted, small.curves, small.t, small.plasma)
    noise = accuracy(fitted, small.truth)
    return Compared(peer, timed, small.truth, noise, *halves, squares, noisier)


def versions(python: Path) -> dict[str, str]:
    """Of each peer, as its environment has it."""
    command = [python, "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"]
    told = subprocess.run(command, capture_output=True, check=True).stdout
    return {"gadmap": version("gadmap")} | {one["name"]: one["version"] for one in json.loads(told)}


def main() -> None:
    """Run all, print the page and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path, default=Path(".venv-peers/bin/python"))
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    results: dict[str, dict[str, Compared | str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for model in MODELS:
            results[model] = {}
            for peer in PEERS:
                print(f"{peer.name}, {model}", file=sys.stderr, flush=True)
                results[model][peer.name] = compared(peer, model, options.python, Path(folder))
    text = page(results, PEERS, versions(options.python))
    options.page.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
