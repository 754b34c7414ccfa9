"""Public datasets, one a file. To add one: its file, and a line in `DATASETS`."""

from pathlib import Path

from gadmap.io.datasets.dataset import Dataset
from gadmap.io.datasets.examination import Examination, Inspection
from gadmap.io.datasets.rider_neuro import RIDER_NEURO

DATASETS = {RIDER_NEURO.name: RIDER_NEURO}

__all__ = ["DATASETS", "Dataset", "Examination", "Inspection", "dataset_of"]


def dataset_of(path: str | Path) -> Dataset | None:
    """The public dataset that a folder holds images of, or None; reads few headers."""
    return next((one for one in DATASETS.values() if one.holds(Path(path))), None)
