"""What one examination's results tell the group: numbers of its regions, and its quality."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gadmap.cohort.overview import state_of
from gadmap.cohort.planned import PlannedExam
from gadmap.cohort.regions import exam_regions
from gadmap.data import Reason
from gadmap.data.tables import region_rows
from gadmap.io import read_maps, read_maps_record
from gadmap.io.manifest import fault_of
from gadmap.report.maps_section import parameter_names

CONCENTRATION = "mmol/L"
QUALITY: Mapping[str, str] = {
    "share_no_enhancement": "",
    "share_at_bound": "",
    "aif_peak": CONCENTRATION,
    "t10_median": "s",
    "seconds": "s",
}
"""Measures of an examination's quality and cost, with their units."""


@dataclass(frozen=True, kw_only=True)
class ExamMeasures:
    """An examination's numbers.

    Attributes
    ----------
    exam
        Which.
    problem
        Why there are none; empty where there are.
    regions
        A row for each region and quantity, with mean, median and so on.
    quality
        By the names of `QUALITY`; NaN where not known.
    cautions
        What its report says a reader should know.
    """

    exam: PlannedExam
    problem: str = ""
    regions: tuple[Mapping[str, Any], ...] = ()
    quality: Mapping[str, float] | None = None
    cautions: tuple[str, ...] = ()


def exam_measures(exam: PlannedExam, out: Path) -> ExamMeasures:
    """The numbers of an examination, of results whose checksums are right."""
    state, folder = state_of(out, exam), out / exam.folder
    if state.state != "finished":
        return ExamMeasures(exam=exam, problem=state.reason or "not mapped yet")
    try:
        fault = fault_of(folder, checksums=True)
        if fault is not None:
            raise ValueError(fault)
        maps, record = read_maps(folder), read_maps_record(folder)
        found = region_rows(maps, exam_regions(exam.regions, maps))
        names = parameter_names(maps)
        rows = [row for row in found if row["quantity"] in names]
        quality = _quality(record)
    except (ValueError, OSError, KeyError, TypeError) as error:
        return ExamMeasures(exam=exam, problem=" ".join(str(error).split()))
    return ExamMeasures(
        exam=exam,
        regions=tuple(rows),
        quality=quality,
        cautions=tuple(record.get("cautions", ())),
    )


def _quality(record: Mapping[str, Any]) -> dict[str, float]:
    voxels = {one["code"]: one["voxels"] for one in record["reasons"]}
    estimated = sum(voxels[code] for code in (Reason.ESTIMATED, *_FLAGGED))
    nothing = float("nan")
    share = {code: voxels[code] / estimated if estimated else nothing for code in _FLAGGED}
    peak, t10 = record["aif"].get("peak_mmol_per_l"), record["t10"]["median"]
    return {
        "share_no_enhancement": share[Reason.NO_ENHANCEMENT],
        "share_at_bound": share[Reason.AT_BOUND],
        "aif_peak": nothing if peak is None else float(peak),
        "t10_median": nothing if t10 is None else float(t10),
        "seconds": float(sum(record["seconds"].values())),
    }


_FLAGGED = tuple(reason for reason in Reason if reason >= Reason.NO_ENHANCEMENT)
