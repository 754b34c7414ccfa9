"""Two-compartment exchange model: plasma of finite flow, exchange with the interstitium.

Brix et al., Magn Reson Med 2004;52:420-429. Sourbron and Buckley, NMR Biomed 2013;26:1004-1027,
Table 2. CAPLEX M.IC1.009.
"""

import torch
from torch import Tensor

from gadmap.physics.kinetics.model import CompartmentForm, ImpulseResponse, KineticModel
from gadmap.physics.kinetics.uptake import LEAST, PER_100_ML, extracted_flow
from gadmap.quantities import FP, KTRANS, PS, VE, VP


def _impulse_response(fp: Tensor, ps: Tensor, ve: Tensor, vp: Tensor) -> ImpulseResponse:
    """Two exponentials, whose rates are those of the two mass balances.

    With washing = flow / vp, leaving = ps / vp and returning = ps / ve, the rates k solve
    k² - (washing + leaving + returning) k + washing returning = 0.
    """
    flow, plasma = fp / PER_100_ML, vp.clamp(min=LEAST)
    washing, leaving, returning = flow / plasma, ps / plasma, ps / ve
    away = (washing + leaving - returning).square() + 4 * leaving * returning
    apart = away.clamp(min=LEAST**2).sqrt()
    fast = (washing + leaving + returning + apart) / 2
    slow = washing * returning / fast
    share = (washing - slow) / apart
    return ImpulseResponse(
        amplitude=flow[..., None] * torch.stack([share, 1 - share], dim=-1),
        rate=torch.stack([fast, slow], dim=-1),
    )


def _derived(fp: Tensor, ps: Tensor, ve: Tensor, vp: Tensor) -> dict[str, Tensor]:  # noqa: ARG001
    return {KTRANS.name: extracted_flow(fp, ps)}


EXCHANGE = KineticModel(
    "2cxm",
    "M.IC1.009",
    (FP, PS, VE, VP),
    _impulse_response,
    CompartmentForm(returns=True),
    _derived,
)
