"""Parameter maps by a guided network: the exact fit, corrected by what stands around it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float

from gadmap.data import Exam, ParameterMaps, Reason
from gadmap.estimators.common_residual import common_residual
from gadmap.estimators.guided_exam import GuidedExam, guided_exam
from gadmap.estimators.guided_input import FLOORS
from gadmap.networks.guided_file import GUIDED_NETWORK, TrainedGuided
from gadmap.physics.device import device_of
from gadmap.physics.kinetics import EXTENDED_TOFTS
from gadmap.physics.side_by_side import side_by_side
from gadmap.quantities import UNLIKE

MUCH = 0.2  # share of an examination's voxels beyond the edge
IN_COMMON = 0.15  # of residuals; 99 of 100 scenes with a good input stay below
_WAY_OUT = "do not rely on it here; --estimator least-squares is the way out."


@dataclass(frozen=True)
class GuidedEstimator:
    """A guided network, each slice in one pass; needs what least squares needs.

    Attributes
    ----------
    trained
        The network, from a file or as shipped.
    progress
        Called with the number of steps done and of all: voxels fitted, then slices mapped.
    """

    trained: TrainedGuided
    progress: Callable[[int, int], None] | None = None

    needs_concentration: ClassVar[bool] = True

    def estimate(self, exam: Exam) -> ParameterMaps:
        """Maps with standard errors of every voxel in the mask; NaN elsewhere, with a reason."""
        return self.of_seen(exam, guided_exam(exam))

    def of_seen(self, exam: Exam, seen: GuidedExam) -> ParameterMaps:
        """The same, for who has the fits already."""
        shape = exam.series.grid
        count = len(self.trained.quantities)
        found = np.full((2 * count + 1, *shape), np.nan, np.float32)
        slices = np.flatnonzero(exam.mask.any(axis=(0, 1))).tolist()
        for done, (z, outputs) in enumerate(
            side_by_side(lambda z: self._slice(seen, z), slices), start=1
        ):
            found[..., z] = outputs
            if self.progress:
                self.progress(done, len(slices))
        return self._maps(exam, seen, found)

    def _slice(self, seen: GuidedExam, z: int) -> Float[np.ndarray, "output x y"]:
        """Logarithms, logarithms of their errors and the distance from the training."""
        module = self.trained.module
        guidance, usable = seen.slice(z, device_of(module))
        with torch.inference_mode():
            told = module.told(guidance)
            outputs = torch.cat(
                [module.of_told(guidance, told, usable), module.unlike(told)[:, None]], dim=1
            )[0]
        return torch.where(usable[0], outputs, torch.nan).cpu().numpy()

    def _maps(
        self, exam: Exam, seen: GuidedExam, found: Float[np.ndarray, "output x y z"]
    ) -> ParameterMaps:
        names = self.trained.quantities
        values, errors = {}, {}
        for channel, name in enumerate(names):
            floor = np.float32(FLOORS[name])
            raised = np.exp(found[channel])
            values[name] = floor * np.maximum(raised - 1, 0)
            relative = np.exp(found[len(names) + channel]) * self.trained.calibration[name]
            errors[name] = floor * raised * relative.astype(np.float32)
        values[UNLIKE.name] = found[-1]
        reason, shared = seen.reason, common_residual(exam)
        valid = (reason == Reason.ESTIMATED) | (reason >= Reason.NO_ENHANCEMENT)
        return ParameterMaps(
            values=values,
            standard_error=errors,
            valid=valid,
            reason=reason,
            affine=exam.series.affine,
            estimator=GUIDED_NETWORK,
            model=EXTENDED_TOFTS.name,
            settings={
                "model_code": EXTENDED_TOFTS.code,
                "uses_concentration": self.needs_concentration,
                "provenance": dict(self.trained.provenance),
                "calibration": dict(self.trained.calibration),
                "common_residual": shared,
                "remarks": _remarks(exam, values[UNLIKE.name][valid], shared),
            },
        )


def _remarks(exam: Exam, unlike: Float[np.ndarray, " voxel"], shared: float) -> tuple[str, ...]:
    """Sentences for the reader."""
    height = f"{exam.aif.error:.0%} of its height" if exam.aif.error else "taken as exact"
    angles = f"{exam.b1_error:.0%}" if exam.b1_error else "taken as exact"
    how = (
        f"{GUIDED_NETWORK} corrects the exact fit by what stands around each voxel; its standard "
        f"errors hold noise, T1's error, the choice of model, the flip angles' error ({angles}) "
        f"and the arterial input's ({height})."
    )
    sentences = [how]
    share = unlike_share(unlike)
    if share > MUCH:
        sentences.append(
            f"{share:.0%} of the voxels are unlike those that the network was trained on (map "
            f"{UNLIKE.name}, above 1): {_WAY_OUT}"
        )
    if shared > IN_COMMON:
        sentences.append(
            f"All voxels miss the fitted model in a similar way ({shared:.0%} of their residuals): "
            f"the arterial input, the gain, motion or the model is not what it is taken for; "
            f"{_WAY_OUT}"
        )
    return tuple(sentences)


def unlike_share(unlike: Float[np.ndarray, " voxel"]) -> float:
    """Share of voxels beyond the edge of those that the network was trained on."""
    return float((unlike > 1).mean()) if unlike.size else 0.0
