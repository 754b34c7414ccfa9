"""Arterial input as a table: one that a user brings, and that of results."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from gadmap.data import Aif
from gadmap.data.frozen import freeze, require_rising
from gadmap.untrusted import by_name, shown

TIME, PLASMA, BLOOD = "time_s", "plasma_mmol_per_l", "blood_mmol_per_l"
COMMENT = "#"
_LARGEST, _LONGEST = 2**24, 200  # bytes of a table; characters of its header in a message
_HIGHEST = 100.0  # mmol/L; a bolus peaks at 5 to 20


@dataclass(frozen=True, eq=False, kw_only=True)
class AifTable:
    """Arterial concentration as a file gives it, in plasma or in whole blood.

    Attributes
    ----------
    t
        Sample times [s], rising.
    concentration
        Contrast agent in plasma or in blood [mmol/L].
    is_plasma
        False where it is in whole blood: divide by (1 - hct).
    name
        The file's name.
    """

    t: Float[np.ndarray, " time"]
    concentration: Float[np.ndarray, " time"]
    is_plasma: bool
    name: str

    def __post_init__(self) -> None:
        require_rising(self.t, self.name)
        highest = float(self.concentration.max())
        if highest > _HIGHEST:
            raise ValueError(
                f"{self.name}: concentration rises to {highest:g} mmol/L; expected at most "
                f"{_HIGHEST:g}. Is it in umol/L?"
            )
        freeze(self, "t", "concentration")


def read_aif(path: str | Path) -> AifTable:
    """The curve of a CSV or TSV file with the columns `time_s` and one of `plasma_mmol_per_l`,
    `blood_mmol_per_l`. Lines below the header that start with # are comments.

    Raises
    ------
    ValueError
        If a column is missing, a cell is no finite number (the message has its row), the times do
        not rise or there are fewer than two rows.
    """  # noqa: D205
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path.name}: no such file")
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"{path.name}: over {_LARGEST >> 20} MiB; expected the table of one curve")
    try:
        columns, rows = _cells(path)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name}: not a text file; expected CSV or TSV") from error
    except csv.Error as error:
        raise ValueError(f"{path.name}: not readable as CSV or TSV ({error})") from error
    column = _concentration_column(columns, path)
    if len(rows) < 2:
        raise ValueError(f"{path.name}: {len(rows)} rows; expected at least 2 samples of the curve")
    wanted = (columns.index(TIME), columns.index(column))
    table = np.array([[_cell(cells, i, columns, n, path) for i in wanted] for n, cells in rows])
    return AifTable(
        t=table[:, 0].copy(),
        concentration=table[:, 1].copy(),
        is_plasma=column == PLASMA,
        name=path.name,
    )


def write_aif(path: Path, aif: Aif, remarks: Sequence[str] = ()) -> None:
    """The curve as `read_aif` reads it; below it the remarks, as comments."""
    rows = [f"{t!r}\t{c!r}" for t, c in zip(aif.t.tolist(), aif.plasma.tolist(), strict=True)]
    lines = [f"{TIME}\t{PLASMA}", *rows, *(f"{COMMENT} {remark}" for remark in remarks)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def aif_remarks(aif: Aif) -> list[str]:
    """Where the curve is from, why from there, and its voxels."""
    voxels = [f"voxel (x, y, z): {x}, {y}, {z}" for x, y, z in aif.voxels.tolist()]
    return [f"source: {aif.source}", *aif.rationale, *voxels]


def _cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Names of the columns, and number and cells of each row that is neither empty nor a remark."""
    with by_name(path):
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    header = lines[0] if lines else ""
    delimiter = next((mark for mark in "\t;" if mark in header), ",")
    columns = [name.strip().lower() for name in next(csv.reader([header], delimiter=delimiter), [])]
    rows = [
        (number, cells)
        for number, cells in enumerate(csv.reader(lines[1:], delimiter=delimiter), start=2)
        if any(cell.strip() for cell in cells) and not cells[0].startswith(COMMENT)
    ]
    return columns, rows


def _concentration_column(columns: list[str], path: Path) -> str:
    there = [name for name in (PLASMA, BLOOD) if name in columns]
    if TIME not in columns or len(there) != 1:
        raise ValueError(
            f"{path.name}: columns {', '.join(columns)[:_LONGEST] or 'none'}; expected a header "
            f"with {TIME} and one of {PLASMA}, {BLOOD}"
        )
    return there[0]


def _cell(cells: list[str], index: int, columns: list[str], row: int, path: Path) -> float:
    text = cells[index].strip() if index < len(cells) else ""
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        found = shown(text) if text else "empty"
        raise ValueError(
            f"{path.name}: row {row}: {columns[index]} is {found}; expected a finite number"
        )
    return value
