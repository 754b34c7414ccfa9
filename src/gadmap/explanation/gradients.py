"""Integrated gradients over the frames: which frames moved the estimate.

From the slices without contrast agent to the slices as they are, in a straight line, each frame's
share of the change: (x - x') times the mean slope along the way, summed over the voxels. The shares
add up to the change of the estimate (completeness).

References
----------
Sundararajan, Taly and Yan, ICML 2017, Eq. 1 and Proposition 1.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.explanation.seen import SeenRegion

STEPS = 32


@dataclass(frozen=True, eq=False, kw_only=True)
class FrameGradients:
    """How much each frame moved the region's mean estimate.

    Attributes
    ----------
    frames
        Share of each of the network's frames in the change, in the quantity's unit.
    start, end
        Mean estimate without contrast agent, and as it is.
    """

    frames: Float[np.ndarray, " frames"]
    start: float
    end: float

    @property
    def gap(self) -> float:
        """What the shares miss of the change, over the change: the error of the quadrature."""
        change = self.end - self.start
        return abs(float(self.frames.sum()) - change) / abs(change) if change else 0.0


def frame_gradients(
    seen: SeenRegion,
    steps: int = STEPS,
    progress: Callable[[int, int], None] | None = None,
) -> FrameGradients:
    """Integrated gradients of the region's mean estimate, by Gauss and Legendre's quadrature."""
    before = seen.before_contrast()
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    frames = torch.zeros(seen.signal.shape[1], dtype=torch.float64)
    total = len(seen.slices) * steps
    for index in range(len(seen.slices)):
        start, end = before[index : index + 1], seen.signal[index : index + 1]
        slope = torch.zeros_like(end)
        for step, (node, weight) in enumerate(zip(nodes, weights, strict=True), start=1):
            slope += weight / 2 * _slope(seen, torch.lerp(start, end, (node + 1) / 2), index)
            if progress:
                progress(index * steps + step, total)
        frames += ((end - start) * slope).sum(dim=(0, 2, 3), dtype=torch.float64)
    count = int(seen.region.sum())
    return FrameGradients(
        frames=(frames / count).numpy(),
        start=seen.estimate(before),
        end=seen.estimate(seen.signal),
    )


def _slope(
    seen: SeenRegion, signal: Float[Tensor, "1 frames h w"], index: int
) -> Float[Tensor, "1 frames h w"]:
    """Derivative of the sum of the estimates in the region."""
    with torch.enable_grad():
        at = signal.clone(memory_format=torch.channels_last).requires_grad_()
        return torch.autograd.grad(seen.total(at, index), at)[0]
