"""Kinetic models: a new one is a file and a line here.

The reference region's stands by itself: what drives it is no plasma.
"""

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
from gadmap.physics.kinetics.reference_region import REFERENCE_REGION, constrained
from gadmap.physics.kinetics.tofts import TOFTS
from gadmap.physics.kinetics.uptake import UPTAKE
from gadmap.physics.kinetics.vascular import VASCULAR

KINETIC_MODELS: dict[str, KineticModel] = {
    model.name: model for model in (TOFTS, EXTENDED_TOFTS, PATLAK, UPTAKE, EXCHANGE, VASCULAR)
}

__all__ = [
    "EXCHANGE",
    "EXTENDED_TOFTS",
    "KINETIC_MODELS",
    "PATLAK",
    "REFERENCE_REGION",
    "TOFTS",
    "Bounds",
    "CompartmentForm",
    "ImpulseResponse",
    "KineticModel",
    "Limit",
    "LinearForm",
    "constrained",
]
