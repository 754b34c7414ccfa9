"""One self-contained HTML page about one examination."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from markupsafe import Markup

from gadmap.data import Exam, ParameterMaps
from gadmap.report.anatomy import anatomy_of, enhancing, fits_curves, leading
from gadmap.report.environment import page_environment
from gadmap.report.input_section import curve_figures, input_figure, motion_figure
from gadmap.report.maps_section import (
    error_figures,
    parameter_figures,
    quality_figure,
    t10_figure,
)
from gadmap.report.numbers_section import (
    acquisition_facts,
    preparation_facts,
    quantity_rows,
    reason_picture,
    reason_rows,
    record_tables,
)
from gadmap.report.words import (
    estimator_remarks,
    number,
    plain,
    quantity_of,
    symbol_markup,
    unit_text,
)


def write_report(
    path: str | Path, exam: Exam, maps: ParameterMaps, record: Mapping[str, object]
) -> Path:
    """Write the page and return its path. It opens offline: every figure lies inside it.

    Parameters
    ----------
    path
        The HTML file to write; an existing one is replaced.
    exam, maps
        What was estimated from, and the result.
    record
        What else a reader needs to repeat the run, for the tables at the end: versions, settings,
        seconds per stage. Mappings become tables of their own.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    path = Path(path)
    path.write_text(render(exam, maps, record), encoding="utf-8")
    return path


def render(exam: Exam, maps: ParameterMaps, record: Mapping[str, object]) -> str:
    """The page as text."""
    environment = page_environment()
    anatomy = anatomy_of(exam)
    curves, curves_place = curve_figures(anatomy, exam, maps)
    return environment.get_template("report.html.j2").render(
        exam=exam,
        maps=maps,
        view=anatomy.view,
        fitted=fits_curves(maps),
        remarks=estimator_remarks(maps),
        tiles=headline_figures(maps),
        model=maps.model.replace("-", " ").title(),
        parameters=parameter_figures(anatomy, maps),
        errors=error_figures(anatomy, maps),
        quality=quality_figure(anatomy, maps),
        t10=t10_figure(anatomy, exam, maps),
        arterial=input_figure(anatomy, exam) if fits_curves(maps) else None,
        curves=curves,
        curves_place=curves_place,
        reasons=reason_rows(maps),
        reason_picture=reason_picture(anatomy, maps),
        quantities=quantity_rows(maps),
        motion=motion_figure(exam),
        acquisition=acquisition_facts(anatomy, exam),
        preparation=preparation_facts(exam),
        settings=[
            (name, plain(value)) for name, value in maps.settings.items() if name != "remarks"
        ],
        tables=record_tables(record),
    )


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
