"""One examination of a cohort: safe to run alone, again, and beside all others."""

from dataclasses import fields
from pathlib import Path

from gadmap.cohort.outcome import Outcome, failed
from gadmap.cohort.planned import PlannedExam
from gadmap.io import read_maps_record
from gadmap.io.manifest import fault_of
from gadmap.io.strict_json import plain
from gadmap.pipeline import MapSettings, map_exam, report


def run_exam(
    exam: PlannedExam, out: Path, *, force: bool, keep_exam: bool, mem: str | None = None
) -> Outcome:
    """Map an examination unless its results are there; whatever goes wrong is the outcome."""
    folder = out / exam.folder
    try:
        if exam.problem:
            raise ValueError(exam.problem)
        if not force and fault_of(folder, checksums=False) is None:
            require_same_choices(exam, folder)
            return Outcome(name=exam.name, state="kept")
        map_exam(
            exam.source,
            folder,
            exam.settings,
            keep_exam=keep_exam,
            origin=exam.origin,
            mem=mem,
            overwrite=True,
        )
    except BlockingIOError as error:
        return Outcome(name=exam.name, state="busy", reason=" ".join(str(error).split()))
    except (
        Exception
    ) as error:  # one that fails must not stop the others: it is a row with its reason
        return failed(exam.name, error)
    return Outcome(name=exam.name, state="finished")


def report_exam(exam: PlannedExam, out: Path) -> Outcome:
    """Write the report of an examination's results anew."""
    folder = out / exam.folder
    try:
        if fault_of(folder, checksums=False) is not None:
            return Outcome(name=exam.name, state="waiting")
        report(folder)
    except Exception as error:  # likewise: it becomes the row's reason
        return failed(exam.name, error)
    return Outcome(name=exam.name, state="finished")


def require_same_choices(exam: PlannedExam, folder: Path) -> None:
    """Raise ValueError if results that are there were made by other choices than are asked for.

    A choice that a record does not hold is the usual one: the record is from before it was there.
    """
    usual = plain({field.name: field.default for field in fields(MapSettings)})
    there = usual | read_maps_record(folder).get("options", {})
    asked = usual | plain(exam.settings.record(exam.settings.chosen_estimator()))
    other = [name for name, value in asked.items() if there[name] != value]
    if other:
        told = "; ".join(f"{name} {there[name]}, now {asked[name]}" for name in other[:3])
        raise ValueError(
            f"results of other choices are there ({told}); add --force to replace them, or choose "
            "another folder"
        )
