"""Two-compartment uptake model: plasma of finite flow, uptake without return.

Pradel et al., Invest Radiol 2003;38:376-384. Sourbron and Buckley, NMR Biomed 2013;26:1004-1027,
Table 2. CAPLEX M.IC1.007.
"""

import torch
from torch import Tensor

from gadmap.physics.kinetics.model import CompartmentForm, ImpulseResponse, KineticModel
from gadmap.quantities import FP, KTRANS, PS, VP

PER_100_ML = 100.0
"""Flow is in mL/100mL/min, as the field prints it; over this it is in 1/min, like every rate."""
LEAST = 1e-9
"""Least plasma volume and least sum of outflows [1/min]: at 0 the rates have no value."""


def _impulse_response(fp: Tensor, ps: Tensor, vp: Tensor) -> ImpulseResponse:
    flow = fp / PER_100_ML
    leaving = (flow + ps).clamp(min=LEAST)
    rate = leaving / vp.clamp(min=LEAST)
    extracted = ps / leaving
    return ImpulseResponse(
        amplitude=flow[..., None] * torch.stack([1 - extracted, extracted], dim=-1),
        rate=torch.stack([rate, torch.zeros_like(rate)], dim=-1),
    )


def extracted_flow(fp: Tensor, ps: Tensor) -> Tensor:
    """Give ktrans [1/min]: flow times the fraction ps / (fp + ps) that leaves the plasma."""
    flow = fp / PER_100_ML
    return flow * ps / (flow + ps).clamp(min=LEAST)


def _derived(fp: Tensor, ps: Tensor, vp: Tensor) -> dict[str, Tensor]:  # noqa: ARG001
    return {KTRANS.name: extracted_flow(fp, ps)}


UPTAKE = KineticModel(
    "2cum",
    "M.IC1.007",
    (FP, PS, VP),
    _impulse_response,
    CompartmentForm(returns=False),
    _derived,
)
