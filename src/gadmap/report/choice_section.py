"""Which kinetic model the voxels call for, on the page."""

from dataclasses import dataclass

import numpy as np

from gadmap.data import ParameterMaps
from gadmap.drawing.scale import Scale
from gadmap.evaluation.curves import enhancing
from gadmap.evaluation.model_shares import (
    SIMPLE,
    ModelShares,
    compared,
    model_shares,
    percent,
    simple_sentence,
)
from gadmap.quantities import BEST_MODEL, weight_of
from gadmap.report.anatomy import Anatomy, slices_that_matter
from gadmap.report.maps_section import MapFigure, map_figure
from gadmap.report.mosaic import class_mosaic
from gadmap.report.picture import Picture
from gadmap.report.scales import VALUES

MODEL_COLOURS: dict[str, tuple[int, int, int]] = {
    "vascular": (46, 104, 202),
    "2cum": (209, 85, 148),
    "patlak": (6, 171, 102),
    "tofts": (168, 162, 247),
    "extended-tofts": (240, 194, 93),
    "2cxm": (255, 255, 83),
}
"""From dark to bright in even steps, so that they are told apart without seeing colours."""

_MOST_SLICES = 12
_FEW_SLICES = 4


@dataclass(frozen=True, kw_only=True)
class ShareRow:
    """A model's row of the table, ready to print."""

    model: str
    colour: str
    estimated: str
    enhancing: str
    weight: str


@dataclass(frozen=True, kw_only=True)
class ChoiceFigures:
    """The choice of models ready for the page.

    Attributes
    ----------
    sentence
        Where tofts is not enough, in words; empty where it was not compared.
    picture
        The best model on the anatomy.
    simple
        Map of the weight of tofts; None where it was not compared.
    rows
        A model each, from the darkest to the brightest colour.
    tests
        Larger model, those nested in it, and share of the voxels in which they are refused.
    """

    sentence: str
    picture: Picture
    simple: MapFigure | None
    rows: list[ShareRow]
    tests: list[tuple[str, str, str]]


def choice_figures(anatomy: Anatomy, maps: ParameterMaps) -> ChoiceFigures | None:
    """The choice where there was one and something enhances."""
    found = model_shares(maps)
    if found is None:
        return None
    return ChoiceFigures(
        sentence=simple_sentence(found),
        picture=_picture(anatomy, maps, found),
        simple=_simple_figure(anatomy, maps),
        rows=sorted(_rows(found), key=lambda row: list(MODEL_COLOURS).index(row.model)),
        tests=[(t.larger, " and ".join(t.smaller), percent(t.share)) for t in found.tests],
    )


def _rows(found: ModelShares) -> list[ShareRow]:
    return [
        ShareRow(
            model=share.model,
            colour="#{:02x}{:02x}{:02x}".format(*MODEL_COLOURS[share.model]),
            estimated=percent(share.estimated),
            enhancing=percent(share.enhancing),
            weight=f"{share.weight:.2f}",
        )
        for share in found.shares
    ]


def _picture(anatomy: Anatomy, maps: ParameterMaps, found: ModelShares) -> Picture:
    """The best model where a voxel enhances."""
    models = compared(maps)
    shown = np.where(enhancing(maps), maps[BEST_MODEL.name], 0).astype(np.uint8)
    shares = ", ".join(f"{one.model} {percent(one.enhancing)}" for one in found.shares)
    return class_mosaic(
        anatomy,
        slices_that_matter(maps, _MOST_SLICES),
        shown,
        {place: MODEL_COLOURS[model] for place, model in enumerate(models, start=1)},
        f"Best model over the anatomy. Of the voxels that enhance: {shares}.",
    )


def _simple_figure(anatomy: Anatomy, maps: ParameterMaps) -> MapFigure | None:
    if SIMPLE not in compared(maps):
        return None
    words = "Scale from 0, where another model explains the curve, to 1, where none does better."
    name = weight_of(SIMPLE)
    return map_figure(
        anatomy,
        name,
        maps[name],
        enhancing(maps),
        slices_that_matter(maps, _FEW_SLICES),
        Scale(low=0.0, high=1.0, colormap=VALUES, words=words),
        "how likely it is the best of these models",
    )
