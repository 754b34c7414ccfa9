"""`cohort.tsv`: a row an examination, made anew from what lies on the disk."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gadmap.cohort.outcome import Outcome, remembered
from gadmap.cohort.planned import PlannedExam
from gadmap.data import Reason
from gadmap.io import read_maps_record
from gadmap.io.manifest import fault_of
from gadmap.io.strict_json import plain
from gadmap.whole_file import write_whole

TABLE = "cohort.tsv"
MISSING = "n/a"
_ESTIMATED = int(Reason.NO_ENHANCEMENT)  # such codes and above are of voxels with an estimate
COLUMNS = (
    "exam",
    "participant",
    "session",
    "state",
    "reason",
    "estimator",
    "model",
    "voxels",
    "t10",
    "aif",
    "cautions",
    "seconds",
    "folder",
)


def write_overview(out: Path, exams: Iterable[PlannedExam]) -> Path:
    """Write the table of all examinations; runs side by side each write the whole of it."""
    rows = [overview_row(out, exam) for exam in exams]
    write_table(out / TABLE, COLUMNS, rows)
    return out / TABLE


def overview_row(out: Path, exam: PlannedExam) -> dict[str, Any]:
    """The row of an examination."""
    state = state_of(out, exam)
    row: dict[str, Any] = {
        "exam": exam.name,
        "participant": exam.participant,
        "session": exam.session,
        "state": state.state,
        "reason": state.reason,
        "folder": exam.folder.as_posix(),
    }
    if state.state != "finished":
        return row
    record = read_maps_record(out / exam.folder)
    reasons = record.get("reasons", [])
    return row | {
        "estimator": record.get("estimator"),
        "model": record.get("model"),
        "voxels": sum(one["voxels"] for one in reasons if not 0 < one["code"] < _ESTIMATED),
        "t10": record.get("t10", {}).get("source"),
        "aif": record.get("aif", {}).get("source"),
        "cautions": len(record.get("cautions", [])),
        "seconds": round(sum(record.get("seconds", {}).values()), 2),
    }


def state_of(out: Path, exam: PlannedExam) -> Outcome:
    """How an examination stands, by what lies on the disk."""
    failure = remembered(out, exam.name)
    if failure is not None:
        return failure
    fault = fault_of(out / exam.folder, checksums=False)
    if fault is None:
        return Outcome(name=exam.name, state="finished")
    reason = "" if fault == "no results" else fault
    return Outcome(name=exam.name, state="waiting", reason=reason)


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """A TSV file, "n/a" where nothing is known, as BIDS has it; no path of a user in it."""
    lines = ["\t".join(columns)]
    lines += ["\t".join(_cell(row.get(column)) for column in columns) for row in rows]
    write_whole(path, "\n".join(lines) + "\n")


def _cell(value: Any) -> str:
    told = plain(value)
    return MISSING if told is None else " ".join(str(told).split()) or MISSING
