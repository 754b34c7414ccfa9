"""Fits of regions on one self-contained HTML page."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from gadmap.data import Exam, Reason, RegionFit
from gadmap.data.plots import region_figure
from gadmap.report.environment import page_environment
from gadmap.report.numbers_section import record_tables
from gadmap.report.picture import INK, Picture, drawing
from gadmap.report.words import model_title, number, quantity_of, symbol_markup, unit_text
from gadmap.whole_file import write_whole


def write_region_page(
    path: Path, exam: Exam, fits: Sequence[RegionFit], record: Mapping[str, object]
) -> Path:
    """Write the page, which opens offline, and return its path.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    page = page_environment().get_template("region.html.j2")
    write_whole(
        path,
        page.render(
            exam=exam,
            sections=[_section(place, fit) for place, fit in enumerate(fits, start=1)],
            model=model_title(fits[0].model),
            levels=[f"{100 * level:g} %" for level in fits[0].likelihood.quantiles],
            tables=record_tables(record),
        ),
    )
    return path


def _section(place: int, fit: RegionFit) -> dict[str, object]:
    likelihood = fit.likelihood
    return {
        "anchor": f"region-{place}",
        "fit": fit,
        "caution": "" if likelihood.reason == Reason.ESTIMATED else likelihood.reason.sentence,
        "r2": f"{fit.r2:.4f}",
        "noise": number(likelihood.variance**0.5),
        "picture": _picture(place, fit),
        "symbols": [symbol_markup(quantity_of(name)) for name in likelihood.names],
        "rows": [_row(fit, name) for name in likelihood.names],
        "correlation": [[number(value) for value in row] for row in likelihood.correlation],
    }


def _row(fit: RegionFit, name: str) -> tuple[Markup, str, str, str, list[str]]:
    quantity = quantity_of(name)
    intervals = [str(fit.interval(name, level)) for level in fit.likelihood.quantiles]
    value, error = f"{fit[name]:.4g}", number(fit.standard_error(name))
    return symbol_markup(quantity), unit_text(quantity), value, error, intervals


def _picture(place: int, fit: RegionFit) -> Picture:
    told = "; ".join(
        f"{name} {fit[name]:.4g}, {100 * level:g} % {fit.interval(name, level)}"
        for name in fit.likelihood.names
        for level in [max(fit.likelihood.quantiles)]
    )
    return drawing(
        region_figure(fit, ink=INK),
        f"region-{place}",
        f"Mean concentration of {fit.name} over time with the fitted curve and residuals, and how "
        f"the sum of squares rises as each quantity leaves its optimum: {told}.",
    )
