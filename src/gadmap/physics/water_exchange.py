"""The pools of water whose signals add up to a voxel's, in both limits of water exchange.

In fast exchange the voxel is one pool with the mean concentration. Without exchange, through
neither the cells' membranes nor the vessels' walls, each space keeps its own: blood, interstitium,
and the cells, which hold no agent. Red cells and plasma share their water, as they do where an
arterial input is measured, so the blood's volume is vp / (1 - hct) and its concentration
(1 - hct) times the plasma's.

References
----------
Donahue, Weisskoff and Burstein, J Magn Reson Imaging 1997;7:102-110 (both limits).
Landis et al., Magn Reson Med 2000;44:563-574 (exchange through the cells' membranes).
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.physics.forward import response_to, tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS, KineticModel
from gadmap.physics.kinetics.model import Spaces
from gadmap.quantities import VP

FAST, NONE = "fast", "none"

Parameters = Mapping[str, Float[Tensor, "*voxel"]]


class WaterExchange(NamedTuple):
    """A limit of water exchange.

    Attributes
    ----------
    volumes
        Model, its parameters and the haematocrit to the volume fraction of every pool, (..., pool);
        they add up to 1.
    concentrations
        Model, parameters, times [s], plasma concentration [mmol/L] and haematocrit to the
        concentration in every pool [mmol/L], (..., pool, time).
    """

    volumes: Callable[[KineticModel, Parameters, float], Float[Tensor, "*voxel pool"]]
    concentrations: Callable[
        [KineticModel, Parameters, Float[Tensor, " time"], Float[Tensor, " time"], float],
        Float[Tensor, "*voxel pool time"],
    ]


def water_exchange_of(name: str, model: KineticModel) -> WaterExchange:
    """The limit of that name.

    Raises
    ------
    ValueError
        If there is none, or the model leaves open how large its spaces are.
    """
    if name not in WATER_EXCHANGES:
        raise ValueError(f"water_exchange is {name!r}; expected {' or '.join(WATER_EXCHANGES)}")
    if name == NONE and model.spaces is None:
        whole = ", ".join(other.name for other in KINETIC_MODELS.values() if other.spaces)
        raise ValueError(
            f"water_exchange {NONE!r} with model {model.name}, which leaves the interstitium's "
            f"volume open; expected one of {whole}"
        )
    return WATER_EXCHANGES[name]


def _one_volume(
    model: KineticModel,
    parameters: Parameters,
    hct: float,  # noqa: ARG001 (one pool holds blood as well)
) -> Float[Tensor, "*voxel 1"]:
    return torch.ones_like(parameters[model.parameters[0].name])[..., None]


def _one_concentration(
    model: KineticModel,
    parameters: Parameters,
    t: Float[Tensor, " time"],
    plasma: Float[Tensor, " time"],
    hct: float,  # noqa: ARG001
) -> Float[Tensor, "*voxel 1 time"]:
    return tissue_concentration(model, parameters, t, plasma)[..., None, :]


def _own_volumes(
    model: KineticModel, parameters: Parameters, hct: float
) -> Float[Tensor, "*voxel pool"]:
    known = [
        parameters[name] / (1 - hct) if name == VP.name else parameters[name]
        for name in _spaces(model)(*_ordered(model, parameters))
    ]
    held = torch.stack(known, dim=-1)
    return torch.cat([held, 1 - held.sum(dim=-1, keepdim=True)], dim=-1)


def _own_concentrations(
    model: KineticModel,
    parameters: Parameters,
    t: Float[Tensor, " time"],
    plasma: Float[Tensor, " time"],
    hct: float,
) -> Float[Tensor, "*voxel pool time"]:
    known = [
        response_to(response, t, plasma) * (1 - hct if name == VP.name else 1.0)
        for name, response in _spaces(model)(*_ordered(model, parameters)).items()
    ]
    return torch.stack([*known, torch.zeros_like(known[0])], dim=-2)


def _ordered(model: KineticModel, parameters: Parameters) -> list[Tensor]:
    return [parameters[quantity.name] for quantity in model.parameters]


def _spaces(model: KineticModel) -> Spaces:
    assert model.spaces is not None, model.name
    return model.spaces


WATER_EXCHANGES: dict[str, WaterExchange] = {
    FAST: WaterExchange(_one_volume, _one_concentration),
    NONE: WaterExchange(_own_volumes, _own_concentrations),
}
