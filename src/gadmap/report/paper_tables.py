"""Rows of the page's tables, ready to print: ours beside the paper's."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from gadmap.evaluation import FIT, METRICS, Row, interval, seed_sd
from gadmap.evaluation.published import LABELS, NLS_MS, PUBLISHED
from gadmap.evaluation.tables import printed
from gadmap.report.paper_results import PaperResults
from gadmap.report.words import number

OURS = "fcsa-net"
"""The network that the paper proposes, which the others are compared with."""

LIKENESS = ("ssim", "psnr", "rmse")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A measured figure: value with its spread over trainings, and its interval over patients."""

    value: str
    spread: str
    interval: str
    best: bool = False


@dataclass(frozen=True, kw_only=True)
class LikenessRow:
    """A row of Table II: for SSIM, PSNR and RMSE our figure and the paper's."""

    label: str
    seeds: int
    cells: Sequence[tuple[Figure, str]]


@dataclass(frozen=True, kw_only=True)
class TruthRow:
    """Error to the fit beside the error to the truth; `is_fit` for the exact fit's own row."""

    label: str
    is_fit: bool
    to_fit: Figure | None
    to_truth: Figure
    everywhere: Figure
    in_unit: Figure
    bias: Figure


@dataclass(frozen=True, kw_only=True)
class CostRow:
    """A row of Tables I and III: time of one sample [ms], time to train [min], number of weights.

    Each figure with the paper's.
    """

    label: str
    milliseconds: str
    paper_milliseconds: str
    minutes: str
    paper_minutes: str
    parameters: str


def likeness_rows(results: PaperResults, view: str = "regions") -> list[LikenessRow]:
    """Table II; the best figure of each column is marked."""
    rows = {n: row for n, row in results.rows("fit", view).items() if n != FIT}
    best = {shown: best_of(rows, shown) for shown in LIKENESS}
    return [
        LikenessRow(
            label=LABELS.get(name, name),
            seeds=row.seeds,
            cells=[
                (figure(row, shown, best=best[shown] == name), published(name, shown))
                for shown in LIKENESS
            ],
        )
        for name, row in rows.items()
    ]


def best_of(rows: dict[str, Row], shown: str) -> str | None:
    """The name of the row with the best figure."""
    metric = METRICS[shown]
    values = {name: metric.better * float(row.pooled(metric).mean()) for name, row in rows.items()}
    known = {name: value for name, value in values.items() if value == value}
    return max(known, key=known.__getitem__, default=None)


def figure(row: Row, name: str, *, best: bool = False) -> Figure:
    """A row's figure as text."""
    found, spread = interval(row, METRICS[name]), seed_sd(row, METRICS[name])
    ends = f"{printed(name, found.low)} to {printed(name, found.high)}"
    return Figure(
        value=printed(name, found.value),
        spread=f"± {printed(name, spread)}" if isfinite(spread) else "",
        interval=ends if isfinite(found.low) else "",
        best=best,
    )


def published(name: str, shown: str) -> str:
    """The paper's figure, or a dash for a row that it does not have."""
    if name not in PUBLISHED:
        return "–"
    mean, spread = getattr(PUBLISHED[name], shown)
    return f"{printed(shown, mean)} ± {printed(shown, spread)}"


def truth_rows(results: PaperResults) -> list[TruthRow]:
    """Agreement beside truth; none where no truth is known."""
    to_fit, same, everywhere = (results.rows(kind) for kind in ("fit", "truth", "truth-all"))
    return [
        TruthRow(
            label=LABELS.get(name, name),
            is_fit=name == FIT,
            to_fit=figure(to_fit[name], "rmse") if name in to_fit else None,
            to_truth=figure(row, "rmse", best=best_of(same, "rmse") == name),
            everywhere=figure(everywhere[name], "rmse", best=best_of(everywhere, "rmse") == name),
            in_unit=figure(row, "rmse_unit"),
            bias=figure(row, "bias_unit"),
        )
        for name, row in same.items()
    ]


def cost_rows(results: PaperResults) -> list[CostRow]:
    """Tables I and III, the fit first."""
    ms = results.milliseconds
    rows = []
    if FIT in ms:
        rows.append(
            CostRow(
                label="least squares",
                milliseconds=number(ms[FIT]),
                paper_milliseconds=f"{NLS_MS:,.0f}",
                minutes="–",
                paper_minutes="–",
                parameters="–",
            )
        )
    return rows + [_cost_row(results, name) for name in results.networks]


def _cost_row(results: PaperResults, name: str) -> CostRow:
    minutes = results.minutes.get(name, ())
    paper = PUBLISHED.get(name)
    weights = results.parameters.get(name)
    return CostRow(
        label=LABELS.get(name, name),
        milliseconds=number(results.milliseconds.get(name, float("nan"))),
        paper_milliseconds=f"{paper.milliseconds:g}" if paper else "–",
        minutes=number(sum(minutes) / len(minutes)) if minutes else "–",
        paper_minutes=str(paper.minutes) if paper else "–",
        parameters="–" if weights is None else f"{weights:,}",
    )
