"""A synthetic examination that is quick to make."""

import numpy as np
import torch

from gadmap.data import Acquisition, Aif, DceSeries
from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.spgr import spgr_signal


def plasma_at(t: np.ndarray, onset: float = 40.0) -> np.ndarray:
    return POPULATION_AIFS["parker"].plasma(torch.tensor(t - onset), 0.42).numpy()


def block_series(
    frames: int = 40, step: float = 4.0, onset: float = 40.0, noise: float = 0.0
) -> tuple[DceSeries, Aif]:
    """Series of a body of slowly enhancing tissue with a square vessel in its middle."""
    t = np.arange(frames) * step
    plasma = plasma_at(t, onset)
    concentration = np.zeros((24, 24, 6, frames))
    concentration[3:21, 3:21] = 0.15 * np.cumsum(plasma) / np.cumsum(plasma)[-1]
    concentration[10:15, 10:15] = plasma * (1 - 0.42)
    s0 = np.zeros((24, 24, 6, 1))
    s0[3:21, 3:21] = 5000.0
    r1 = torch.tensor(1 / 1.441 + 4.5 * concentration)
    signal = spgr_signal(r1, torch.tensor(s0), torch.tensor(0.35), 4e-3).numpy()
    rng = np.random.default_rng(0)
    real, imaginary = (noise * rng.standard_normal(signal.shape) for _ in range(2))
    series = DceSeries(
        signal=np.hypot(signal + real, imaginary).astype(np.float32),
        t=t,
        affine=np.diag([2.0, 2.0, 4.0, 1.0]),
        acquisition=Acquisition(tr=4e-3, flip_angle=0.35, field_strength=1.5),
        time_source="test",
    )
    none = np.empty((0, 3), dtype=np.int64)
    return series, Aif(t=t, plasma=plasma, source="truth", voxels=none)
