"""A small examination whose concentration is known in every voxel."""

from math import radians

import numpy as np
import torch

from gadmap.data import Acquisition, Aif, DceSeries, Exam
from gadmap.physics.relaxivity import relaxation_rate
from gadmap.physics.spgr import spgr_signal

GRID = (3, 4, 2)
T = np.array([0.0, 5.0, 10.0, 15.0, 21.0, 30.0, 60.0])
BASELINE_FRAMES = 3
TR, FLIP_ANGLE, RELAXIVITY = 4.43e-3, radians(25), 4.5


def known_concentration():
    """Concentration [mmol/L]: none in the baseline, then of another size in every voxel."""
    curve = np.array([0, 0, 0, 1.0, 0.7, 0.4, 0.2])
    size = np.linspace(0.1, 5, np.prod(GRID)).reshape(GRID)
    return size[..., None] * curve


def signal_of(concentration, t10, b1):
    """Signal [a.u.] of the known concentration, with a scale of 1000."""
    r10 = torch.tensor(1 / t10[..., None])
    rate = relaxation_rate(torch.tensor(concentration), r10, RELAXIVITY)
    angle = torch.tensor(FLIP_ANGLE * b1[..., None])
    scale = torch.tensor(1000.0, dtype=torch.float64)
    return spgr_signal(rate, scale, angle, TR).numpy().astype(np.float32)


def small_exam(*, signal=None, t10=None, b1=None, mask=None, baseline_frames=BASELINE_FRAMES):
    """The examination of `known_concentration`, or with parts of it replaced."""
    true_t10 = np.linspace(0.4, 2.5, np.prod(GRID)).reshape(GRID)
    true_b1 = np.linspace(0.8, 1.2, np.prod(GRID)).reshape(GRID)
    if signal is None:
        signal = signal_of(known_concentration(), true_t10, true_b1)
    return Exam(
        series=DceSeries(
            signal=signal,
            t=T,
            affine=np.eye(4),
            acquisition=Acquisition(tr=TR, flip_angle=FLIP_ANGLE),
            time_source="test",
        ),
        t10=true_t10 if t10 is None else t10,
        t10_se=np.zeros(GRID),
        t10_source="test",
        b1=true_b1 if b1 is None else b1,
        b1_source="test",
        aif=Aif(t=T, plasma=np.maximum(T - 9, 0.0), source="test", voxels=np.empty((0, 3), int)),
        mask=np.ones(GRID, dtype=bool) if mask is None else mask,
        mask_source="test",
        baseline_frames=baseline_frames,
        relaxivity=RELAXIVITY,
        hct=0.42,
    )
