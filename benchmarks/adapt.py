"""Does adapting the shipped fcsa-net to a site help? Error to the truth with and without.

The site is another scanner than those of the training: shorter TR, smaller flip angle. Half of its
heads are adapted to, without labels; the others are mapped.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from math import radians
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import gadmap
from curves import table
from gadmap.phantoms import PRIORS, Phantom, patient_case, phantom_of
from gadmap.phantoms.ranges import Uniform
from gadmap.pipeline import adapt
from gadmap.pipeline.phantom import write_examination

SITE = replace(
    PRIORS["wide"],
    tr=Uniform(2.9e-3, 3.1e-3),
    flip_angle=Uniform(radians(11.5), radians(12.5)),
)
SEED, NETWORK, ENHANCING = 550_055, "fcsa-net", 0.02  # 1/min
MODES = ("adapt", "hybrid", "physics")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--heads", type=int, default=4, help="to adapt to, and as many to map")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--matrix", type=int, default=192)
    options = parser.parse_args()
    heads = [head(k, options.matrix) for k in range(2 * options.heads)]
    with TemporaryDirectory() as folder:
        site, out = Path(folder) / "site", Path(folder) / "out"
        for k, one in enumerate(heads[: options.heads]):
            write_examination(site / f"head-{k}", one, "nifti", "siemens")
        rows = [row("as shipped", NETWORK, heads[options.heads :])]
        for mode in MODES:
            made = adapt(
                NETWORK,
                site,
                out / mode,
                mode=mode,
                steps=options.steps,
                seed=0,
                cache=Path(folder) / "labelled",
                jobs=2,
            )
            rows.append(row(mode, str(made.weights), heads[options.heads :]))
    table(
        f"{NETWORK} on {options.heads} heads of a site: error of ktrans to the truth, 1/min",
        ("", "RMSE", f"where above {ENHANCING:g}", "mean bias there", "ve RMSE there"),
        rows,
    )


def head(k: int, matrix: int) -> Phantom:
    """A head of the site."""
    return phantom_of(patient_case(SEED, k, priors=SITE, matrix=matrix, slices=8))


def row(name: str, estimator: str, heads: Sequence[Phantom]) -> tuple[str, ...]:
    """Errors over all heads' voxels in tissue."""
    apart: dict[str, list[np.ndarray]] = {"ktrans": [], "ve": []}
    truths = []
    for one in heads:
        exam = gadmap.prepare(one.exam.series, aif="none")
        maps = gadmap.estimate(exam, estimator)
        truth = one.truth["ktrans"]
        usable = maps.valid & np.isfinite(truth) & np.isfinite(one.truth["ve"])
        truths.append(truth[usable])
        for quantity, parts in apart.items():
            parts.append((maps[quantity] - one.truth[quantity])[usable])
    ktrans, ve = (np.concatenate(parts) for parts in apart.values())
    there = np.concatenate(truths) > ENHANCING

    def rms(values: np.ndarray) -> str:
        return f"{np.sqrt(np.mean(np.square(values))):.4f}"

    return name, rms(ktrans), rms(ktrans[there]), f"{ktrans[there].mean():+.4f}", rms(ve[there])


if __name__ == "__main__":
    main()
