"""Two-compartment exchange model: plasma of finite flow, exchange with the interstitium.

Brix et al., Magn Reson Med 2004;52:420-429. Sourbron and Buckley, NMR Biomed 2013;26:1004-1027,
Table 2. CAPLEX M.IC1.009.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from gadmap.physics.kinetics.model import CompartmentForm, ImpulseResponse, KineticModel
from gadmap.physics.kinetics.uptake import LEAST, PER_100_ML, extracted_flow
from gadmap.quantities import FP, KTRANS, PS, VE, VP


def _impulse_response(fp: Tensor, ps: Tensor, ve: Tensor, vp: Tensor) -> ImpulseResponse:
    balance = _mass_balance(fp, ps, ve, vp)
    share = (balance.washing - balance.slow) / balance.apart
    return ImpulseResponse(
        amplitude=(fp / PER_100_ML)[..., None] * torch.stack([share, 1 - share], dim=-1),
        rate=torch.stack([balance.fast, balance.slow], dim=-1),
    )


def _spaces(fp: Tensor, ps: Tensor, ve: Tensor, vp: Tensor) -> dict[str, ImpulseResponse]:
    """Of each space's concentration: the same two exponentials, with other amplitudes."""
    balance = _mass_balance(fp, ps, ve, vp)
    rate = torch.stack([balance.fast, balance.slow], dim=-1)
    first, last = balance.fast - balance.returning, balance.returning - balance.slow
    height = (balance.washing / balance.apart)[..., None]
    passed = balance.returning[..., None] * torch.tensor([-1.0, 1.0]).to(rate)
    return {
        VP.name: ImpulseResponse(height * torch.stack([first, last], dim=-1), rate),
        VE.name: ImpulseResponse(height * passed, rate),
    }


class _MassBalance(NamedTuple):
    """Rates [1/min] of two compartments, and those of the two exponentials.

    With washing = flow / vp, leaving = ps / vp and returning = ps / ve, the exponentials' rates k
    solve k² - (washing + leaving + returning) k + washing returning = 0; `apart` is between them.
    """

    washing: Tensor
    returning: Tensor
    fast: Tensor
    slow: Tensor
    apart: Tensor


def _mass_balance(fp: Tensor, ps: Tensor, ve: Tensor, vp: Tensor) -> _MassBalance:
    flow, plasma = fp / PER_100_ML, vp.clamp(min=LEAST)
    washing, leaving, returning = flow / plasma, ps / plasma, ps / ve
    away = (washing + leaving - returning).square() + 4 * leaving * returning
    apart = away.clamp(min=LEAST**2).sqrt()
    fast = (washing + leaving + returning + apart) / 2
    return _MassBalance(washing, returning, fast, washing * returning / fast, apart)


def _derived(fp: Tensor, ps: Tensor, ve: Tensor, vp: Tensor) -> dict[str, Tensor]:  # noqa: ARG001
    return {KTRANS.name: extracted_flow(fp, ps)}


EXCHANGE = KineticModel(
    "2cxm",
    "M.IC1.009",
    (FP, PS, VE, VP),
    _impulse_response,
    CompartmentForm(returns=True),
    _derived,
    _spaces,
)
