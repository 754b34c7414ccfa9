"""A table of examinations, for cohorts that are no BIDS dataset."""

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gadmap.cohort.planned import PlannedExam
from gadmap.pipeline import MapSettings

NAME, INPUT, PARTICIPANT, SESSION, REGIONS = "exam", "input", "participant", "session", "regions"
_FILES = ("t10", "b1", "aif", "mask", "reference")
_NUMBERS = ("aif_error", "b1_error", "hct", "relaxivity", "frame_step")
_MANY = "vfa"
_COLUMNS = (NAME, INPUT, PARTICIPANT, SESSION, REGIONS, _MANY, *_FILES, *_NUMBERS, "series")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def exams_of_table(
    table: Path,
    root: Path,
    settings: MapSettings,
    participants: Sequence[str] | None = None,
    sessions: Sequence[str] | None = None,
) -> list[PlannedExam]:
    """The examinations of a CSV or TSV file, one a row.

    Columns `exam` (a label, which names its folder) and `input` (its series, relative to `root`
    as all files are); where wanted `participant` and `session`, for test and retest; `vfa` and
    `regions` (several, with semicolons between), `t10`, `b1`, `aif`, `mask`, `reference`,
    `aif_error`, `b1_error`, `hct`, `relaxivity`, `frame_step` and `series`, which go before what is
    chosen for all; an empty cell leaves that.

    Raises
    ------
    FileNotFoundError
        If there is no such table.
    ValueError
        If it cannot be read: unknown or missing columns, a label twice, a number that is none, no
        row left.
    """
    if not table.is_file():
        raise FileNotFoundError(f"{table}: no such file; expected a table with a row an exam")
    delimiter = "\t" if table.suffix.lower() == ".tsv" else ","
    try:
        with table.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, delimiter=delimiter)
            columns = [column.strip() for column in reader.fieldnames or ()]
            _require_columns(table, columns)
            reader.fieldnames = columns
            rows = [(reader.line_num, _cells(table, reader.line_num, row)) for row in reader]
    except (csv.Error, UnicodeDecodeError) as error:
        raise ValueError(f"{table}: not readable as a table ({error})") from error
    exams = [_planned(table, line, row, root, settings) for line, row in rows if any(row.values())]
    _require_labels_once(table, exams)
    exams = _kept(table, PARTICIPANT, exams, participants, "sub-")
    return _kept(table, SESSION, exams, sessions, "ses-")


def _require_columns(table: Path, columns: Sequence[str]) -> None:
    missing = [name for name in (NAME, INPUT) if name not in columns]
    unknown = [name for name in columns if name not in _COLUMNS]
    if missing or unknown or len(set(columns)) < len(columns):
        found = ", ".join(columns) or "nothing"
        raise ValueError(
            f"{table}: columns {found}; expected {NAME} and {INPUT}, and of "
            f"{', '.join(_COLUMNS[2:])} those that are needed, each once. Is the table separated "
            f"by {'commas' if table.suffix.lower() == '.tsv' else 'tabs or semicolons'}?"
        )


def _cells(table: Path, line: int, row: Mapping[str | None, str | None]) -> dict[str, str]:
    if None in row or None in row.values():
        raise ValueError(f"{table}, line {line}: another number of cells than the head has")
    return {str(key): str(value).strip() for key, value in row.items()}


def _planned(
    table: Path, line: int, row: Mapping[str, str], root: Path, settings: MapSettings
) -> PlannedExam:
    name = row[NAME]
    if not _LABEL.fullmatch(name):
        raise ValueError(
            f"{table}, line {line}: {NAME} is {name!r}; expected a label of letters, digits, "
            "dots, hyphens and underscores, which can name a folder"
        )
    if not row[INPUT]:
        raise ValueError(f"{table}, line {line}: no {INPUT}; expected the file or folder of {name}")
    try:
        own = replace(settings, **_choices(root, row))
    except ValueError as error:
        raise ValueError(f"{table}, line {line}: {error}") from error
    return PlannedExam(
        name=name,
        folder=Path(name),
        source=root / row[INPUT],
        settings=own,
        participant=row.get(PARTICIPANT) or name,
        session=row.get(SESSION, ""),
        regions=_several(root, row.get(REGIONS, "")),
    )


def _choices(folder: Path, row: Mapping[str, str]) -> dict[str, object]:
    """What a row chooses itself, by the names of `MapSettings`."""
    given = {column: cell for column, cell in row.items() if cell}
    own: dict[str, object] = {
        column: _file_or_word(folder, given[column]) for column in _FILES if column in given
    }
    for column in _NUMBERS:
        if column in given:
            own[column] = _number(column, given[column])
    if "series" in given:
        own["series"] = given["series"]
    if _MANY in given:
        own[_MANY] = _several(folder, given[_MANY])
    # Of the two that tell T1, a row's own goes before that of all.
    if _MANY in own and "t10" not in own:
        own["t10"] = None
    return own


def _several(folder: Path, cell: str) -> tuple[Path, ...]:
    return tuple(folder / part.strip() for part in cell.split(";") if part.strip())


def _file_or_word(folder: Path, cell: str) -> str | Path:
    """A file below the folder; what is no file there is a word or a number."""
    path = folder / cell
    return path if path.exists() or "/" in cell else cell


def _number(column: str, cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise ValueError(f"{column} is {cell!r}; expected a number") from None


def _require_labels_once(table: Path, exams: Sequence[PlannedExam]) -> None:
    names = Counter(exam.name for exam in exams)
    twice = sorted(name for name, count in names.items() if count > 1)
    if twice:
        raise ValueError(f"{table}: {NAME} {', '.join(twice[:3])} stands there more than once")
    if not names:
        raise ValueError(f"{table}: no row below the head; expected one an examination")


def _kept(
    table: Path,
    what: str,
    exams: list[PlannedExam],
    labels: Sequence[str] | None,
    prefix: str,
) -> list[PlannedExam]:
    if labels is None:
        return exams
    there = {getattr(exam, what).removeprefix(prefix) for exam in exams}
    wanted = [label.removeprefix(prefix) for label in labels]
    missing = [label for label in wanted if label not in there]
    if missing:
        raise ValueError(
            f"{table}: no examination of {what} {', '.join(missing)}; there are "
            f"{', '.join(sorted(there - {''})[:8]) or 'none'}"
        )
    return [exam for exam in exams if getattr(exam, what).removeprefix(prefix) in wanted]
