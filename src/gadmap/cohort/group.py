"""`gadmap cohort ... group`: all examinations together, as a table and a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from gadmap.cohort.measures import QUALITY, ExamMeasures, exam_measures
from gadmap.cohort.overview import write_overview, write_table
from gadmap.cohort.planned import PlannedExam
from gadmap.evaluation.outliers import LIMIT, modified_z
from gadmap.evaluation.repeatability import Repeatability, repeatability
from gadmap.quantities import QUANTITIES
from gadmap.report.cohort_page import CohortPage, ExamRow, Retest, Spread, write_cohort_page

TABLE, RETEST_TABLE, PAGE = "group.tsv", "group_repeatability.tsv", "group.html"
_STATISTICS = ("voxels", "valid", "mean", "sd", "median", "q25", "q75", "p5", "p95", "median_se")
_IDENTITY = ("exam", "participant", "session")
_COLUMNS = (
    *_IDENTITY,
    *("region", "quantity", "unit", *_STATISTICS, "modified_z", "outlier"),
    *(*QUALITY, "quality_outliers", "cautions", "problem"),
)
_RETEST_COLUMNS = (
    *("region", "quantity", "unit", "participants", "bias", "limit_low", "limit_high", "wsd"),
    *("rc", "rc_low", "rc_high", "wcv", "rc_percent"),
)
_MEASURE = "median"
_HEADS = {
    "share_no_enhancement": "no enhancement",
    "share_at_bound": "at a bound",
    "aif_peak": "arterial peak [mmol/L]",
    "t10_median": "median T1 [s]",
    "seconds": "time [s]",
}

Key = tuple[str, str]
"""Region and quantity."""


@dataclass(frozen=True, kw_only=True)
class _Group:
    """The examinations' numbers, with how far each stands from the others."""

    measures: tuple[ExamMeasures, ...]
    apart: Mapping[tuple[str, Key], float]
    odd: Mapping[str, tuple[str, ...]]


def write_group(exams: Sequence[PlannedExam], out: Path) -> list[str]:
    """Write `group.tsv`, `group.html` and, where participants came twice, their repeatability.

    Returns
    -------
    list of str
        What was found and written, for the console.

    Raises
    ------
    ValueError
        If no examination has results.
    OSError
        If a file cannot be written.
    """
    measures = tuple(exam_measures(exam, out) for exam in exams)
    known = [one for one in measures if not one.problem]
    if not known:
        raise ValueError(
            f"{out}: none of {len(exams)} examinations has results; expected those of "
            f"participant. The first: {measures[0].problem}"
        )
    group = _Group(measures=measures, apart=_apart(known), odd=_odd(known))
    retests = _retests(known)
    write_overview(out, exams)
    write_table(out / TABLE, _COLUMNS, _rows(group))
    files = [TABLE, PAGE]
    if retests:
        write_table(out / RETEST_TABLE, _RETEST_COLUMNS, [_retest_row(one) for one in retests])
        files.append(RETEST_TABLE)
    write_cohort_page(out / PAGE, _page(group, retests))
    return [
        f"{len(known)} of {len(exams)} examinations have results",
        f"{sum(bool(odd) for odd in group.odd.values())} stand apart from the others in quality",
        f"{out}: {', '.join(files)}",
    ]


def _apart(known: Sequence[ExamMeasures]) -> dict[tuple[str, Key], float]:
    """Modified z of each examination's region and quantity among all examinations."""
    values: dict[Key, dict[str, float]] = {}
    for one in known:
        for row in one.regions:
            values.setdefault(_key(row), {})[one.exam.name] = row[_MEASURE]
    return {
        (name, key): float(z)
        for key, found in values.items()
        for name, z in zip(found, modified_z(np.array(list(found.values()))), strict=True)
    }


def _odd(known: Sequence[ExamMeasures]) -> dict[str, tuple[str, ...]]:
    """Measures of quality in which an examination is an outlier, by examination."""
    odd: dict[str, list[str]] = {one.exam.name: [] for one in known}
    for measure in QUALITY:
        found = np.array([(one.quality or {}).get(measure, np.nan) for one in known])
        for one, z in zip(known, modified_z(found), strict=True):
            if abs(z) > LIMIT:
                odd[one.exam.name].append(measure)
    return {name: tuple(measures) for name, measures in odd.items()}


