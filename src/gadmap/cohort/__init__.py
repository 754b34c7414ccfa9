"""Many examinations: each mapped by itself, then looked at together."""

from gadmap.cohort.outcome import Outcome
from gadmap.cohort.planned import PlannedExam, exams_of_bids
from gadmap.cohort.run import CohortResult, run_cohort
from gadmap.cohort.slurm import SlurmRecipe, slurm_recipe
from gadmap.cohort.table import exams_of_table
from gadmap.cohort.workers import LocalWorkers, SchedulerWorkers, Workers

__all__ = [
    "CohortResult",
    "LocalWorkers",
    "Outcome",
    "PlannedExam",
    "SchedulerWorkers",
    "SlurmRecipe",
    "Workers",
    "exams_of_bids",
    "exams_of_table",
    "run_cohort",
    "slurm_recipe",
]
