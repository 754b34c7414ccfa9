"""What a public dataset is to the rest of the package."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gadmap.io.datasets.examination import Examination


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A public dataset.

    Attributes
    ----------
    name
        With hyphens, as in `DATASETS`.
    title
        What its publishers call it.
    holds
        True for a folder with images of it; reads one or two headers.
    examinations
        All examinations in a folder, by patient and visit; reads two headers a series.
    """

    name: str
    title: str
    holds: Callable[[Path], bool]
    examinations: Callable[[Path], tuple[Examination, ...]]
