"""What the commands say: on a terminal with a progress bar, elsewhere as plain lines."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from gadmap.io import Description, SeriesSummary
    from gadmap.pipeline import (
        Collection,
        ExplainResult,
        MapResult,
        Progress,
        TrainGuidedResult,
        TrainResult,
    )

_PATIENCE = 2.0
_PLAIN_WIDTH = 160


def console() -> Console:
    """Standard output; lines are not broken where it is not a terminal."""
    out = Console(highlight=False)
    return out if out.is_terminal else Console(highlight=False, width=_PLAIN_WIDTH)


def on_terminal() -> bool:
    """True where someone can watch a bar."""
    return Console(stderr=True).is_terminal


@contextmanager
def progress_bar(name: str) -> Iterator["Progress | None"]:
    """Show a bar once a stage has run for two seconds; nothing where there is no terminal."""
    out = Console(stderr=True)
    if not out.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=out, transient=True)
    task = bar.add_task(name, total=None)
    timer = Timer(_PATIENCE, bar.start)
    timer.start()
    try:
        yield lambda done, total: bar.update(task, completed=done, total=total)
    finally:
        timer.cancel()
        timer.join()
        bar.stop()


def say_result(result: "MapResult", seconds: Mapping[str, float]) -> None:
    """What was found and assumed, how long the stages took, and what was written."""
    out = console()
    for remark in result.remarks:
        out.print(f"- {remark}", markup=False)
    estimated, inside = int(result.maps.valid.sum()), int(result.exam.mask.sum())
    for caution in result.cautions:
        out.print(f"! {caution}", markup=False)
    out.print(f"estimated {estimated:,} of {inside:,} voxels in the mask", markup=False)
    out.print(times_table(seconds))
    folder = result.files[-1].parent  # of the report; the kept examination lies one deeper
    there = (file.relative_to(folder) for file in result.files)
    names = dict.fromkeys(f"{p.parts[0]}/" if len(p.parts) > 1 else p.name for p in there)
    out.print(f"{folder}: {', '.join(names)}", markup=False, soft_wrap=True)


def say_explanation(result: "ExplainResult") -> None:
    """What was found and assumed, how long the stages took, and what was written."""
    out = console()
    for remark in result.remarks:
        out.print(f"- {remark}", markup=False)
    out.print(times_table(result.seconds))
    names = ", ".join(file.name for file in result.files)
    out.print(f"{result.files[0].parent}: {names}", markup=False, soft_wrap=True)


def times_table(seconds: Mapping[str, float]) -> Table:
    """What each stage took, and its share."""
    total = sum(seconds.values())
    table = Table(box=None, pad_edge=False)
    table.add_column("stage")
    table.add_column("time", justify="right")
    table.add_column("share", justify="right")
    for name, time in seconds.items():
        table.add_row(name, f"{time:.2f} s", f"{time / total:.0%}")
    table.add_row("total", f"{total:.2f} s", "")
    return table


def say_training(result: "TrainResult") -> None:
    """Which patients were used for what, where the curve ended, and where the weights are."""
    out = console()
    split, recipe = result.split, result.recipe
    if recipe.labels:
        out.print(
            f"- {len(split.training)} patients to train, {len(split.validation)} to choose, "
            f"{len(split.test)} kept for the test"
        )
    _say_examinations(result)
    for quantity, scale in result.trained.scales.items():
        out.print(f"- {quantity}: an output of 1 is {scale:.3g}", markup=False)
    last, best = result.curve[-1], min(result.curve, key=lambda point: point.validation)
    chosen = best if recipe.choose == "best" else last
    what, kind = "the validation patients", "mean squared error"
    if recipe.unlabelled:
        what, kind = "labels and examinations" if recipe.labels else "the examinations", "loss"
    out.print(
        f"- {recipe.choose} of {last.step:,} steps: {chosen.step:,}, {kind} on {what} "
        f"{chosen.validation:.3g}",
        soft_wrap=True,
    )
    out.print(times_table(result.seconds))
    out.print(str(result.weights), markup=False, soft_wrap=True)


def say_guided_training(result: "TrainGuidedResult") -> None:
    """Where the curve ended, the factors of the errors, and where the weights are."""
    out = console()
    last = result.curve[-1]
    _say_examinations(result)
    what = "scenes to choose with"
    if result.recipe.unlabelled:
        what = "scenes and examinations" if result.recipe.labels else "the examinations"
    out.print(f"- after {last.step:,} steps: loss on {what} {last.validation:.3g}")
    for quantity, factor in result.trained.calibration.items():
        out.print(f"- {quantity}: errors times {factor:.3g} cover 90 %", markup=False)
    out.print(times_table(result.seconds))
    out.print(str(result.weights), markup=False, soft_wrap=True)


def _say_examinations(result: "TrainResult | TrainGuidedResult") -> None:
    """How many without labels were learned from, and which were left out."""
    out = console()
    if result.without_labels:
        out.print(f"- {len(result.without_labels)} examinations without labels")
    for name, reason in result.refused.items():
        out.print(f"- {name} left out: {reason}", markup=False)


def say_description(description: "Description") -> None:
    """The series of a folder as a table, what was skipped, and what a map lacks."""
    out = console()
    out.print(f"{description.name}: {description.format}", markup=False)
    table = Table(box=None, pad_edge=False)
    for heading in ("series", "kind", "frames", "times", "TR, TE, flip", "grid", "scanner"):
        table.add_column(heading, overflow="fold")
    for series in description.series:
        table.add_row(*_series_cells(series))
    out.print(table)
    for note in description.notes:
        out.print(f"- {note}", markup=False)
    for sentence in description.missing:
        out.print(f"missing: {sentence}", markup=False)
    if not description.missing:
        out.print("nothing is missing for a map", markup=False)


def say_collection(collection: "Collection") -> None:
    """A line for each examination of a dataset: what it holds, or why it cannot be read."""
    count = len(collection.examinations)
    lines = [f"{collection.dataset}: {count} examinations of {collection.patients} patients"]
    for one in collection.examinations:
        what = f"cannot be read: {one.problem}" if one.problem else one.summary
        lines.append(f"{one.patient} visit {one.visit}: {what}")
    unreadable = collection.unreadable
    lines.append(f"{count - unreadable} can be read" + f", {unreadable} cannot" * bool(unreadable))
    say_lines(lines)


def _series_cells(series: "SeriesSummary") -> Sequence[str]:
    from rich.markup import escape

    number = f"{series.number} " if series.number else ""
    cells = (
        number + series.description,
        series.kind,
        str(series.frames),
        _times_text(series),
        _settings_text(series),
        _grid_text(series),
        " ".join(filter(None, (series.vendor, _unit(series.field_strength, 1.0, "T")))),
    )
    return [escape(cell) for cell in cells]


def _times_text(series: "SeriesSummary") -> str:
    if len(series.t) < 2:
        return ""
    first, last = series.t[0], series.t[-1]
    step = (last - first) / (len(series.t) - 1)
    return f"{first:g} to {last:.1f} s, every {step:.3f} s, from {series.time_source}"


def _settings_text(series: "SeriesSummary") -> str:
    from math import degrees

    flip = None if series.flip_angle is None else degrees(series.flip_angle)
    settings = (
        _unit(series.tr, 1e3, "ms"),
        _unit(series.te, 1e3, "ms"),
        _unit(flip, 1.0, "°"),
    )
    return ", ".join(text or "–" for text in settings)


def _grid_text(series: "SeriesSummary") -> str:
    matrix = "×".join(map(str, series.matrix))
    size = "×".join(f"{edge:.3g}" for edge in series.voxel_size)
    return ", ".join(filter(None, (matrix, f"{size} mm" if size else "", series.plane)))


def _unit(value: float | None, factor: float, unit: str) -> str:
    if value is None:
        return ""
    return f"{value * factor:.4g}{'' if unit == '°' else ' '}{unit}"


def say_lines(lines: Sequence[str | Path]) -> None:
    """Plain lines."""
    out = console()
    for line in lines:
        out.print(str(line), markup=False, soft_wrap=True)
