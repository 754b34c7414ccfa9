"""Table I: time of one 32 x 32 sample, by every network and by the exact fit."""

import platform
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch

from gadmap.evaluation import FIT
from gadmap.evaluation.timing import milliseconds
from gadmap.fitting import fit_curves
from gadmap.networks import NETWORKS
from gadmap.networks.checkpoint import built_network
from gadmap.networks.frame_grid import RIDER_GRID
from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.side_by_side import one_thread

_SIDE = 32
_HCT = 0.42
_NOISE = 0.02  # mmol/L


def sample_times(networks: Iterable[str], seconds: float = 0.4) -> dict[str, float]:
    """Estimator's name to the time of one sample [ms], fastest run in `seconds`.

    For the fit a sample is the 1,024 concentration curves of Tofts tissue, without standard
    errors: what the paper's least squares did, and the networks do from the signal. One thread:
    a sample is too small to share.
    """
    with one_thread():
        times = {FIT: _fit_time(seconds)}
        return times | {name: _network_time(name, seconds) for name in networks}


def weight_counts(networks: Iterable[str]) -> dict[str, int]:
    """Network's name to the number of its weights, for one quantity."""
    frames = RIDER_GRID.frames
    return {
        name: sum(p.numel() for p in NETWORKS[name](frames=frames, outputs=1).parameters())
        for name in networks
    }


def processor() -> str:
    """What the machine calls its processor."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _network_time(name: str, seconds: float) -> float:
    module = built_network(name, {"frames": RIDER_GRID.frames, "outputs": 1})
    signal = torch.rand(1, RIDER_GRID.frames, _SIDE, _SIDE, generator=torch.Generator())
    signal = signal.contiguous(memory_format=torch.channels_last)

    def pass_once() -> None:
        with torch.inference_mode():
            module(signal)

    return milliseconds(pass_once, seconds)


def _fit_time(seconds: float) -> float:
    t = RIDER_GRID.times - RIDER_GRID.times[0]
    onset = float(t[RIDER_GRID.baseline])
    plasma = POPULATION_AIFS["parker"].plasma(torch.tensor(t - onset), _HCT).numpy()
    random = np.random.default_rng(0)
    voxels = _SIDE * _SIDE
    values = {
        "ktrans": torch.tensor(random.uniform(0.01, 0.3, voxels)),
        "ve": torch.tensor(random.uniform(0.1, 0.6, voxels)),
    }
    clean = tissue_concentration(
        KINETIC_MODELS["tofts"], values, torch.tensor(t), torch.tensor(plasma)
    ).numpy()
    curves = (clean + random.normal(0, _NOISE, clean.shape)).astype(np.float32)
    return milliseconds(lambda: fit_curves(curves, t, plasma, standard_error=False), seconds)
