"""What a cohort's folder holds before a run: nothing, a part of this cohort, or something else."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gadmap.io import strangers_in

TABLE, COLUMNS, CASE = "cohort.tsv", "cohort.json", "case.json"
_PATIENTS = "patient-*"
_HALF_WRITTEN = ".gadmap-*"


def require_cohort_or_nothing(out: Path) -> None:
    """Raise FileExistsError if `out` is a file, or holds what gadmap did not write as a cohort."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise FileExistsError(f"{out}: is a file or link; expected a folder for the cohort")
    strangers = []
    for entry in sorted(out.iterdir()) if out.exists() else ():
        if entry.is_dir() and entry.match(_PATIENTS):
            strangers += [f"{entry.name}/{name}" for name in strangers_in(entry)]
        elif entry.name not in (TABLE, COLUMNS) and not entry.match(_HALF_WRITTEN):
            strangers.append(entry.name)
    if strangers:
        raise FileExistsError(
            f"{out}: holds files that are not of a cohort, {', '.join(strangers[:3])}"
            f"{' and more' if len(strangers) > 3 else ''}; choose another folder"
        )


def remove_cohort(out: Path) -> None:
    """Take away what an earlier run wrote, the table first: without it a cohort is unfinished."""
    for name in (TABLE, COLUMNS):
        (out / name).unlink(missing_ok=True)
    for folder in out.glob(_PATIENTS):
        shutil.rmtree(folder)


def patients_there(out: Path, wanted: Mapping[Path, Mapping[str, Any]]) -> set[Path]:
    """Folders that an earlier, unfinished run has written; what it had half written is removed.

    `wanted` is what `case.json` is to hold in each folder.

    Raises
    ------
    FileExistsError
        If the cohort there is finished, or a patient is another than wanted.
    """
    if (out / TABLE).exists():
        raise FileExistsError(
            f"{out}: holds a cohort already; choose another folder or add --overwrite"
        )
    there = set(out.glob(_PATIENTS))
    for folder in sorted(there):
        if folder not in wanted or _record(folder) != wanted[folder]:
            raise FileExistsError(
                f"{folder}: is of an unfinished cohort of other choices; choose another folder or "
                "add --overwrite"
            )
    for half_written in out.glob(_HALF_WRITTEN):
        half_written.unlink() if half_written.is_file() else shutil.rmtree(half_written)
    return there


def _record(folder: Path) -> Any:
    file = folder / CASE
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
