"""The training curve as a CSV file that grows, and is cut back where a run resumes."""

import csv
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from io import StringIO
from pathlib import Path

from gadmap.whole_file import write_whole


@dataclass(frozen=True, kw_only=True)
class Point:
    """A point of the curve.

    Attributes
    ----------
    step
        Steps done.
    training
        Mean squared error over the batches since the last point.
    validation
        Mean squared error on the validation patients' regions.
    seconds
        Time since the run, or its resumption, began [s].
    """

    step: int
    training: float
    validation: float
    seconds: float


def read_curve(path: Path) -> list[Point]:
    """The points of a file; of a last line that was being written when a run was killed, none."""
    return list(_points(path))


def cut_curve(path: Path, step: int) -> None:
    """Drop the points after a step, which the resumed run makes again."""
    kept = [point for point in _points(path) if point.step <= step]
    file = StringIO(newline="")
    writer = csv.DictWriter(file, [field.name for field in fields(Point)])
    writer.writeheader()
    writer.writerows(asdict(point) for point in kept)
    write_whole(path, file.getvalue())


def add_point(path: Path, point: Point) -> None:
    """Add a line."""
    with path.open("a", newline="", encoding="utf-8") as file:
        csv.DictWriter(file, list(asdict(point))).writerow(asdict(point))


def _points(path: Path) -> Iterator[Point]:
    if not path.exists():
        return
    text = path.read_text(encoding="utf-8")
    complete = text[: text.rfind("\n") + 1].splitlines()
    for row in csv.DictReader(complete):
        yield Point(
            step=int(row["step"]),
            training=float(row["training"]),
            validation=float(row["validation"]),
            seconds=float(row["seconds"]),
        )
