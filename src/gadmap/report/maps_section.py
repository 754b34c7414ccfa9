"""Every map over the anatomy, with its scale."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from markupsafe import Markup

from gadmap.data import Exam, ParameterMaps
from gadmap.data.scratch import let_go
from gadmap.drawing.scale import Scale
from gadmap.quantities import MERITS, T10
from gadmap.report.anatomy import Anatomy, determined, slices_that_matter, telling
from gadmap.report.mosaic import map_mosaic
from gadmap.report.picture import Picture, strip
from gadmap.report.scales import VALUES, Scales
from gadmap.report.words import number, quantity_of, symbol_markup, unit_text

_MOST_SLICES = 12
_FEW_SLICES = 4
_BLUR = 0.5


@dataclass(frozen=True, kw_only=True)
class MapFigure:
    """A map ready for the page.

    Attributes
    ----------
    name
        Word in files, which is also the anchor on the page.
    symbol, unit, description
        How the heading names it.
    picture, bar
        The mosaic and its colour bar.
    scale
        Ends and marks of the colour bar, and how it was chosen.
    """

    name: str
    symbol: Markup
    unit: str
    description: str
    picture: Picture
    bar: Picture
    scale: Scale


def parameter_figures(anatomy: Anatomy, maps: ParameterMaps, scales: Scales) -> list[MapFigure]:
    """One figure for each parameter, where the data determine it."""
    slices = slices_that_matter(maps, _MOST_SLICES)
    figures = []
    for name in parameter_names(maps):
        scale = parameter_scale(maps, name, scales)
        drawn = determined(maps, name) & ~_blurred(maps, name, scale)
        words = quantity_of(name).description
        figures.append(map_figure(anatomy, name, maps[name], drawn, slices, scale, words))
        let_go(*maps.values.values(), *maps.standard_error.values())
    return figures


def error_figures(anatomy: Anatomy, maps: ParameterMaps, scales: Scales) -> list[MapFigure]:
    """One figure of a few slices for each standard error."""
    slices = slices_that_matter(maps, _FEW_SLICES)
    figures = []
    for name, values in maps.standard_error.items():
        drawn = determined(maps, name) & np.isfinite(values)
        scale = scales.of_error(name, values, drawn & telling(maps, name))
        words = f"standard error of {name}"
        figures.append(
            map_figure(anatomy, name, values, drawn, slices, scale, words, f"{name}-error")
        )
    return figures


def quality_figure(anatomy: Anatomy, maps: ParameterMaps) -> MapFigure | None:
    """Share of the variance that the fit explains, in every voxel estimated."""
    if "r2" not in maps.values:
        return None
    slices = slices_that_matter(maps, _MOST_SLICES)
    scale = Scale(low=0.0, high=1.0, colormap=VALUES, words="Scale from 0 to 1.")
    words = quantity_of("r2").description
    return map_figure(anatomy, "r2", maps["r2"], maps.valid, slices, scale, words)


def t10_figure(
    anatomy: Anatomy, exam: Exam, maps: ParameterMaps, scales: Scales
) -> MapFigure | None:
    """Native T1 in the mask; None where it is the same everywhere, as an assumed one is."""
    drawn = exam.mask & np.isfinite(exam.t10)
    if not drawn.any() or np.ptp(exam.t10[drawn]) == 0:
        return None
    slices = slices_that_matter(maps, _MOST_SLICES)
    scale = scales.of(T10.name, exam.t10, drawn, "voxels of the mask")
    return map_figure(anatomy, T10.name, exam.t10, drawn, slices, scale, T10.description)


def parameter_names(maps: ParameterMaps) -> list[str]:
    """Parameters of the model and those derived from them, without the figures of merit."""
    return [name for name in maps.values if name not in MERITS]


def parameter_scale(maps: ParameterMaps, name: str, scales: Scales) -> Scale:
    """The scale of a parameter's map, from the voxels where it can be told from zero.

    From all that were estimated where there is none of these, or no standard error to tell.
    """
    counted = telling(maps, name)
    if not counted.any() or name not in maps.standard_error:
        return scales.of(name, maps[name], maps.valid, "voxels estimated")
    return scales.of(name, maps[name], counted)


def _blurred(maps: ParameterMaps, name: str, scale: Scale) -> Bool[np.ndarray, "x y z"]:
    """Voxels whose standard error is so large that their colour would say nothing."""
    error = maps.standard_error.get(name)
    if error is None:
        return np.zeros(maps.valid.shape, dtype=bool)
    return ~(error <= _BLUR * (scale.high - scale.low))


def map_figure(
    anatomy: Anatomy,
    name: str,
    values: Float[np.ndarray, "x y z"],
    drawn: Bool[np.ndarray, "x y z"],
    slices: list[int],
    scale: Scale,
    words: str,
    anchor: str = "",
) -> MapFigure:
    """A map of a quantity with its bar; `words` describe it, `anchor` is its place on the page."""
    quantity = quantity_of(name)
    unit = unit_text(quantity)
    ends = f"{number(scale.low)} to {number(scale.high)} {unit}"
    alt = (
        f"Map of {name}, {words}, over the anatomy in slices "
        f"{', '.join(map(str, slices))}; colours from {ends}; median "
        f"{number(_median(values, drawn))} {unit}."
    )
    picture = map_mosaic(anatomy, slices, values, drawn, scale, alt)
    let_go(values)
    return MapFigure(
        name=anchor or name,
        symbol=symbol_markup(quantity),
        unit=unit,
        description=words,
        picture=picture,
        bar=strip(scale.bar(), f"Colour bar from {ends}."),
        scale=scale,
    )


def _median(values: Float[np.ndarray, "x y z"], drawn: Bool[np.ndarray, "x y z"]) -> float:
    shown = values[drawn & np.isfinite(values)]
    return float(np.median(shown)) if shown.size else float("nan")
