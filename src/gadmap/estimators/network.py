"""Parameter maps by a trained network."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float

from gadmap.data import Exam, ParameterMaps, Reason
from gadmap.estimators.network_input import NetworkInput, network_input
from gadmap.estimators.network_remarks import network_remarks
from gadmap.networks import VOXELWISE
from gadmap.networks.checkpoint import TrainedNetwork
from gadmap.physics.device import device_of
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.side_by_side import side_by_side

_NEAR_ONE = 0.99


@dataclass(frozen=True)
class NetworkEstimator:
    """A trained network, each slice in one pass. Needs neither arterial input nor T1.

    Attributes
    ----------
    trained
        The network, from a file or as shipped.
    progress
        Called with the number of slices done and of all that are mapped.
    """

    trained: TrainedNetwork
    progress: Callable[[int, int], None] | None = None

    needs_concentration: ClassVar[bool] = False

    def estimate(self, exam: Exam) -> ParameterMaps:
        """Maps of every voxel in the mask of `exam`; NaN elsewhere, with a reason.

        What a voxel gets does not depend on which others are in the mask. Values are at least 0
        and at most the scale that the network was trained with, near which they are flagged.

        Raises
        ------
        ValueError
            If the series is too short or too coarse for the network, or holds no body.
        """
        seen = network_input(exam, self.trained.grid)
        outputs = np.full((len(self.trained.quantities), *exam.series.grid), np.nan, np.float32)
        mapped = np.flatnonzero(exam.mask.any(axis=(0, 1))).tolist()
        for done, (z, found) in enumerate(
            side_by_side(lambda z: self._slice(seen, z), mapped), start=1
        ):
            outputs[..., z] = found
            if self.progress:
                self.progress(done, len(mapped))
        return self._maps(seen, outputs)

    def _slice(self, seen: NetworkInput, z: int) -> Float[np.ndarray, "outputs x y"]:
        """Quantities over their scales in a slice."""
        module = self.trained.module
        device = device_of(module)
        counted = seen.exam.mask if self.trained.network in VOXELWISE else seen.body
        with torch.inference_mode():
            signal = torch.from_numpy(seen.plane(z)).to(device).movedim(-1, 0)[None]
            inside = torch.tensor(counted[..., z], device=device)[None]
            found = module(signal, inside)
        return found[0].cpu().numpy()

    def _maps(
        self, seen: NetworkInput, outputs: Float[np.ndarray, "outputs x y z"]
    ) -> ParameterMaps:
        trained, exam = self.trained, seen.exam
        valid = seen.reason == Reason.ESTIMATED
        outputs[:, ~valid] = np.nan
        with np.errstate(invalid="ignore"):
            at_top = (outputs >= _NEAR_ONE).any(axis=0)
        model = str(trained.provenance.get("model", "tofts"))
        return ParameterMaps(
            values={
                name: np.float32(trained.scales[name]) * np.maximum(output, 0)
                for name, output in zip(trained.quantities, outputs, strict=True)
            },
            standard_error={},
            valid=valid,
            reason=np.where(at_top, np.uint8(Reason.AT_BOUND), seen.reason),
            affine=exam.series.affine,
            estimator=trained.network,
            model=model,
            settings={
                "model_code": KINETIC_MODELS[model].code if model in KINETIC_MODELS else "",
                "bounds": {name: (0.0, trained.scales[name]) for name in trained.quantities},
                "uses_concentration": self.needs_concentration,
                "frame_grid": asdict(trained.grid),
                "signal_scale": seen.scale,
                "provenance": dict(trained.provenance),
                "remarks": network_remarks(trained, exam),
            },
        )
