"""Patlak model: uptake without return.

Patlak, Blasberg and Fenstermacher, J Cereb Blood Flow Metab 1983;3:1-7. CAPLEX M.IC1.006.
"""

import torch
from torch import Tensor

from gadmap.physics.kinetics.model import Bounds, ImpulseResponse, KineticModel, Limit, LinearForm
from gadmap.quantities import KTRANS, VP


def _impulse_response(ktrans: Tensor, vp: Tensor) -> ImpulseResponse:
    return ImpulseResponse(
        amplitude=ktrans[..., None], rate=torch.zeros_like(ktrans)[..., None], plasma=vp
    )


def _share_bounds(bounds: Bounds) -> tuple[float, float]:
    return bounds[VP.name]


def _amplitude_limits(bounds: Bounds) -> tuple[tuple[Limit, ...], tuple[Limit, ...]]:
    low, high = bounds[KTRANS.name]
    return (Limit(low, 0.0),), (Limit(high, 0.0),)


def _parameters(
    share: Tensor,
    amplitude: Tensor,
    rate: Tensor,  # noqa: ARG001 (uptake never returns)
    bounds: Bounds,  # noqa: ARG001
) -> dict[str, Tensor]:
    return {KTRANS.name: amplitude, VP.name: share}


PATLAK = KineticModel(
    "patlak",
    "M.IC1.006",
    (KTRANS, VP),
    _impulse_response,
    LinearForm(_share_bounds, _amplitude_limits, None, _parameters),
)
