"""Kinetic models: a new one is a file and a line here."""

from gadmap.physics.kinetics.extended_tofts import EXTENDED_TOFTS
from gadmap.physics.kinetics.model import Bounds, ImpulseResponse, KineticModel, Limit, LinearForm
from gadmap.physics.kinetics.patlak import PATLAK
from gadmap.physics.kinetics.tofts import TOFTS

KINETIC_MODELS: dict[str, KineticModel] = {
    model.name: model for model in (TOFTS, EXTENDED_TOFTS, PATLAK)
}

__all__ = [
    "EXTENDED_TOFTS",
    "KINETIC_MODELS",
    "Bounds",
    "ImpulseResponse",
    "KineticModel",
    "Limit",
    "LinearForm",
]
