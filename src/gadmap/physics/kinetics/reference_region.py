"""Reference region model: a tissue's curve stands in the place of the plasma's.

Where the reference follows the standard Tofts model, its own curve holds the plasma's, and any
other tissue's is c = R c_RR + R (kep_RR - kep) c_RR * exp(-kep t), with R the ratio of both ktrans.
Yankeelov et al., Magn Reson Imaging 2005;23:519-529, eq. 4. With one kep_RR for all voxels of an
examination, whose reference is the same: Ahmed and Levesque, Magn Reson Med 2017;78:1547-1557. The
lexicon has no code of its own for it.
"""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from gadmap.physics.kinetics.model import Bounds, ImpulseResponse, KineticModel, Limit, LinearForm
from gadmap.quantities import KEP, KEP_RR, RKTRANS, RVE

FASTEST = 20.0
"""Highest kep that is searched [1/min]: a faster tissue is a multiple of the reference's slope."""


def _impulse_response(rktrans: Tensor, rve: Tensor, kep: Tensor) -> ImpulseResponse:
    """The amplitude R (kep_RR - kep) is kep (rve - R), as kep_RR = kep rve / R."""
    return ImpulseResponse(
        amplitude=(kep * (rve - rktrans))[..., None], rate=kep[..., None], plasma=rktrans
    )


def _derived(rktrans: Tensor, rve: Tensor, kep: Tensor) -> dict[str, Tensor]:
    return {KEP_RR.name: kep * rve / rktrans}


def _share_bounds(bounds: Bounds) -> tuple[float, float]:
    return bounds[RKTRANS.name]


def _amplitude_limits(bounds: Bounds) -> tuple[tuple[Limit, ...], tuple[Limit, ...]]:
    """Of kep (rve - R), each within its own bounds; both together are looked at afterwards."""
    (r_low, r_high), (ve_low, ve_high) = bounds[RKTRANS.name], bounds[RVE.name]
    return (Limit(0.0, ve_low - r_high),), (Limit(0.0, ve_high - r_low),)


def _rate_bounds(bounds: Bounds) -> tuple[float, float]:
    return bounds[KEP.name]


def _parameters(
    share: Tensor,
    amplitude: Tensor,
    rate: Tensor,
    bounds: Bounds,  # noqa: ARG001
) -> dict[str, Tensor]:
    return {
        RKTRANS.name: share,
        RVE.name: share + amplitude / rate,
        KEP.name: rate,
        KEP_RR.name: rate + amplitude / share,
    }


REFERENCE_REGION = KineticModel(
    "reference-region",
    "M.IC1.999",
    (RKTRANS, RVE, replace(KEP, bounds=(0.0, FASTEST))),
    _impulse_response,
    LinearForm(_share_bounds, _amplitude_limits, _rate_bounds, _parameters),
    _derived,
)


def constrained(kep_rr: float) -> KineticModel:
    """The model with the reference's kep known [1/min]: a parameter less."""

    def impulse_response(rktrans: Tensor, rve: Tensor) -> ImpulseResponse:
        return _impulse_response(rktrans, rve, kep_rr * rktrans / rve)

    def derived(rktrans: Tensor, rve: Tensor) -> dict[str, Tensor]:
        return {KEP.name: kep_rr * rktrans / rve}

    return replace(
        REFERENCE_REGION,
        parameters=(RKTRANS, RVE),
        impulse_response=impulse_response,
        form=LinearForm(
            None,
            _constrained_limits(kep_rr),
            _constrained_rates(kep_rr),
            _constrained_parameters(kep_rr),
            coupling=kep_rr,
        ),
        derived=derived,
    )


def _constrained_limits(
    kep_rr: float,
) -> Callable[[Bounds], tuple[tuple[Limit, ...], tuple[Limit, ...]]]:
    def limits(bounds: Bounds) -> tuple[tuple[Limit, ...], tuple[Limit, ...]]:
        """Limits of R at a rate kep: those of rve, as R = rve kep / kep_RR, and its own."""
        (r_low, r_high), (ve_low, ve_high) = bounds[RKTRANS.name], bounds[RVE.name]
        return (
            (Limit(0.0, ve_low / kep_rr), Limit(r_low, 0.0)),
            (Limit(0.0, ve_high / kep_rr), Limit(r_high, 0.0)),
        )

    return limits


def _constrained_rates(kep_rr: float) -> Callable[[Bounds], tuple[float, float]]:
    def rates(bounds: Bounds) -> tuple[float, float]:
        (r_low, r_high), (ve_low, ve_high) = bounds[RKTRANS.name], bounds[RVE.name]
        return kep_rr * r_low / ve_high, min(kep_rr * r_high / ve_low, FASTEST)

    return rates


def _constrained_parameters(
    kep_rr: float,
) -> Callable[[Tensor, Tensor, Tensor, Bounds], dict[str, Tensor]]:
    def parameters(
        share: Tensor,  # noqa: ARG001 (comes with the exponential)
        amplitude: Tensor,
        rate: Tensor,
        bounds: Bounds,
    ) -> dict[str, Tensor]:
        """Without uptake rve is not determined and gets its lower bound."""
        exchanging = rate > 0
        rve = kep_rr * amplitude / torch.where(exchanging, rate, 1.0)
        rve = torch.where(exchanging, rve, bounds[RVE.name][0])
        return {RKTRANS.name: amplitude, RVE.name: rve, KEP.name: rate}

    return parameters
