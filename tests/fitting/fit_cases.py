"""Curves to fit: plasma curves on several time grids and tissue curves of known parameters."""

from functools import cache

import numpy as np
import torch

from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS

FRAMES = 65
STEP = 4.8  # s
ONSET = 37.0  # s
NAMES = {model: [q.name for q in KINETIC_MODELS[model].parameters] for model in KINETIC_MODELS}
MODELS = list(KINETIC_MODELS)
ONE_RATE = ["tofts", "extended-tofts", "patlak"]
TWO_COMPARTMENTS = ["2cum", "2cxm"]
DIGITS = dict.fromkeys(MODELS, 1e-9) | dict.fromkeys(TWO_COMPARTMENTS, 1e-3)
"""Relative error of parameters by rounding: where the sum of squares is flat steps end earlier."""


def even_times():
    return STEP * np.arange(FRAMES)


def uneven_times():
    """Steps of 2 to 10 s, mixed."""
    return np.concatenate([[0.0], np.cumsum(np.random.default_rng(5).uniform(2, 10, FRAMES - 1))])


def times_with_gap():
    """Even, then one late frame two minutes after the others."""
    return np.append(even_times()[:-1], even_times()[-2] + 120)


def late_times():
    """The clock of the scanner did not start with the series."""
    return even_times() + 1234.5


def plasma_at(t, name="parker", onset=ONSET):
    """Plasma concentration [mmol/L] of a population; `onset` in s after the first frame."""
    since = torch.tensor(t - t[0] - onset, dtype=torch.float64)
    return POPULATION_AIFS[name].plasma(since, 0.42).numpy()


def running_plasma_at(t):
    """A plasma curve that has begun before the first frame."""
    return plasma_at(t, onset=-20.0)


GRIDS = {
    "even": (even_times, plasma_at),
    "uneven": (uneven_times, plasma_at),
    "late gap": (times_with_gap, plasma_at),
    "late start": (late_times, plasma_at),
    "contrast at once": (even_times, running_plasma_at),
}


@cache
def grid(name="even"):
    """Times [s] and plasma concentration [mmol/L] there."""
    times, plasma = GRIDS[name]
    t = times()
    return t, plasma(t)


def tissue(model, parameters, t, cp):
    """Tissue curves [mmol/L] of a table of parameters, a row a curve."""
    table = torch.tensor(np.atleast_2d(parameters), dtype=torch.float64)
    values = dict(zip(NAMES[model], table.unbind(dim=1), strict=True))
    return tissue_concentration(
        KINETIC_MODELS[model], values, torch.tensor(t), torch.tensor(cp)
    ).numpy()


def combinations(model, ktrans, ve, vp, fp=(5.0, 30.0, 120.0)):
    """Every combination of the values, in the columns of `model`; exchange as fast as uptake."""
    values = {"ktrans": ktrans, "ve": ve, "vp": vp, "fp": fp, "ps": ktrans}
    axes = np.meshgrid(*(values[name] for name in NAMES[model]), indexing="ij")
    return np.stack([axis.ravel() for axis in axes], axis=1)


def usual_parameters(model, count, generator):
    """Parameters of tissue, log-uniform."""
    low = {"ktrans": 0.02, "ve": 0.08, "vp": 0.02, "fp": 10.0, "ps": 0.05}
    high = {"ktrans": 0.4, "ve": 0.6, "vp": 0.15, "fp": 60.0, "ps": 0.5}
    names = NAMES[model]
    return np.exp(
        generator.uniform(
            np.log([low[n] for n in names]), np.log([high[n] for n in names]), (count, len(names))
        )
    )


def noisy_curves(model, count, seed=0, noise=0.05, grid_name="even"):
    """Curves of usual tissue with noise of a share of their peak, and t and cp."""
    generator = np.random.default_rng(seed)
    t, cp = grid(grid_name)
    curves = tissue(model, usual_parameters(model, count, generator), t, cp)
    peak = np.abs(curves).max(axis=1, keepdims=True)
    return curves + noise * peak * generator.standard_normal(curves.shape), t, cp


def parameters_of(fit):
    """Parameters of a fit in the columns of its model."""
    return np.stack([fit[name] for name in NAMES[fit.model]], axis=-1)
