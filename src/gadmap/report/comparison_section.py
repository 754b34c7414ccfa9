"""Another estimate of the same examination beside this one: maps, differences, agreement."""

from dataclasses import dataclass, replace

import numpy as np
from markupsafe import Markup
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from gadmap.data import ParameterMaps
from gadmap.drawing.scale import Scale
from gadmap.evaluation.comparison import Comparison, compared
from gadmap.evaluation.curves import fits_curves
from gadmap.report.anatomy import Anatomy, slices_that_matter, telling
from gadmap.report.maps_section import MapFigure, map_figure, parameter_names
from gadmap.report.picture import INK, Picture, drawing
from gadmap.report.plots import FIT, plain_figure
from gadmap.report.scales import Scales
from gadmap.report.words import number, quantity_of, symbol_markup, unit_text

_FEW_SLICES = 4
DIFFERENCES = "cividis"  # its lightness tells the sign too
_REACH = 0.2  # of the maps' scale, as for standard errors
_BINS = 90


@dataclass(frozen=True, kw_only=True)
class ComparedQuantity:
    """One quantity of two estimates, ready for the page.

    Attributes
    ----------
    name, symbol, unit
        How it is named.
    maps
        The two maps on one scale, and their difference.
    agreement
        Bland and Altman's picture.
    bias, limits, concordance, beyond
        The figures in words.
    errors_of
        Whose standard errors `beyond` counts.
    """

    name: str
    symbol: Markup
    unit: str
    maps: tuple[MapFigure, ...]
    agreement: Picture
    bias: str
    limits: str
    concordance: str
    beyond: str
    errors_of: tuple[str, ...]


def comparison_figures(
    anatomy: Anatomy, maps: ParameterMaps, other: ParameterMaps, scales: Scales
) -> list[ComparedQuantity]:
    """Every parameter that both have, in the voxels where a fit can tell it from zero."""
    fits = [one for one in (maps, other) if fits_curves(one)] or [maps]
    slices = slices_that_matter(fits[0], _FEW_SLICES)
    shown = []
    for name in parameter_names(maps):
        if name not in other.values:
            continue
        where = np.logical_and.reduce([telling(one, name) for one in fits])
        found = compared(maps, other, name, where)
        if found is not None:
            shown.append(_quantity(anatomy, maps, other, found, slices, scales))
    return shown


def _quantity(
    anatomy: Anatomy,
    maps: ParameterMaps,
    other: ParameterMaps,
    found: Comparison,
    slices: list[int],
    scales: Scales,
) -> ComparedQuantity:
    name, quantity = found.name, quantity_of(found.name)
    scale = scales.of(name, maps[name], found.where)
    reach = _REACH * scale.high
    apart = Scale(
        low=-reach,
        high=reach,
        colormap=DIFFERENCES,
        words=f"{maps.estimator} less {other.estimator}, to a fifth of the maps' scale on both "
        f"sides: yellow where {maps.estimator} is higher, blue where {other.estimator} is, gray "
        "between.",
    )
    volumes = (
        (maps[name], maps.estimator, "first", scale),
        (other[name], other.estimator, "second", replace(scale, words="On the same scale.")),
        (maps[name] - other[name], "difference", "difference", apart),
    )
    unit = unit_text(quantity)
    return ComparedQuantity(
        name=name,
        symbol=symbol_markup(quantity),
        unit=unit,
        maps=tuple(
            map_figure(anatomy, name, values, found.where, slices, bar, words, f"{name}-{anchor}")
            for values, words, anchor, bar in volumes
        ),
        agreement=_bland_altman(found, unit),
        bias=number(found.bias),
        limits=f"{number(found.low)} to {number(found.high)}",
        concordance=number(found.concordance),
        beyond="–" if found.beyond is None else f"{found.beyond:.0%}",
        errors_of=found.errors_of,
    )


def _bland_altman(found: Comparison, unit: str) -> Picture:
    """Difference over mean as a density, with the bias and the limits of agreement."""
    figure, axes = plain_figure(5.2, 3.4)
    _density(figure, found)
    for value, style in ((found.bias, "-"), (found.low, "--"), (found.high, "--")):
        axes.axhline(value, color=FIT, linestyle=style, linewidth=1.3)
    axes.axhline(0, color=INK, linewidth=0.8, alpha=0.6)
    axes.set_xlabel(f"mean of both [{unit}]")
    axes.set_ylabel(f"difference [{unit}]")
    return drawing(
        figure,
        f"agreement-{found.name}",
        f"Bland-Altman plot of {found.name} in {found.mean.size} voxels: bias "
        f"{number(found.bias)}, limits of agreement {number(found.low)} to {number(found.high)} "
        f"{unit}.",
    )


def _density(figure: Figure, found: Comparison) -> None:
    """How many voxels lie where; the outermost percent is not drawn."""
    axes = figure.axes[0]
    left, right = np.percentile(found.mean, (0, 99.5))
    low, high = np.percentile(found.difference, (0.5, 99.5))
    low, high = min(low, found.low), max(high, found.high)
    margin = 0.05 * (high - low) or 1e-6
    spans = ((left, max(right, left + 1e-6)), (low - margin, high + margin))
    counts, across, up = np.histogram2d(found.mean, found.difference, bins=_BINS, range=spans)
    shown = np.ma.masked_equal(counts.T, 0)
    axes.imshow(
        shown,
        origin="lower",
        aspect="auto",
        extent=(across[0], across[-1], up[0], up[-1]),
        cmap="viridis",
        norm=LogNorm(vmin=1, vmax=max(2.0, float(counts.max()))),
        interpolation="nearest",
    )
    axes.grid(visible=False)
