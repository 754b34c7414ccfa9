"""Residual and smoothness of maps of a real examination: exact fits beside weights.

`gadmap train fcsa-net-guided --mode physics --data DIR --out RUN` makes weights without a label.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

import gadmap
from curves import table
from gadmap.data import Exam, ParameterMaps
from gadmap.estimators.guided_input import FLOORS, frame_plasma
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.voxels import exam_concentration
from gadmap.pipeline.sources import patient_sources
from gadmap.training import Recipe

MODELS = ("tofts", "extended-tofts")


def main() -> None:
    """Print a table for each examination."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", help="folder of examinations, a folder each")
    parser.add_argument("weights", nargs="+", help="files of weights, or fcsa-net-guided")
    options = parser.parse_args()
    for source in patient_sources(options.data, Recipe()):
        (series, vfa), _ = source.read()
        exam = gadmap.prepare(series, vfa=vfa, aif="auto")
        maps = {name: gadmap.estimate(exam, name) for name in (*MODELS, *options.weights)}
        usable = np.logical_and.reduce([each.valid for each in maps.values()])
        reference = misfit(exam, maps[MODELS[-1]], usable)
        rows = []
        for name, each in maps.items():
            left = misfit(exam, each, usable)
            rows.append(
                (
                    Path(name).parent.name if name.endswith(".safetensors") else name,
                    f"{np.sqrt((left**2).mean() / (reference**2).mean()):.3f}",
                    f"{np.median(left / reference):.3f}",
                    *(f"{roughness(each, quantity, usable):.3f}" for quantity in ("ktrans", "ve")),
                )
            )
        table(
            f"{source.name}, {usable.sum():,} voxels: residual over that of {MODELS[-1]}; mean "
            "difference of neighbours' logarithms",
            ("", "RMS", "median", "ktrans", "ve"),
            rows,
        )


def misfit(exam: Exam, maps: ParameterMaps, where: np.ndarray) -> np.ndarray:
    """Root mean square of measured minus predicted concentration of each voxel [mmol/L]."""
    concentration, _ = exam_concentration(replace(exam, mask=where))
    names = ("ktrans", "ve", "vp") if "vp" in maps.values else ("ktrans", "ve")
    parameters = {name: torch.tensor(maps[name][where], dtype=torch.float64) for name in names}
    parameters["ve"] = parameters["ve"].clamp(min=1e-3)
    curve = tissue_concentration(
        KINETIC_MODELS["extended-tofts" if "vp" in maps.values else "tofts"],
        parameters,
        torch.tensor(exam.series.t),
        torch.tensor(frame_plasma(exam)),
    )
    return np.sqrt(np.mean((curve.numpy() - concentration[where]) ** 2, axis=1))


def roughness(maps: ParameterMaps, quantity: str, where: np.ndarray) -> float:
    """Mean difference of neighbours in a slice, of log(1 + value / floor)."""
    values = np.log1p(np.maximum(maps[quantity], 0) / FLOORS[quantity])
    apart = [
        np.abs(np.diff(values, axis=axis))[
            np.take(where, range(where.shape[axis] - 1), axis)
            & np.take(where, range(1, where.shape[axis]), axis)
        ]
        for axis in (0, 1)
    ]
    return float(np.concatenate(apart).mean())


if __name__ == "__main__":
    main()
