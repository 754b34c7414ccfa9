"""Steady-state vascular model: plasma alone, in step with the artery.

Sourbron and Buckley, NMR Biomed 2013;26:1004-1027, section 4. The lexicon has no code of its own
for it: it is the highly perfused limit of its M.IC1.002.
"""

from torch import Tensor

from gadmap.physics.kinetics.model import (
    Bounds,
    ImpulseResponse,
    KineticModel,
    LinearForm,
    in_step,
)
from gadmap.quantities import VP


def _impulse_response(vp: Tensor) -> ImpulseResponse:
    none = vp.new_zeros((*vp.shape, 0))
    return ImpulseResponse(amplitude=none, rate=none, plasma=vp)


def _share_bounds(bounds: Bounds) -> tuple[float, float]:
    return bounds[VP.name]


def _parameters(
    share: Tensor,
    amplitude: Tensor,  # noqa: ARG001 (nothing leaves the plasma)
    rate: Tensor,  # noqa: ARG001
    bounds: Bounds,  # noqa: ARG001
) -> dict[str, Tensor]:
    return {VP.name: share}


def _spaces(vp: Tensor) -> dict[str, ImpulseResponse]:
    return {VP.name: in_step(vp)}


VASCULAR = KineticModel(
    "vascular",
    "M.IC1.999",
    (VP,),
    _impulse_response,
    LinearForm(_share_bounds, None, None, _parameters),
    spaces=_spaces,
)
