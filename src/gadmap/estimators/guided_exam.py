"""A whole examination as a guided network sees it, slice by slice."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8

from gadmap.data import Exam, Reason
from gadmap.estimators.guided_input import SHARE, SPREAD, frame_tokens, guided_slabs
from gadmap.networks.fcsa_guided import Guidance
from gadmap.physics.device import CPU


class GuidedExam(NamedTuple):
    """What the network sees of a whole examination.

    Attributes
    ----------
    place
        Row of each voxel in the arrays, -1 outside the mask.
    reason
        Of each voxel.
    """

    features: Float[np.ndarray, "voxel feature"]
    base: Float[np.ndarray, "voxel quantity"]
    spread: Float[np.ndarray, "voxel quantity"]
    curves: Float[np.ndarray, "voxel time"]
    usable: Bool[np.ndarray, " voxel"]
    tokens: Float[np.ndarray, "time token"]
    place: Int[np.ndarray, "x y z"]
    reason: UInt8[np.ndarray, "x y z"]

    @property
    def share_of_extended(self) -> Float[np.ndarray, " voxel"]:
        """How much more likely than tofts extended-tofts is in each voxel, 0 to 1 (Akaike)."""
        return (self.features[:, SHARE] + 1) / 2

    def slice(
        self, z: int, device: torch.device | str = CPU
    ) -> tuple[Guidance, Bool[torch.Tensor, "1 x y"]]:
        """One slice, on that device; 0 where the fit is not usable."""
        place = self.place[..., z]
        known = (place >= 0) & self.usable[place]
        rows = place[known]

        def plane(values: np.ndarray, empty: float = 0.0) -> torch.Tensor:
            whole = np.full((*place.shape, values.shape[1]), np.float32(empty))
            whole[known] = values[rows]
            return torch.from_numpy(whole).to(device).movedim(-1, 0)

        guidance = Guidance(
            plane(self.features)[None],
            plane(self.base)[None],
            plane(self.spread, SPREAD[1])[None],
            (plane(self.curves),),
            (torch.from_numpy(self.tokens).to(device),),
        )
        return guidance, torch.from_numpy(known).to(device)[None]


def guided_exam(exam: Exam) -> GuidedExam:
    """The fits of the whole mask."""
    parts = list(guided_slabs(exam))
    voxels = np.concatenate([voxels for voxels, _ in parts])
    place = np.full(exam.mask.size, -1)
    place[voxels] = np.arange(voxels.size)
    reason = np.full(exam.mask.size, Reason.OUTSIDE_MASK, np.uint8)
    reason[voxels] = np.concatenate([seen.reason for _, seen in parts])

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(seen, name) for _, seen in parts])

    return GuidedExam(
        features=joined("features"),
        base=joined("base"),
        spread=joined("spread"),
        curves=joined("curves"),
        usable=joined("usable"),
        tokens=frame_tokens(exam),
        place=place.reshape(exam.mask.shape),
        reason=reason.reshape(exam.mask.shape),
    )
