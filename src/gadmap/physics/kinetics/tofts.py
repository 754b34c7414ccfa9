"""Standard Tofts model.

Tofts and Kermode, Magn Reson Med 1991;17:357-367. CAPLEX M.IC1.004.
"""

import torch
from torch import Tensor

from gadmap.physics.kinetics.model import Bounds, ImpulseResponse, KineticModel, Limit, LinearForm
from gadmap.quantities import KEP, KTRANS, VE


def _impulse_response(ktrans: Tensor, ve: Tensor) -> ImpulseResponse:
    return ImpulseResponse(amplitude=ktrans[..., None], rate=(ktrans / ve)[..., None])


def exchange_limits(bounds: Bounds) -> tuple[tuple[Limit, ...], tuple[Limit, ...]]:
    """Limits of ktrans at a rate kep: those of ve, as ktrans = ve kep, and its own."""
    (ktrans_low, ktrans_high), (ve_low, ve_high) = bounds[KTRANS.name], bounds[VE.name]
    return (
        (Limit(0.0, ve_low), Limit(ktrans_low, 0.0)),
        (Limit(0.0, ve_high), Limit(ktrans_high, 0.0)),
    )


def exchange_rate_bounds(bounds: Bounds) -> tuple[float, float]:
    """Lowest and highest kep = ktrans / ve [1/min] in the box."""
    (ktrans_low, ktrans_high), (ve_low, ve_high) = bounds[KTRANS.name], bounds[VE.name]
    return ktrans_low / ve_high, ktrans_high / ve_low


def exchange_parameters(
    share: Tensor,  # noqa: ARG001 (the standard model has no plasma share)
    amplitude: Tensor,
    rate: Tensor,
    bounds: Bounds,
) -> dict[str, Tensor]:
    """Give ktrans, ve and kep; without uptake ve is not determined and gets its lower bound."""
    exchanging = rate > 0
    ve_low, _ = bounds[VE.name]
    ve = torch.where(exchanging, amplitude / torch.where(exchanging, rate, 1.0), ve_low)
    return {KTRANS.name: amplitude, VE.name: ve, KEP.name: rate}


def exchange_rate(ktrans: Tensor, ve: Tensor, *_: Tensor) -> dict[str, Tensor]:
    """Give kep [1/min]."""
    return {KEP.name: ktrans / ve}


def interstitium(ktrans: Tensor, ve: Tensor) -> ImpulseResponse:
    """Of the concentration in the extravascular, extracellular space: kep exp(-kep t)."""
    rate = (ktrans / ve)[..., None]
    return ImpulseResponse(amplitude=rate, rate=rate)


def _spaces(ktrans: Tensor, ve: Tensor) -> dict[str, ImpulseResponse]:
    return {VE.name: interstitium(ktrans, ve)}


TOFTS = KineticModel(
    "tofts",
    "M.IC1.004",
    (KTRANS, VE),
    _impulse_response,
    LinearForm(None, exchange_limits, exchange_rate_bounds, exchange_parameters),
    exchange_rate,
    _spaces,
)
