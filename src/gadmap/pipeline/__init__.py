"""One function a command, each a few calls long."""

from gadmap.io import describe as info
from gadmap.pipeline.cohort import CohortFiles, write_cohort
from gadmap.pipeline.demo import DemoResult, run_demo
from gadmap.pipeline.map_exam import MapResult, map_exam
from gadmap.pipeline.phantom import PhantomFiles, write_phantom
from gadmap.pipeline.stages import Progress, Stages, Watch

__all__ = [
    "CohortFiles",
    "DemoResult",
    "MapResult",
    "PhantomFiles",
    "Progress",
    "Stages",
    "Watch",
    "info",
    "map_exam",
    "run_demo",
    "write_cohort",
    "write_phantom",
]
