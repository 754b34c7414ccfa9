"""Extended Tofts model: the standard one plus a plasma compartment.

Tofts, J Magn Reson Imaging 1997;7:91-101. CAPLEX M.IC1.005.
"""

from torch import Tensor

from gadmap.physics.kinetics.model import (
    Bounds,
    ImpulseResponse,
    KineticModel,
    LinearForm,
    in_step,
)
from gadmap.physics.kinetics.tofts import (
    exchange_limits,
    exchange_parameters,
    exchange_rate,
    exchange_rate_bounds,
    interstitium,
)
from gadmap.quantities import KTRANS, VE, VP


def _impulse_response(ktrans: Tensor, ve: Tensor, vp: Tensor) -> ImpulseResponse:
    return ImpulseResponse(amplitude=ktrans[..., None], rate=(ktrans / ve)[..., None], plasma=vp)


def _share_bounds(bounds: Bounds) -> tuple[float, float]:
    return bounds[VP.name]


def _parameters(
    share: Tensor, amplitude: Tensor, rate: Tensor, bounds: Bounds
) -> dict[str, Tensor]:
    return exchange_parameters(share, amplitude, rate, bounds) | {VP.name: share}


def _spaces(ktrans: Tensor, ve: Tensor, vp: Tensor) -> dict[str, ImpulseResponse]:
    return {VP.name: in_step(vp), VE.name: interstitium(ktrans, ve)}


EXTENDED_TOFTS = KineticModel(
    "extended-tofts",
    "M.IC1.005",
    (KTRANS, VE, VP),
    _impulse_response,
    LinearForm(_share_bounds, exchange_limits, exchange_rate_bounds, _parameters),
    exchange_rate,
    _spaces,
)
