"""One self-contained HTML page: the paper's tables and figure beside ours."""

from collections.abc import Mapping
from pathlib import Path

from gadmap.evaluation.published import LABELS, SOURCE
from gadmap.evaluation.tables import NOTE
from gadmap.report.environment import page_environment
from gadmap.report.numbers_section import record_tables
from gadmap.report.paper_cases import case_figures
from gadmap.report.paper_differences import ablation, against_ours, against_the_fit, difference_rows
from gadmap.report.paper_plots import curves_plot, likeness_plot, truth_plot
from gadmap.report.paper_results import PaperResults
from gadmap.report.paper_tables import OURS, cost_rows, likeness_rows, truth_rows
from gadmap.report.paper_words import headline_tiles, shortfalls
from gadmap.report.words import number, quantity_of, symbol_markup, unit_text


def write_paper_page(path: str | Path, results: PaperResults) -> Path:
    """Write the page and return its path. It opens offline: every figure lies inside it.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    path = Path(path)
    path.write_text(render_paper(results), encoding="utf-8")
    return path


def render_paper(results: PaperResults) -> str:
    """The page as text."""
    quantity = quantity_of(results.quantity)
    trained = any(results.rows("fit"))
    return (
        page_environment()
        .get_template("paper.html.j2")
        .render(
            results=results,
            source=SOURCE,
            note=NOTE,
            symbol=symbol_markup(quantity),
            unit=unit_text(quantity),
            scale=number(results.scale),
            tiles=headline_tiles(results),
            shortfalls=shortfalls(results),
            likeness=likeness_rows(results),
            slices=likeness_rows(results, "slices"),
            likeness_picture=likeness_plot(results) if trained else None,
            truth=truth_rows(results),
            truth_picture=truth_plot(results),
            costs=cost_rows(results),
            families=_families(results),
            cases=case_figures(results),
            curves=curves_plot(results.curves, results.networks),
            tables=record_tables(results.record),
        )
    )


def _families(results: PaperResults) -> list[Mapping[str, object]]:
    """Comparisons that are corrected together, each a table."""
    ours = f"{LABELS[OURS]} against every other"
    families = (
        (f"{ours}, SSIM to the fit", against_ours(results, "ssim")),
        (f"{ours}, RMSE to the fit", against_ours(results, "rmse")),
        ("What each block adds, RMSE to the fit", ablation(results, "rmse")),
        ("Every network's RMSE to the truth less the exact fit's own", against_the_fit(results)),
    )
    return [{"title": title, "rows": difference_rows(found)} for title, found in families if found]
