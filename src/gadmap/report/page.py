"""One self-contained HTML page about one examination."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from markupsafe import Markup

from gadmap.data import Exam, ParameterMaps
from gadmap.evaluation.cautions import Findings
from gadmap.evaluation.curves import enhancing, fits_curves
from gadmap.evaluation.fitted_curves import fits_signal, without_exchange
from gadmap.report.anatomy import Anatomy, anatomy_of, leading
from gadmap.report.choice_section import choice_figures
from gadmap.report.comparison_section import comparison_figures
from gadmap.report.environment import page_environment
from gadmap.report.explained import ExplainedSection
from gadmap.report.input_section import curve_figures, input_figure, reference_figure
from gadmap.report.maps_section import (
    error_figures,
    parameter_figures,
    quality_figure,
    t10_figure,
)
from gadmap.report.motion_plot import motion_figure
from gadmap.report.numbers_section import (
    acquisition_facts,
    preparation_facts,
    quantity_rows,
    reason_legend,
    reason_picture,
    reason_rows,
    record_tables,
)
from gadmap.report.residual_section import residual_figures
from gadmap.report.scales import Scales
from gadmap.report.words import (
    estimator_remarks,
    heading,
    model_title,
    number,
    plain,
    quantity_of,
    symbol_markup,
    unit_text,
)
from gadmap.whole_file import write_whole


@dataclass(frozen=True, eq=False, kw_only=True)
class Additions:
    """What a page may hold beyond one estimate of one examination.

    Attributes
    ----------
    beside
        Another estimate of the same examination, to compare.
    explained
        Figures that explain a network's estimate of it.
    scales
        Ends of the colour scales, where they are not to be those of every report.
    """

    beside: ParameterMaps | None = None
    explained: ExplainedSection | None = None
    scales: Scales = field(default_factory=lambda: Scales(asked={}))


NOTHING_MORE = Additions()


def write_report(
    path: str | Path,
    exam: Exam,
    maps: ParameterMaps,
    record: Mapping[str, object],
    found: Findings,
    additions: Additions = NOTHING_MORE,
) -> Path:
    """Write the page and return its path. It opens offline: every figure lies inside it.

    Parameters
    ----------
    path
        The HTML file to write; an existing one is replaced when the new one is complete.
    exam, maps
        What was estimated from, and the result.
    record
        What else a reader needs to repeat the run, for the tables at the end: versions, settings,
        seconds per stage. Mappings become tables of their own.
    found
        What to know about these maps, from `findings`.
    additions
        What more the page is to hold.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    path = Path(path)
    write_whole(path, render(exam, maps, record, found, additions))
    return path


def render(
    exam: Exam,
    maps: ParameterMaps,
    record: Mapping[str, object],
    found: Findings,
    additions: Additions = NOTHING_MORE,
) -> str:
    """The page as text."""
    scales, beside = additions.scales, additions.beside
    environment = page_environment()
    anatomy = anatomy_of(exam)
    reasons = reason_rows(maps)
    with ThreadPoolExecutor(
        max_workers=1
    ) as aside:  # pictures are compressed while curves are drawn
        pictures = aside.submit(_pictures, anatomy, exam, maps, scales)
        curves, curves_place = curve_figures(anatomy, exam, maps)
        quantities = quantity_rows(maps, scales)
        residuals = (
            residual_figures(anatomy, exam, maps, found.course) if fits_curves(maps) else None
        )
    return environment.get_template("report.html.j2").render(
        exam=exam,
        maps=maps,
        view=anatomy.view,
        fitted=fits_curves(maps),
        fits_signal=fits_signal(maps),
        without_exchange=without_exchange(maps),
        remarks=estimator_remarks(maps),
        cautions=found.cautions,
        residuals=residuals,
        beside=beside,
        compared=comparison_figures(anatomy, maps, beside, scales) if beside is not None else [],
        explained=additions.explained,
        tiles=headline_figures(maps),
        model=model_title(maps.model),
        heading=heading(maps),
        **pictures.result(),
        arterial=input_figure(anatomy, exam)
        if fits_curves(maps) and not exam.aif.stand_in
        else None,
        reference=reference_figure(anatomy, exam),
        curves=curves,
        leading=leading(maps),
        curves_place=curves_place,
        reasons=reasons,
        legend=reason_legend(reasons),
        quantities=quantities,
        motion=motion_figure(exam),
        acquisition=acquisition_facts(anatomy, exam),
        preparation=preparation_facts(exam),
        settings=[
            (name, plain(value)) for name, value in maps.settings.items() if name != "remarks"
        ],
        tables=record_tables(record),
    )


def _pictures(
    anatomy: Anatomy, exam: Exam, maps: ParameterMaps, scales: Scales
) -> dict[str, object]:
    """The page's large pictures, by their names in the template."""
    return {
        "choice": choice_figures(anatomy, maps),
        "parameters": parameter_figures(anatomy, maps, scales),
        "errors": error_figures(anatomy, maps, scales),
        "quality": quality_figure(anatomy, maps),
        "t10": t10_figure(anatomy, exam, maps, scales),
        "reason_picture": reason_picture(anatomy, maps),
    }


def headline_figures(maps: ParameterMaps) -> list[tuple[str, str]]:
    """The numbers at the top: value and what it is. Only a fit tells what enhances above noise."""
    estimated, drawn = int(maps.valid.sum()), enhancing(maps)
    figures = [(f"{estimated:,}", "voxels estimated")]
    if fits_curves(maps):
        figures.append((f"{int(drawn.sum()):,}", "of them enhance"))
    if not drawn.any():
        return figures
    first = quantity_of(leading(maps))
    middle = f"{number(_median(maps, first.name, drawn))} {unit_text(first)}"
    there = " there" if fits_curves(maps) else ""
    figures.append((middle, Markup("median {}{}").format(symbol_markup(first), there)))
    if "r2" in maps.values:
        figures.append((number(_median(maps, "r2", drawn)), "median R² there"))
    return figures


def _median(maps: ParameterMaps, name: str, where: np.ndarray) -> float:
    return float(np.nanmedian(maps[name][where]))
