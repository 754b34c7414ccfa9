"""Figures of an explanation that was written before, for the page of its examination."""

import json
from dataclasses import dataclass
from pathlib import Path

from gadmap.data import Exam
from gadmap.report.picture import Picture, plate

RECORD = "explanation.json"


@dataclass(frozen=True, kw_only=True)
class ExplainedSection:
    """An explanation ready for the page.

    Attributes
    ----------
    network, quantity, region
        What was explained: whose estimate, of what, where.
    figures
        Heading, words and picture of each figure.
    """

    network: str
    quantity: str
    region: str
    figures: tuple[tuple[str, str, Picture], ...]


def read_explained(folder: str | Path, exam: Exam) -> ExplainedSection:
    """The figures that `gadmap explain` wrote into a folder.

    Raises
    ------
    FileNotFoundError
        If there is no explanation.
    ValueError
        If it is damaged, or of an examination on another grid.
    """
    folder = Path(folder)
    path = folder / RECORD
    if not path.is_file():
        raise FileNotFoundError(f"{folder}: no {RECORD}; expected a folder of gadmap explain")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        grid = tuple(record["grid"])
        if grid != exam.series.grid:
            raise ValueError(
                f"{folder}: explains an examination of {grid} voxels; this one has "
                f"{exam.series.grid}. Is it another examination's?"
            )
        figures = tuple(
            (entry["heading"], entry["words"], _picture(folder, entry))
            for entry in record["figures"]
        )
        return ExplainedSection(
            network=record["network"],
            quantity=record["quantity"],
            region=record["region"]["chosen"],
            figures=figures,
        )
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: damaged ({error!r})") from error


def _picture(folder: Path, entry: dict[str, str]) -> Picture:
    file = folder / Path(entry["file"]).name
    return plate(file.read_bytes(), f"{entry['heading']}. {entry['words']}")