def _retests(known: Sequence[ExamMeasures]) -> list[Retest]:
    """Repeatability of each region and quantity over the participants with two sessions."""
    visits: dict[str, list[ExamMeasures]] = {}
    for one in sorted(known, key=lambda one: one.exam.session):
        visits.setdefault(one.exam.participant, []).append(one)
    pairs = [found for found in visits.values() if len({v.exam.session for v in found}) == 2]
    pairs = [found for found in pairs if len(found) == 2]
    first, second = ([_by_key(pair[visit]) for pair in pairs] for visit in (0, 1))
    retests = []
    for key in dict.fromkeys(key for rows in first for key in rows):
        found = _repeatability([one.get(key) for one in first], [one.get(key) for one in second])
        if found is not None:
            region, quantity = key
            retests.append(Retest(region=region, quantity=quantity, found=found))
    return retests


def _repeatability(
    first: Sequence[float | None], second: Sequence[float | None]
) -> Repeatability | None:
    """None where fewer than two participants have the region in both sessions."""
    a, b = ([np.nan if value is None else value for value in values] for values in (first, second))
    return repeatability(a, b) if np.isfinite(np.add(a, b)).sum() >= 2 else None


def _by_key(one: ExamMeasures) -> dict[Key, float]:
    return {_key(row): row[_MEASURE] for row in one.regions}


def _key(row: Mapping[str, Any]) -> Key:
    return str(row["region"]), row["quantity"]


def _rows(group: _Group) -> list[dict[str, Any]]:
    rows = []
    for one in group.measures:
        name = one.exam.name
        shared = dict.fromkeys(_IDENTITY) | {
            "exam": name,
            "participant": one.exam.participant,
            "session": one.exam.session,
            **(one.quality or {}),
            "quality_outliers": "; ".join(group.odd.get(name, ())),
            "cautions": "; ".join(one.cautions),
            "problem": one.problem,
        }
        rows += [
            shared | dict(row) | _place(group.apart[name, _key(row)]) for row in one.regions
        ] or [shared]
    return rows


def _place(z: float) -> dict[str, Any]:
    return {"modified_z": z, "outlier": None if np.isnan(z) else bool(abs(z) > LIMIT)}


def _retest_row(retest: Retest) -> dict[str, Any]:
    found = retest.found
    low, high = found.repeatability_interval
    return {
        "region": retest.region,
        "quantity": retest.quantity,
        "unit": QUANTITIES[retest.quantity].unit or "1",
        "participants": found.subjects,
        "bias": found.bias,
        "limit_low": found.low,
        "limit_high": found.high,
        "wsd": found.within_subject_sd,
        "rc": found.repeatability_coefficient,
        "rc_low": low,
        "rc_high": high,
        "wcv": found.within_subject_cv,
        "rc_percent": found.repeatability_percent,
    }


def _page(group: _Group, retests: Sequence[Retest]) -> CohortPage:
    seconds = [one.quality["seconds"] for one in group.measures if one.quality]
    return CohortPage(
        columns=tuple(_HEADS.values()),
        exams=tuple(_exam_row(one, group) for one in group.measures),
        spreads=tuple(_spreads(group)),
        retests=tuple(retests),
        seconds=float(np.median(seconds)),
    )


def _exam_row(one: ExamMeasures, group: _Group) -> ExamRow:
    report = one.exam.folder / "report.html"
    return ExamRow(
        name=one.exam.name,
        participant=one.exam.participant,
        session=one.exam.session,
        report="" if one.problem else quote(report.as_posix()),
        cells=tuple(_cell(name, one.quality[name]) for name in _HEADS) if one.quality else (),
        odd=tuple(_HEADS[measure] for measure in group.odd.get(one.exam.name, ())),
        cautions=one.cautions,
        problem=one.problem,
    )


def _cell(measure: str, value: float) -> str:
    if np.isnan(value):
        return "–"
    return f"{value:.1%}" if measure.startswith("share") else f"{value:.3g}"


def _spreads(group: _Group) -> list[Spread]:
    found: dict[Key, list[tuple[str, float, bool]]] = {}
    for one in group.measures:
        for key, median in _by_key(one).items():
            odd = bool(abs(group.apart[one.exam.name, key]) > LIMIT)
            found.setdefault(key, []).append((one.exam.name, median, odd))
    return [
        Spread(
            region=region,
            quantity=quantity,
            exams=tuple(name for name, _, _ in rows),
            medians=tuple(median for _, median, _ in rows),
            outliers=tuple(odd for _, _, odd in rows),
        )
        for (region, quantity), rows in found.items()
    ]
