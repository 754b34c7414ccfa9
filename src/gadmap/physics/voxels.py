"""The door between an examination's numpy grid and torch voxels."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from gadmap.data import Exam, Reason
from gadmap.data.scratch import scratch_of
from gadmap.data.walk import Voxels, curves_at, pieces_of
from gadmap.physics.relaxivity import concentration_of_rate
from gadmap.physics.side_by_side import side_by_side
from gadmap.physics.spgr import spgr_r1, spgr_r1_slope, spgr_s0

VOXELS_A_SLAB = 1 << 14
FEWEST_A_SLAB = 1 << 7
_COPIES = 12  # of a slab's samples, in double precision, that conversion and fit hold at a time

Result = TypeVar("Result")


class ConcentrationSlab(NamedTuple):
    """Concentration [mmol/L] of some voxels of the mask, by their flat index in the grid."""

    voxels: Int[np.ndarray, " voxel"]
    concentration: Float[np.ndarray, "voxel time"]
    reason: UInt8[np.ndarray, " voxel"]


def exam_concentration(
    exam: Exam,
) -> tuple[Float[np.ndarray, "x y z time"], UInt8[np.ndarray, "x y z"]]:
    """Concentration [mmol/L] in every voxel of the mask, NaN elsewhere, and why it is missing.

    The baseline frames of `exam` give S0 together with T10; the exact inverse of the spoiled
    gradient-echo signal gives the rate of every frame, the relaxivity the concentration.
    """
    concentration = np.full(exam.series.signal.shape, np.nan, dtype=np.float32)
    reason = np.full(exam.series.grid, Reason.OUTSIDE_MASK, dtype=np.uint8)
    flat, flat_reason = concentration.reshape(-1, exam.series.t.size), reason.reshape(-1)
    for slab in over_slabs(exam, lambda slab: slab):
        flat[slab.voxels], flat_reason[slab.voxels] = slab.concentration, slab.reason
    return concentration, reason


def over_slabs(exam: Exam, work: Callable[[ConcentrationSlab], Result]) -> Iterator[Result]:
    """Result of `work` on the concentration [mmol/L] of every slab of `exam`'s mask.

    Some slabs are worked on side by side.
    """
    signal = exam.series.signal

    def of_voxels(at: Voxels) -> Result:
        voxels = np.ravel_multi_index(at, exam.series.grid)
        samples = curves_at(signal, at)
        return work(ConcentrationSlab(voxels, *_slab_concentration(exam, samples, at)))

    pieces = pieces_of(exam.mask, voxels_a_slab(signal), signal)
    yield from (result for _, result in side_by_side(of_voxels, pieces))


def mean_concentration(
    exam: Exam, voxels: Int[np.ndarray, "voxel 3"]
) -> Float[np.ndarray, " time"]:
    """Mean concentration [mmol/L] of voxels (x, y, z) of `exam`; those without do not count.

    Raises
    ------
    ValueError
        If no voxel has a concentration.
    """
    there = np.zeros(exam.series.grid, dtype=bool)
    there[tuple(voxels.T)] = True
    total, count = np.zeros(exam.series.t.size), 0
    for slab in over_slabs(replace(exam, mask=there), lambda slab: slab):
        known = slab.reason == Reason.ESTIMATED
        total += slab.concentration[known].sum(axis=0, dtype=np.float64)
        count += np.count_nonzero(known)
    if not count:
        raise ValueError(
            f"none of the {len(voxels)} voxels has a concentration; expected T1 and a finite signal"
        )
    return total / count


def signal_and_slope(
    exam: Exam, voxels: Int[np.ndarray, " voxel"]
) -> tuple[Float[Tensor, "voxel time"], Float[Tensor, "voxel time"]]:
    """Signal [a.u.] of voxels of `exam` by flat index, and the derivative of concentration with it.

    The derivative, in mmol/L per a.u., is taken at every sample, S0 held.
    """
    x, y, z = np.unravel_index(voxels, exam.series.grid)
    at = (x, y, z)
    with torch.inference_mode():
        samples = torch.tensor(curves_at(exam.series.signal, at), dtype=torch.float64)
        _, s0, flip_angle = _calibration(exam, samples, at)
        slope = spgr_r1_slope(samples, s0, flip_angle, exam.series.acquisition.tr)
        return samples, slope / exam.relaxivity


def concentration_of_signal(
    exam: Exam, at: Voxels, signal: Float[np.ndarray, "voxel time"]
) -> Float[np.ndarray, "voxel time"]:
    """Concentration [mmol/L] as which a signal [a.u.] is read in voxels `at` of `exam`.

    By baseline and T1 of the voxels' own samples; NaN in a frame whose `signal` no T1 gives.
    """
    with torch.inference_mode():
        samples = torch.tensor(curves_at(exam.series.signal, at), dtype=torch.float64)
        r10, s0, flip_angle = _calibration(exam, samples, at)
        rate = spgr_r1(torch.tensor(signal), s0, flip_angle, exam.series.acquisition.tr)
        return concentration_of_rate(rate, r10, exam.relaxivity).numpy()


def voxels_a_slab(signal: Float[np.ndarray, "x y z time"]) -> int:
    """How many voxels of `signal` [a.u.] are worked on at a time: fewer where memory is limited."""
    scratch = scratch_of(signal)
    if scratch is None:
        return VOXELS_A_SLAB
    room = scratch.slab_bytes / slab_bytes(1, signal.shape[-1])
    return min(max(1 << int(np.log2(max(room, 1))), FEWEST_A_SLAB), VOXELS_A_SLAB)


def slab_bytes(voxels: int, frames: int) -> int:
    """Memory [byte] that slabs of so many `voxels` and `frames` take, one for each thread."""
    return voxels * frames * np.dtype(np.float64).itemsize * _COPIES * torch.get_num_threads()


def _slab_concentration(
    exam: Exam, signal: np.ndarray, at: Voxels
) -> tuple[np.ndarray, np.ndarray]:
    """Concentration and reason of a few voxels; every value of a voxel with a reason is NaN."""
    t10 = exam.t10[at].astype(np.float64)
    angle = exam.series.acquisition.flip_angle * exam.b1[at].astype(np.float64)
    with torch.inference_mode():
        samples = torch.tensor(signal, dtype=torch.float64)
        r10, s0, flip_angle = _calibration(exam, samples, at)
        rate = spgr_r1(samples, s0, flip_angle, exam.series.acquisition.tr)
        concentration = concentration_of_rate(rate, r10, exam.relaxivity).numpy()
    reason = _slab_reason(signal, exam.baseline_frames, t10, angle, concentration)
    concentration[reason != Reason.ESTIMATED] = np.nan
    return concentration.astype(np.float32), reason


def _calibration(
    exam: Exam, samples: Float[Tensor, "voxel time"], at: Voxels
) -> tuple[Float[Tensor, "voxel 1"], Float[Tensor, "voxel 1"], Float[Tensor, "voxel 1"]]:
    """Native rate [1/s], S0 [a.u.] from the baseline, and actual flip angle [rad]."""
    t10 = exam.t10[at].astype(np.float64)
    angle = exam.series.acquisition.flip_angle * exam.b1[at].astype(np.float64)
    r10 = 1 / torch.tensor(np.where(t10 > 0, t10, np.nan))[:, None]
    flip_angle = torch.tensor(angle)[:, None]
    baseline = samples[:, : exam.baseline_frames].mean(dim=1, keepdim=True)
    return r10, spgr_s0(baseline, r10, flip_angle, exam.series.acquisition.tr), flip_angle


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
