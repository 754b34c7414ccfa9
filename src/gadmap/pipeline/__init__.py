"""One function a command, each a few calls long."""

from gadmap.pipeline.demo import DemoResult, run_demo
from gadmap.pipeline.info import Collection, info
from gadmap.pipeline.map_exam import MapResult, map_exam
from gadmap.pipeline.phantom import PhantomFiles, write_phantom
from gadmap.pipeline.stages import Progress, Stages, Watch

__all__ = [
    "Collection",
    "DemoResult",
    "MapResult",
    "PhantomFiles",
    "Progress",
    "Stages",
    "Watch",
    "info",
    "map_exam",
    "run_demo",
    "write_phantom",
]
