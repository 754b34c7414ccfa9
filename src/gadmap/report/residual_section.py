"""What the fit leaves over, on the page: where and when."""

from dataclasses import dataclass

import numpy as np

from gadmap.data import Exam, ParameterMaps
from gadmap.drawing.scale import Scale
from gadmap.evaluation.curves import enhancing, has_curves
from gadmap.evaluation.residuals import ResidualCourse, structure_map
from gadmap.report.anatomy import Anatomy, slices_that_matter
from gadmap.report.mosaic import map_mosaic
from gadmap.report.picture import INK, Picture, drawing, strip
from gadmap.report.plots import FILL, FIT, plain_axes, plain_figure

_FEW_SLICES = 4
STRUCTURE = Scale(
    low=0.5,
    high=2.5,
    colormap="cividis",
    words="Scale from 0.5 to 2.5, the same in every report.",
)


@dataclass(frozen=True, kw_only=True)
class ResidualFigures:
    """Residuals ready for the page.

    Attributes
    ----------
    picture, bar, scale
        Residual over noise on the anatomy, with its colour bar.
    course
        Spread and common course over time; None where too few voxels enhance.
    words
        How much of the variance is common, and what chance would give.
    """

    picture: Picture
    bar: Picture
    scale: Scale
    course: Picture | None
    words: str


def residual_figures(
    anatomy: Anatomy, exam: Exam, maps: ParameterMaps, course: ResidualCourse | None
) -> ResidualFigures | None:
    """Residuals of the voxels that enhance; None where none does or the maps have no curves."""
    drawn = enhancing(maps)
    if not has_curves(maps) or not drawn.any():
        return None
    slices = slices_that_matter(maps, _FEW_SLICES)
    shown = np.zeros_like(drawn)
    shown[..., slices] = drawn[..., slices]
    structure = structure_map(exam, maps, shown)
    middle = float(np.nanmedian(structure[shown])) if shown.any() else float("nan")
    alt = (
        f"Map of residual over noise in slices {', '.join(map(str, slices))}; colours from 0.5 to "
        f"2.5; median {middle:.2f}."
    )
    return ResidualFigures(
        picture=map_mosaic(
            anatomy, slices, structure, shown & np.isfinite(structure), STRUCTURE, alt
        ),
        bar=strip(STRUCTURE.bar(), "Colour bar from 0.5 to 2.5."),
        scale=STRUCTURE,
        course=None if course is None else _course_plot(course),
        words="" if course is None else _words(course),
    )


def _course_plot(course: ResidualCourse) -> Picture:
    """Spread in each frame above, the course that voxels share most below."""
    figure, upper = plain_figure(6.4, 3.6)
    upper.remove()
    upper, lower = figure.subplots(2, 1, sharex=True)
    upper.plot(course.t, course.spread, "o-", color=FILL, markersize=3, linewidth=1.2)
    upper.axhline(1, color=INK, linewidth=0.8, alpha=0.6)
    upper.set_ylim(bottom=0)
    upper.set_ylabel("spread")
    lower.plot(course.t, course.common, "o-", color=FIT, markersize=3, linewidth=1.2)
    lower.axhline(0, color=INK, linewidth=0.8, alpha=0.6)
    reach = max(1.0, 1.1 * float(np.abs(course.common).max()))
    lower.set_ylim(-reach, reach)
    lower.set_ylabel("common course")
    lower.set_xlabel("time since the first frame [s]")
    for axes in (upper, lower):
        plain_axes(axes)
    figure.align_ylabels()
    worst = int(np.argmax(course.spread))
    return drawing(
        figure,
        "residuals",
        f"Residuals over time, in units of each voxel's own. The spread is largest, "
        f"{course.spread[worst]:.2g}, in frame {worst}; the common course explains "
        f"{course.share:.0%} of the variance and looks like {course.pattern.value}.",
    )


def _words(course: ResidualCourse) -> str:
    return (
        f"In {course.voxels:,} voxels that enhance, each divided by its own root mean square. "
        "Above: spread over the voxels in each frame, 1 for even noise; a peak says that the head "
        "moved or the scanner faltered there. Below: the course that the voxels share most; it "
        f"explains {course.share:.1%} of the variance, where noise alone gives "
        f"{course.by_chance:.1%}. A wave says motion, a step says gain, the first pass says that "
        "the model lacks the vessels."
    )
