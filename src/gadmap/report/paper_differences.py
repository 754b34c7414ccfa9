"""Differences between rows, ready to print, with what the paper's own figures say of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from gadmap.evaluation import FIT, METRICS, Difference, differences, welch_of_moments
from gadmap.evaluation.published import ABLATION, LABELS, PUBLISHED, TRAININGS
from gadmap.evaluation.tables import printed
from gadmap.report.paper_results import PaperResults
from gadmap.report.paper_tables import LIKENESS, OURS


@dataclass(frozen=True, kw_only=True)
class Whisker:
    """Where a difference, its interval and zero lie along a track [%]."""

    zero: float
    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class DifferenceRow:
    """A difference between two rows, ready to print; `whisker` is None without an interval."""

    label: str
    value: str
    interval: str
    patients: str
    seeds: str
    verdict: str
    paper: str
    whisker: Whisker | None


def against_ours(results: PaperResults, shown: str, reference: str = "fit") -> list[Difference]:
    """FCSA-net less every other network; empty where FCSA-net is not among them."""
    rows = {n: row for n, row in results.rows(reference).items() if n != FIT}
    if OURS not in rows:
        return []
    pairs = [(rows[OURS], row) for name, row in rows.items() if name != OURS]
    return differences(pairs, METRICS[shown])


def ablation(results: PaperResults, shown: str) -> list[Difference]:
    """What each block adds, for the pairs whose both rows are there."""
    rows = results.rows("fit")
    pairs = [(rows[a], rows[b]) for a, b in ABLATION if a in rows and b in rows]
    return differences(pairs, METRICS[shown])


def against_the_fit(results: PaperResults) -> list[Difference]:
    """Every network's error to the truth less the exact fit's own."""
    rows = results.rows("truth")
    if FIT not in rows:
        return []
    return differences([(row, rows[FIT]) for n, row in rows.items() if n != FIT], METRICS["rmse"])


def difference_rows(found: Sequence[Difference]) -> list[DifferenceRow]:
    """Differences as text, with what the paper's own figures say of the same pair."""
    whiskers = _whiskers(found)
    return [
        DifferenceRow(
            label=f"{LABELS.get(one.first, one.first)} − {LABELS.get(one.second, one.second)}",
            value=signed(one.metric, one.value),
            interval=f"{signed(one.metric, one.low)} to {signed(one.metric, one.high)}"
            if isfinite(one.low)
            else "–",
            patients=level(one.holm_patients),
            seeds=level(one.holm_seeds),
            verdict=one.verdict,
            paper=_paper_difference(one),
            whisker=whisker,
        )
        for one, whisker in zip(found, whiskers, strict=True)
    ]


def _whiskers(found: Sequence[Difference]) -> list[Whisker | None]:
    """The intervals along one track, with zero on it and a margin."""
    known = [one for one in found if isfinite(one.low)]
    ends = [0.0, *(one.low for one in known), *(one.high for one in known)]
    low, span = min(ends), max(ends) - min(ends) or 1.0

    def at(value: float) -> float:
        return 4 + 92 * (value - low) / span

    return [
        Whisker(zero=at(0.0), value=at(one.value), low=at(one.low), high=at(one.high))
        if isfinite(one.low)
        else None
        for one in found
    ]


def signed(name: str, value: float) -> str:
    """A difference with its sign."""
    if value != value:
        return "–"
    return ("+" if value > 0 else "−" if value < 0 else "") + printed(name, abs(value))


def level(p: float) -> str:
    """A level as text."""
    if p != p:
        return "–"
    return "< .001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def _paper_difference(one: Difference) -> str:
    """The paper's difference, and its level over trainings, without correction."""
    if not {one.first, one.second} <= PUBLISHED.keys() or one.metric not in LIKENESS:
        return "–"
    first, second = (
        (*getattr(PUBLISHED[name], one.metric), TRAININGS) for name in (one.first, one.second)
    )
    return (
        f"{signed(one.metric, first[0] - second[0])} (p {level(welch_of_moments(first, second))})"
    )
