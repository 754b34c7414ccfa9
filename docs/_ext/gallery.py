"""Which examples of `docs/examples` run, in which order, and what a page says of one that does not.

All take seconds and run, but that of the reference data where these are missing, and the one that
downloads: nothing is fetched in a build.
"""

import os
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx_gallery.scrapers import figure_rst

from gadmap.drawing.figure import ShownFigure

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("GADMAP_DATA", ROOT.parent / "shared" / "data"))

ORDER = (
    "phantom",
    "abdomen",
    "curves",
    "training",
    "explanation",
    "cohort",
    "adding_a_model",
    "adding_a_network",
    "adding_a_dataset",
    "open_data",
)
DOWNLOADS = "it downloads data, and a build of these pages fetches nothing"
NEEDS_DATA = "the reference data (`GADMAP_DATA`) are not on the machine that built this page"


def left_out() -> dict[str, str]:
    """Examples that do not run in this build, and why."""
    absent = {} if (DATA / "abdomen").is_dir() else {"abdomen": NEEDS_DATA}
    return {"open_data": DOWNLOADS, **absent}


class Order:
    """Sort key of sphinx-gallery: examples as `ORDER` has them."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self, file: str) -> int:
        """Place of an example's file."""
        return ORDER.index(Path(file).stem)


def configuration() -> dict[str, object]:
    """What sphinx-gallery is told."""
    os.environ["GADMAP_DATA"] = str(DATA)
    runs = "|".join(re.escape(name) for name in ORDER if name not in left_out())
    return {
        "examples_dirs": "examples",
        "gallery_dirs": "gallery",
        "filename_pattern": rf"/({runs})\.py$",
        "within_subsection_order": "gallery.Order",
        "abort_on_example_error": True,
        "download_all_examples": False,
        "min_reported_time": 1e9,
        "show_memory": False,
        "show_signature": False,
        "write_computation_times": False,
        "image_scrapers": ("matplotlib", "gallery.shown_figure"),
        "ignore_repr_types": "Figure|matplotlib",
    }


def shown_figure(_: object, found: dict[str, Any], settings: dict[str, Any]) -> str:
    """The figure that a block of an example ends with, where pyplot does not know it."""
    names = found["example_globals"]
    figure = names.get("___")  # where sphinx-gallery keeps what the last expression gave
    if not isinstance(figure, ShownFigure) or figure is names.get("_shown"):
        return ""
    names["_shown"] = figure
    path = next(found["image_path_iterator"])
    figure.savefig(path)
    return figure_rst([path], settings["src_dir"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Let pages of examples that did not run say so."""
    app.connect("source-read", _say_why)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _say_why(_: Sphinx, page: str, source: list[str]) -> None:
    why = left_out().get(page.removeprefix("gallery/")) if page.startswith("gallery/") else None
    if why:
        source[0] += f"\n.. note::\n\n   This example did not run here: {why}.\n"
