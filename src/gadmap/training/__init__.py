"""Training of networks on prepared patients. `train`, which needs Lightning, is imported apart."""

from gadmap.training.patient import Patient, largest_slices, patient_of
from gadmap.training.patient_file import Patients, read_patient, write_patient
from gadmap.training.recipe import GUIDED_RECIPE, CohortRecipe, Recipe, changed, read_recipe
from gadmap.training.regions import region_corners
from gadmap.training.split import Split, split_patients

__all__ = [
    "GUIDED_RECIPE",
    "CohortRecipe",
    "Patient",
    "Patients",
    "Recipe",
    "Split",
    "changed",
    "largest_slices",
    "patient_of",
    "read_patient",
    "read_recipe",
    "region_corners",
    "split_patients",
    "write_patient",
]
