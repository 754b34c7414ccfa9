"""Tissue curves of scenes: by Tofts, extended Tofts or two-compartment exchange."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.phantoms.scene_maps import SceneMaps
from gadmap.physics.convolution import exponential_convolution
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS, ImpulseResponse
from gadmap.quantities import SECONDS_PER_MINUTE

EXCHANGE = "exchange"
SCENE_MODELS = ("tofts", "extended-tofts", EXCHANGE)
"""Ways in which a scene's tissue takes up the agent."""


def scene_concentration(
    model: str,
    maps: SceneMaps,
    t: Float[np.ndarray, " time"],
    plasma: Float[np.ndarray, " time"],
) -> Float[Tensor, "x y time"]:
    """Tissue concentration [mmol/L] of a scene's maps under a `plasma` concentration [mmol/L].

    In single precision, which errs by a millionth and takes half the time.
    """
    times, arterial = torch.from_numpy(t).float(), torch.from_numpy(plasma).float()
    tissue = {
        name: torch.from_numpy(getattr(maps, name)).float() for name in ("ktrans", "ve", "vp", "fp")
    }
    if model != EXCHANGE:
        return tissue_concentration(KINETIC_MODELS[model], tissue, times, arterial)
    response = exchange_response(**tissue)
    minutes = times / SECONDS_PER_MINUTE
    terms = exponential_convolution(arterial, minutes, response.rate)
    return (response.amplitude[..., None] * terms).sum(dim=-2)


def exchange_response(
    ktrans: Float[Tensor, "*grid"],
    ve: Float[Tensor, "*grid"],
    vp: Float[Tensor, "*grid"],
    fp: Float[Tensor, "*grid"],
) -> ImpulseResponse:
    """Impulse response of two compartments that exchange, plasma being fed by the flow alone.

    `ktrans` is the extracted share of the plasma flow `fp` [1/min], which exceeds it.

    References
    ----------
    Sourbron and Buckley, Phys Med Biol 2012;57:R1-R33, section 2.3. CAPLEX M.IC1.009.
    """
    ps = ktrans * fp / (fp - ktrans)
    leaving, returning, washed = (fp + ps) / vp, ps / ve, fp / vp
    total = leaving + returning
    apart = torch.sqrt(total.square() - 4 * returning * washed)
    fast, slow = (total + apart) / 2, (total - apart) / 2
    share = (fast - washed) / apart
    return ImpulseResponse(
        amplitude=fp[..., None] * torch.stack([1 - share, share], dim=-1),
        rate=torch.stack([fast, slow], dim=-1),
    )
