"""The arterial input and a few voxels' curves."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from gadmap.data import Exam, ParameterMaps
from gadmap.estimators import reference_curve
from gadmap.evaluation.model_shares import compared
from gadmap.quantities import BEST_MODEL
from gadmap.report.anatomy import Anatomy, leading, slices_by_area
from gadmap.report.curves import voxel_curves
from gadmap.report.maps_section import parameter_names
from gadmap.report.mosaic import Mark, framed_mosaic, marked_mosaic
from gadmap.report.picture import Picture
from gadmap.report.plots import aif_plot, curve_plot, reference_plot
from gadmap.report.words import number, plus_minus

_LETTERS = "ABCDEFGH"
_MOST_SLICES = 4


@dataclass(frozen=True, kw_only=True)
class InputFigure:
    """The arterial input ready for the page.

    Attributes
    ----------
    plot
        Curve over time.
    place
        The voxels on the anatomy; None where it was not measured in this examination.
    facts
        Pairs of words and values.
    rationale
        Why it was taken there, a sentence each.
    """

    plot: Picture
    place: Picture | None
    facts: list[tuple[str, str]]
    rationale: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CurveFigure:
    """One voxel's curve ready for the page.

    Attributes
    ----------
    letter
        Its mark on the anatomy.
    heading, caption
        Which voxel, and its parameters.
    plot
        Measured, fitted and residuals.
    """

    letter: str
    heading: str
    caption: str
    plot: Picture


def input_figure(anatomy: Anatomy, exam: Exam) -> InputFigure:
    """The arterial input: curve, place and reasons."""
    aif = exam.aif
    start = exam.series.t[0]
    peak = int(np.argmax(aif.plasma))
    facts = [
        ("source", aif.source),
        ("peak", f"{number(float(aif.plasma[peak]))} mmol/L at {aif.t[peak] - start:.1f} s"),
        ("at the end", f"{number(float(aif.plasma[-1]))} mmol/L"),
        ("error of its height", f"{aif.error:.0%}" if aif.error else "taken as exact"),
        ("frames before contrast", str(exam.baseline_frames)),
        ("haematocrit", f"{exam.hct:g}"),
    ]
    return InputFigure(
        plot=aif_plot(exam),
        place=_place(anatomy, exam, aif.voxels, "arterial input"),
        facts=facts,
        rationale=aif.rationale,
    )


def reference_figure(anatomy: Anatomy, exam: Exam) -> InputFigure | None:
    """The reference region: mean curve and place; None where there is none."""
    if exam.reference is None:
        return None
    curve = reference_curve(exam)
    facts = [("source", exam.reference.source), ("peak", f"{number(float(curve.max()))} mmol/L")]
    return InputFigure(
        plot=reference_plot(exam, curve),
        place=_place(anatomy, exam, exam.reference.voxels, "reference region"),
        facts=facts,
        rationale=(),
    )


def _place(
    anatomy: Anatomy, exam: Exam, voxels: Int[np.ndarray, "voxel 3"], what: str
) -> Picture | None:
    if not len(voxels):
        return None
    where = np.zeros(exam.series.grid, dtype=bool)
    where[tuple(voxels.T)] = True
    slices = slices_by_area(where, _MOST_SLICES)
    listed = ", ".join(map(str, slices))
    alt = f"The {len(voxels)} voxels of the {what}, on the anatomy, in slices {listed}."
    return framed_mosaic(anatomy, slices, where, alt)


def _model_words(maps: ParameterMaps, values: Mapping[str, float]) -> tuple[str, ...]:
    """Which model a voxel has, where that differs between voxels."""
    models = compared(maps)
    return (models[int(values[BEST_MODEL.name]) - 1],) if models else ()


def curve_figures(
    anatomy: Anatomy, exam: Exam, maps: ParameterMaps
) -> tuple[list[CurveFigure], Picture | None]:
    """Curves of a few voxels, and where these are; none where no voxel was estimated."""
    curves = voxel_curves(exam, maps)
    if not curves:
        return [], None
    names, chosen_by = parameter_names(maps), leading(maps)
    figures, marks = [], []
    for letter, curve in zip(_LETTERS, curves, strict=False):
        x, y, z = curve.voxel
        marks.append(Mark(x=x, y=y, z=z, letter=letter))
        told = (name for name in names if name in curve.values)
        values = (f"{n} {plus_minus(curve.values, curve.standard_error, n)}" for n in told)
        figures.append(
            CurveFigure(
                letter=letter,
                heading=f"voxel ({x}, {y}, {z}), {curve.percentile:g}th percentile of {chosen_by}",
                caption=", ".join((*_model_words(maps, curve.values), *values)),
                plot=curve_plot(curve, letter),
            )
        )
    slices = sorted({mark.z for mark in marks})
    alt = f"Where voxels {', '.join(figure.letter for figure in figures)} lie on the anatomy."
    return figures, marked_mosaic(anatomy, slices, marks, alt)
