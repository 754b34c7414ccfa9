"""How an examination of a cohort ended; a failure is kept until a later run succeeds."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from gadmap.io.strict_json import json_text
from gadmap.whole_file import write_whole

State = Literal["finished", "kept", "failed", "busy", "waiting"]

_RECORDS = ".gadmap-cohort"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an examination ended.

    Attributes
    ----------
    name
        Of the examination.
    state
        "finished" now; "kept" from an earlier run; "failed"; "busy", another run is at it;
        "waiting", not tried yet.
    reason
        Why it failed, on one line; empty where it did not.
    """

    name: str
    state: State
    reason: str = ""


def failed(name: str, error: BaseException) -> Outcome:
    """The outcome of an examination that raised an error."""
    expected = isinstance(error, ValueError | OSError | MemoryError)
    what = "" if expected and str(error) else f"{type(error).__name__}: "
    message = " ".join(str(error).split())
    return Outcome(name=name, state="failed", reason=f"{what}{message}".rstrip(": "))


def remember(out: Path, outcome: Outcome) -> None:
    """Keep a failure below `out`, or forget that of an earlier run."""
    file = _file(out, outcome.name)
    if outcome.state == "failed":
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json_text(asdict(outcome)))
    elif outcome.state in ("finished", "kept"):
        file.unlink(missing_ok=True)


def remembered(out: Path, name: str) -> Outcome | None:
    """The failure of an examination in the last run that tried it."""
    file = _file(out, name)
    if not file.is_file():
        return None
    try:
        return Outcome(**json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        return Outcome(name=name, state="failed", reason="its record is damaged; run it again")


def _file(out: Path, name: str) -> Path:
    return out / _RECORDS / f"{name}.json"
