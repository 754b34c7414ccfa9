"""The door between an examination's numpy grid and torch voxels."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8

from gadmap.data import Exam, Reason
from gadmap.physics.relaxivity import concentration_of_rate
from gadmap.physics.spgr import spgr_r1, spgr_s0

VOXELS_A_SLAB = 1 << 16


def exam_concentration(
    exam: Exam,
) -> tuple[Float[np.ndarray, "x y z time"], UInt8[np.ndarray, "x y z"]]:
    """Concentration [mmol/L] in every voxel of the mask, NaN elsewhere, and why it is missing.

    The baseline frames give S0 together with T10; the exact inverse of the spoiled gradient-echo
    signal gives the rate of every frame, the relaxivity the concentration.
    """
    concentration = np.full(exam.series.signal.shape, np.nan, dtype=np.float32)
    reason = np.full(exam.series.grid, Reason.OUTSIDE_MASK, dtype=np.uint8)
    flat, flat_reason = concentration.reshape(-1, exam.series.t.size), reason.reshape(-1)
    for slab in concentration_slabs(exam):
        flat[slab.voxels], flat_reason[slab.voxels] = slab.concentration, slab.reason
    return concentration, reason


class ConcentrationSlab(NamedTuple):
    """Concentration [mmol/L] of some voxels of the mask, by their flat index in the grid."""

    voxels: Int[np.ndarray, " voxel"]
    concentration: Float[np.ndarray, "voxel time"]
    reason: UInt8[np.ndarray, " voxel"]


def concentration_slabs(exam: Exam) -> Iterator[ConcentrationSlab]:
    """Concentration of the voxels of the mask, a bounded number at a time."""
    inside = np.flatnonzero(exam.mask)
    signal = exam.series.signal.reshape(-1, exam.series.t.size)
    for start in range(0, inside.size, VOXELS_A_SLAB):
        voxels = inside[start : start + VOXELS_A_SLAB]
        yield ConcentrationSlab(voxels, *_slab_concentration(exam, signal[voxels], voxels))


def _slab_concentration(
    exam: Exam, signal: np.ndarray, voxels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Concentration and reason of a few voxels; every value of a voxel with a reason is NaN."""
    t10 = exam.t10.reshape(-1)[voxels].astype(np.float64)
    angle = exam.series.acquisition.flip_angle * exam.b1.reshape(-1)[voxels].astype(np.float64)
    with torch.inference_mode():
        samples = torch.tensor(signal, dtype=torch.float64)
        r10 = 1 / torch.tensor(np.where(t10 > 0, t10, np.nan))[:, None]
        flip_angle = torch.tensor(angle)[:, None]
        tr = exam.series.acquisition.tr
        baseline = samples[:, : exam.baseline_frames].mean(dim=1, keepdim=True)
        s0 = spgr_s0(baseline, r10, flip_angle, tr)
        rate = spgr_r1(samples, s0, flip_angle, tr)
        concentration = concentration_of_rate(rate, r10, exam.relaxivity).numpy()
    reason = _slab_reason(signal, exam.baseline_frames, t10, angle, concentration)
    concentration[reason != Reason.ESTIMATED] = np.nan
    return concentration.astype(np.float32), reason


def _slab_reason(
    signal: np.ndarray,
    baseline_frames: int,
    t10: np.ndarray,
    angle: np.ndarray,
    concentration: np.ndarray,
) -> np.ndarray:
    """Why a voxel has no concentration; the first that applies."""
    with np.errstate(invalid="ignore"):
        causes = [
            (~np.isfinite(signal).all(axis=1), Reason.NOT_FINITE),
            ((signal < 0).any(axis=1), Reason.NEGATIVE_SIGNAL),
            (signal[:, :baseline_frames].sum(axis=1) <= 0, Reason.NO_SIGNAL),
            (~(np.isfinite(t10) & (t10 > 0) & (angle > 0)), Reason.NO_T10),
            (~np.isfinite(concentration).all(axis=1), Reason.SIGNAL_TOO_HIGH),
        ]
    return np.select(
        [found for found, _ in causes], [reason for _, reason in causes], Reason.ESTIMATED
    ).astype(np.uint8)
