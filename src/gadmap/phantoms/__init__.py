"""Digital examinations with known truth."""

from gadmap.phantoms.case import Case
from gadmap.phantoms.reference_object import Phantom, phantom_of, reference_object
from gadmap.phantoms.tissues import TISSUES, Tissue

__all__ = ["TISSUES", "Case", "Phantom", "Tissue", "phantom_of", "reference_object"]
