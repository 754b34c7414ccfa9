"""Digital examinations with known truth."""

from gadmap.phantoms.case import Case
from gadmap.phantoms.cohort import cohort
from gadmap.phantoms.patients import patient_case
from gadmap.phantoms.priors import PRIORS, RIDER, WIDE, Priors
from gadmap.phantoms.record import drawn_values
from gadmap.phantoms.reference_object import Phantom, phantom_of, reference_object
from gadmap.phantoms.tissues import TISSUES, Tissue

__all__ = [
    "PRIORS",
    "RIDER",
    "TISSUES",
    "WIDE",
    "Case",
    "Phantom",
    "Priors",
    "Tissue",
    "cohort",
    "drawn_values",
    "patient_case",
    "phantom_of",
    "reference_object",
]
