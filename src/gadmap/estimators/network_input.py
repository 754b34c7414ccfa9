"""What a network sees of an examination; training and estimation come through this one door."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8

from gadmap.data import Exam, Reason
from gadmap.networks.frame_grid import FrameGrid, resampling_weights, scale_of
from gadmap.physics.side_by_side import side_by_side
from gadmap.preparation.mask import foreground


@dataclass(frozen=True, eq=False, kw_only=True)
class NetworkInput:
    """An examination on a network's frames, made slice by slice.

    Attributes
    ----------
    exam
        The examination.
    weights
        Of the series' samples in the network's frames.
    usable
        Voxels whose samples are all finite and not negative, and not all 0 before contrast.
    body
        Usable voxels of the body in view. It does not depend on what part of it is to be mapped,
        so neither does what a network makes of a voxel.
    reason
        `Reason` of each voxel: why it has no estimate, or that it gets one.
    scale
        Signal [a.u.] that becomes 1.
    """

    exam: Exam
    weights: Float[np.ndarray, "time frames"]
    usable: Bool[np.ndarray, "x y z"]
    body: Bool[np.ndarray, "x y z"]
    reason: UInt8[np.ndarray, "x y z"]
    scale: float

    def plane(self, z: int) -> Float[np.ndarray, "x y frames"]:
        """Signal of a slice on the network's frames over the scale; 0 where it is not usable."""
        return _resampled(self.exam, z, self.usable, self.weights / self.scale)


def network_input(exam: Exam, grid: FrameGrid) -> NetworkInput:
    """The examination as a network of that frame grid sees it.

    Raises
    ------
    ValueError
        If the series is too short or too coarse, or holds no body.
    """
    weights = resampling_weights(exam.series.t, exam.baseline_frames, grid)
    reason = _reasons(exam)
    usable = reason == Reason.ESTIMATED
    body = usable & (exam.mask if exam.mask_source == "auto" else foreground(exam.series))

    def inside(z: int) -> Float[np.ndarray, " sample"]:
        return _product(_samples(exam, z, body[..., z]), weights).reshape(-1)

    values = np.concatenate([found for _, found in side_by_side(inside, range(body.shape[2]))])
    return NetworkInput(
        exam=exam,
        weights=weights,
        usable=usable,
        body=body,
        reason=np.where(exam.mask, reason, np.uint8(Reason.OUTSIDE_MASK)),
        scale=scale_of(values),
    )


def _resampled(
    exam: Exam,
    z: int,
    usable: Bool[np.ndarray, "x y z"],
    weights: Float[np.ndarray, "time frames"],
) -> Float[np.ndarray, "x y frames"]:
    """Signal of a slice times the weights; 0 where it is not usable."""
    plane = exam.series.signal[:, :, z]
    if not usable[..., z].all():
        plane = np.where(usable[..., z, None], plane, 0)
    return _product(plane, weights)


def _samples(exam: Exam, z: int, where: Bool[np.ndarray, "x y"]) -> Float[np.ndarray, "voxel time"]:
    """Signal of some voxels of a slice, gathered along its memory."""
    plane = exam.series.signal[:, :, z]
    if exam.series.signal.flags.f_contiguous:  # a frame lies together, not a voxel's curve
        return np.moveaxis(plane, -1, 0)[:, where].T
    return plane[where]


def _product(
    signal: Float[np.ndarray, "*voxels time"], weights: Float[np.ndarray, "time frames"]
) -> Float[np.ndarray, "*voxels frames"]:
    """By torch: numpy's products have threads of their own, for which slices would wait."""
    with torch.inference_mode():
        samples = torch.tensor(signal, dtype=torch.float32)
        return (samples @ torch.tensor(weights, dtype=torch.float32)).numpy()


def _reasons(exam: Exam) -> UInt8[np.ndarray, "x y z"]:
    """Why a voxel has no usable signal; the first that applies."""
    signal = exam.series.signal
    with np.errstate(invalid="ignore"):
        lowest, highest = signal.min(axis=-1), signal.max(axis=-1)
        before = signal[..., : exam.baseline_frames].sum(axis=-1)
        causes = {
            Reason.NOT_FINITE: ~(np.isfinite(lowest) & np.isfinite(highest)),
            Reason.NEGATIVE_SIGNAL: lowest < 0,
            Reason.NO_SIGNAL: before <= 0,
        }
    found = np.select(list(causes.values()), list(causes), Reason.ESTIMATED)
    return found.astype(np.uint8)
