"""The folder of a reproduction: new, or begun with the same choices and data."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gadmap.io.strict_json import plain
from gadmap.pipeline.plan import PLAN, Plan
from gadmap.pipeline.whole_json import read_json, write_whole_json


def open_plan(plan: Plan) -> None:
    """Make the folder, or see that what lies there is of the same plan.

    Raises
    ------
    FileExistsError
        If the folder holds something else, or another plan.
    """
    out = plan.out
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise FileExistsError(f"{out}: is a file or link; expected a folder")
    strangers = sorted(file.name for file in out.iterdir()) if out.exists() else []
    if strangers and not (out / PLAN).exists():
        raise FileExistsError(
            f"{out}: holds files of something else, {', '.join(strangers[:3])}; choose another "
            "folder"
        )
    for folder in ("patients", "trainings", "scores", "logs"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    require_same(out / PLAN, plan.record())


def require_same(file: Path, wanted: Mapping[str, Any]) -> None:
    """Write down what is done, or see that what was done there is the same.

    Raises
    ------
    FileExistsError
        If it is not, naming the first thing that differs.
    """
    wanted = plain(wanted)
    if not file.exists():
        write_whole_json(file, wanted)
        return
    found = read_json(file)
    if found == wanted:
        return
    key, was, now = _first_difference(found, wanted)
    raise FileExistsError(
        f"{file}: {key} was {was!r} and is now {now!r}; continue with the same choices and data, "
        "or choose another folder"
    )


def _first_difference(found: Any, wanted: Any, key: str = "") -> tuple[str, Any, Any]:
    if isinstance(found, dict) and isinstance(wanted, dict):
        for name in {**found, **wanted}:
            if found.get(name) != wanted.get(name):
                path = f"{key}.{name}" if key else name
                return _first_difference(found.get(name), wanted.get(name), path)
    return key, found, wanted
