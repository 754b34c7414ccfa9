"""One function a command, each a few calls long."""

from gadmap.pipeline.adapt import adapt
from gadmap.pipeline.cohort import CohortFiles, write_cohort
from gadmap.pipeline.demo import DemoResult, run_demo
from gadmap.pipeline.dicom import DicomMaps, write_dicom_results
from gadmap.pipeline.evaluate import Evaluation, evaluate_networks
from gadmap.pipeline.explain import ExplainResult, explain
from gadmap.pipeline.info import Collection, info, numbered_file
from gadmap.pipeline.map_exam import MapResult, map_exam
from gadmap.pipeline.map_settings import MapSettings
from gadmap.pipeline.patients import PreparedPatients, prepared_patients
from gadmap.pipeline.phantom import PhantomFiles, write_phantom
from gadmap.pipeline.phantom_bids import BidsCohort, write_bids_cohort
from gadmap.pipeline.region import RegionResult, fit_regions
from gadmap.pipeline.repeat import map_again
from gadmap.pipeline.report import ReportResult, report
from gadmap.pipeline.reproduce import ReproduceResult, reproduce
from gadmap.pipeline.stages import Progress, Stages, Watch
from gadmap.pipeline.train import TrainResult, train_network
from gadmap.pipeline.train_guided import SCENES, TrainGuidedResult, train_guided

__all__ = [
    "SCENES",
    "BidsCohort",
    "CohortFiles",
    "Collection",
    "DemoResult",
    "DicomMaps",
    "Evaluation",
    "ExplainResult",
    "MapResult",
    "MapSettings",
    "PhantomFiles",
    "PreparedPatients",
    "Progress",
    "RegionResult",
    "ReportResult",
    "ReproduceResult",
    "Stages",
    "TrainGuidedResult",
    "TrainResult",
    "Watch",
    "adapt",
    "evaluate_networks",
    "explain",
    "fit_regions",
    "info",
    "map_again",
    "map_exam",
    "numbered_file",
    "prepared_patients",
    "report",
    "reproduce",
    "run_demo",
    "train_guided",
    "train_network",
    "write_bids_cohort",
    "write_cohort",
    "write_dicom_results",
    "write_phantom",
]
