"""Kinetic models: a new one is a file and a line here."""

from gadmap.physics.kinetics.exchange import EXCHANGE
from gadmap.physics.kinetics.extended_tofts import EXTENDED_TOFTS
from gadmap.physics.kinetics.model import (
    Bounds,
    CompartmentForm,
    ImpulseResponse,
    KineticModel,
    Limit,
    LinearForm,
)
from gadmap.physics.kinetics.patlak import PATLAK
from gadmap.physics.kinetics.tofts import TOFTS
from gadmap.physics.kinetics.uptake import UPTAKE
from gadmap.physics.kinetics.vascular import VASCULAR

KINETIC_MODELS: dict[str, KineticModel] = {
    model.name: model for model in (TOFTS, EXTENDED_TOFTS, PATLAK, UPTAKE, EXCHANGE, VASCULAR)
}

__all__ = [
    "EXTENDED_TOFTS",
    "KINETIC_MODELS",
    "Bounds",
    "CompartmentForm",
    "ImpulseResponse",
    "KineticModel",
    "Limit",
    "LinearForm",
]
