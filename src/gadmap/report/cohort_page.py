"""One self-contained HTML page about many examinations."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from gadmap.evaluation.repeatability import Repeatability
from gadmap.report.environment import page_environment
from gadmap.report.picture import INK, Picture, drawing
from gadmap.report.plots import FILL, FIT, plain_axes, plain_figure
from gadmap.report.words import number, quantity_of, symbol_markup, unit_text
from gadmap.whole_file import write_whole

_ROW = 0.42
_DOT = 4.5
_NAMED = 6  # outliers that are named in a drawing; the table names them all


@dataclass(frozen=True, kw_only=True)
class ExamRow:
    """An examination in the page's table.

    Attributes
    ----------
    name, participant, session
        Of the examination.
    report
        Its own page, relative to this one; empty where there is none.
    cells
        Its quality as text, in the order of the page's columns.
    odd
        Measures in which it stands apart.
    cautions
        What its own page says a reader should know.
    problem
        Why it has no results; empty where it has.
    """

    name: str
    participant: str
    session: str
    report: str
    cells: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A quantity's median in a region, in every examination that has it."""

    region: str
    quantity: str
    exams: tuple[str, ...]
    medians: tuple[float, ...]
    outliers: tuple[bool, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Retest:
    """Repeatability of a quantity's median in a region."""

    region: str
    quantity: str
    found: Repeatability


@dataclass(frozen=True, kw_only=True)
class CohortPage:
    """What the page tells.

    Attributes
    ----------
    columns
        Heads of the examinations' cells.
    """

    columns: tuple[str, ...]
    exams: tuple[ExamRow, ...]
    spreads: tuple[Spread, ...]
    retests: tuple[Retest, ...]
    seconds: float


def write_cohort_page(path: Path, page: CohortPage) -> None:
    """Write the page; it opens offline: every figure lies inside it.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    write_whole(path, render_cohort(page))


def render_cohort(page: CohortPage) -> str:
    """The page as text."""
    mapped = [exam for exam in page.exams if not exam.problem]
    participants = {exam.participant for exam in page.exams}
    return (
        page_environment()
        .get_template("cohort.html.j2")
        .render(
            page=page,
            tiles=(
                (f"{len(mapped)} of {len(page.exams)}", "examinations have results"),
                (str(len(participants)), "participants"),
                (str(sum(bool(exam.odd) for exam in mapped)), "stand apart in quality"),
                (f"{page.seconds:.3g} s", "median time an examination"),
            ),
            spreads=[_spread_section(page.spreads, name) for name in _quantities(page)],
            retests=[_retest_cells(one) for one in page.retests],
            agreements=[_agreement(one) for one in page.retests],
        )
    )


def _quantities(page: CohortPage) -> list[str]:
    return list(dict.fromkeys(one.quantity for one in page.spreads))


def _spread_section(spreads: Sequence[Spread], name: str) -> dict[str, object]:
    own = [one for one in spreads if one.quantity == name]
    quantity = quantity_of(name)
    outliers = [
        (exam, one.region, number(value))
        for one in own
        for exam, value, odd in zip(one.exams, one.medians, one.outliers, strict=True)
        if odd
    ]
    return {
        "symbol": symbol_markup(quantity),
        "unit": unit_text(quantity),
        "words": quantity.description,
        "picture": _spread_plot(own, name, unit_text(quantity)),
        "outliers": outliers,
    }


def _spread_plot(spreads: Sequence[Spread], name: str, unit: str) -> Picture:
    """A row a region, a dot an examination; outliers are hollow and named."""
    figure = Figure(figsize=(9, 0.9 + _ROW * len(spreads)), layout="constrained")
    axes = figure.subplots()
    for y, one in enumerate(spreads):
        values, odd = np.array(one.medians), np.array(one.outliers)
        heights = y + _apart(values.size)
        axes.plot(values[~odd], heights[~odd], "o", color=FILL, markersize=_DOT, alpha=0.8)
        axes.plot(values[odd], heights[odd], "o", color=FIT, markersize=6, markerfacecolor="none")
        for at in np.flatnonzero(odd)[:_NAMED]:
            axes.annotate(
                one.exams[at],
                (values[at], heights[at]),
                xytext=(6, 3),
                textcoords="offset points",
                fontsize=8,
                color=INK,
            )
        finite = values[np.isfinite(values)]
        if finite.size:
            axes.plot([np.median(finite)] * 2, [y - 0.38, y + 0.38], color=INK, linewidth=1.5)
    axes.set_yticks(range(len(spreads)), [one.region for one in spreads])
    axes.set_ylim(len(spreads) - 0.45, -0.55)
    axes.set_xlabel(f"median in the region{f' [{unit}]' if unit else ''}")
    plain_axes(axes)
    count = sum(sum(one.outliers) for one in spreads)
    alt = f"Medians of {name} in {len(spreads)} regions of every examination; {count} stand apart."
    return drawing(figure, f"spread-{name}", alt)


def _apart(count: int) -> np.ndarray:
    """Heights that keep dots of one row from covering each other; the same in every run."""
    return 0.28 * (2 * ((np.arange(count) * 0.618034) % 1) - 1)


def _retest_cells(one: Retest) -> tuple[str, ...]:
    found = one.found
    low, high = found.repeatability_interval
    shown = "–" if np.isnan(found.within_subject_cv) else f"{found.within_subject_cv:.1%}"
    percent = "–" if np.isnan(found.within_subject_cv) else f"{found.repeatability_percent:.0f} %"
    return (
        one.region,
        one.quantity,
        unit_text(quantity_of(one.quantity)),
        str(found.subjects),
        number(found.bias),
        f"{number(found.low)} to {number(found.high)}",
        number(found.within_subject_sd),
        shown,
        f"{number(found.repeatability_coefficient)} ({number(low)} to {number(high)})",
        percent,
    )


def _agreement(one: Retest) -> Picture:
    """Bland-Altman plot of the two sessions."""
    found, unit = one.found, unit_text(quantity_of(one.quantity))
    figure, axes = plain_figure(4.6, 3.0)
    axes.plot(found.mean, found.difference, "o", color=FILL, markersize=5)
    for value, style in ((found.bias, "-"), (found.low, "--"), (found.high, "--")):
        axes.axhline(value, color=FIT, linestyle=style, linewidth=1.3)
    axes.axhline(0, color=INK, linewidth=0.8, alpha=0.6)
    tail = f" [{unit}]" if unit else ""
    axes.set_xlabel(f"mean of both sessions{tail}")
    axes.set_ylabel(f"second less first{tail}")
    axes.set_title(f"{one.quantity}, {one.region}", fontsize=10)
    return drawing(
        figure,
        f"retest-{one.quantity}-{one.region}".replace(" ", "-"),
        f"Bland-Altman plot of {one.quantity} in {one.region}, {found.subjects} participants: bias "
        f"{number(found.bias)}, limits of agreement {number(found.low)} to {number(found.high)}.",
    )
