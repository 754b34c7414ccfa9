"""Figure 6: for each case the fit, the truth and every network's map, and what differs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image, ImageDraw
from PIL.Image import Resampling

from gadmap.drawing.scale import Scale, rounded_up
from gadmap.evaluation import rmse
from gadmap.evaluation.published import LABELS
from gadmap.report.paper_results import PaperCase, PaperResults
from gadmap.report.picture import Picture, photograph, strip
from gadmap.report.words import quantity_of, unit_text

_TILE = 220
_FRAME = (255, 176, 0)
_OUTSIDE = 24


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One estimator's map of a case, and below it the map less the fit; None for the fit."""

    label: str
    map: Picture
    difference: Picture | None
    words: str


@dataclass(frozen=True, eq=False, kw_only=True)
class CaseFigure:
    """A case ready for the page.

    Attributes
    ----------
    heading, caption
        Which patient; which part of which slice.
    overview
        The whole slice with a frame around the part.
    cells
        The fit, the truth where it is known, then every network.
    values, errors
        Scales of the maps and of the differences, with their bars.
    """

    heading: str
    caption: str
    overview: Picture
    cells: Sequence[Cell]
    values: Scale
    errors: Scale
    values_bar: Picture
    errors_bar: Picture
    unit: str


def case_figures(results: PaperResults) -> list[CaseFigure]:
    """The cases, each with scales of its own that all its maps share."""
    return [
        _figure(case, letter, results)
        for case, letter in zip(results.cases, "abcdefgh", strict=False)
    ]


def _figure(case: PaperCase, letter: str, results: PaperResults) -> CaseFigure:
    quantity = quantity_of(results.quantity)
    unit = unit_text(quantity)
    values, errors = _scales(case)
    names = [name for name in results.networks if name in case.estimates]
    cells = [_cell("exact fit", case.fit, case, values, None, "what the networks learn")]
    if case.truth is not None:
        cells.append(
            _cell("truth", case.truth, case, values, errors, _told(case, case.truth, results.scale))
        )
    for name in names:
        estimate = case.estimates[name]
        words = _told(case, estimate, results.scale)
        cells.append(_cell(LABELS.get(name, name), estimate, case, values, errors, words))
    return CaseFigure(
        heading=f"({letter}) {case.name}",
        caption=case.place,
        overview=_overview(case),
        cells=cells,
        values=values,
        errors=errors,
        values_bar=strip(values.bar(), f"Colours from 0 to {values.high:g} {unit}."),
        errors_bar=strip(errors.bar(), f"Colours from {errors.low:g} to {errors.high:g} {unit}."),
        unit=unit,
    )


def _scales(case: PaperCase) -> tuple[Scale, Scale]:
    """Of the maps, as the case says; of the differences, half of that either way."""
    high = rounded_up(case.top)
    return (
        Scale(
            low=0.0,
            high=high,
            colormap="viridis",
            words="Maps: to the 99.5th percentile of the smoothed fit; a vessel does not set it.",
        ),
        Scale(
            low=-high / 2,
            high=high / 2,
            colormap="RdBu_r",
            words="Map less fit: half of that either way, white where they agree.",
        ),
    )


def _told(case: PaperCase, estimate: np.ndarray, scale: float) -> str:
    x, y = (np.clip(image / scale, 0, 1) for image in (estimate, case.fit))
    return f"RMSE {rmse(x, y, case.inside & np.isfinite(estimate)):.4f}"


def _cell(
    label: str,
    estimate: Float[np.ndarray, "w h"],
    case: PaperCase,
    values: Scale,
    errors: Scale | None,
    words: str,
) -> Cell:
    drawn = case.inside & np.isfinite(estimate)
    difference = None
    if errors is not None:
        pixels = _painted(errors.colours(estimate - case.fit), drawn)
        difference = photograph(pixels, f"{label} less the fit, {case.name}; {words}")
    return Cell(
        label=label,
        map=photograph(_painted(values.colours(estimate), drawn), f"{label}, {case.name}"),
        difference=difference,
        words=words,
    )


def _painted(
    colours: UInt8[np.ndarray, "w h 3"], drawn: Bool[np.ndarray, "w h"]
) -> UInt8[np.ndarray, "row column 3"]:
    """The part of a slice as rows from the top, enlarged with sharp voxels, dark where nothing."""
    pixels = np.where(drawn[..., None], colours, np.uint8(_OUTSIDE)).swapaxes(0, 1)
    return np.asarray(_enlarged(Image.fromarray(np.ascontiguousarray(pixels)), Resampling.NEAREST))


def _overview(case: PaperCase) -> Picture:
    gray = Image.fromarray(np.ascontiguousarray((case.gray.T * 235).astype(np.uint8)))
    picture = _enlarged(gray, Resampling.BICUBIC).convert("RGB")
    zoom = picture.width / gray.width
    first, second = case.window
    corners = tuple(zoom * edge for edge in (first.start, second.start, first.stop, second.stop))
    ImageDraw.Draw(picture).rectangle(corners, outline=_FRAME, width=2)
    return photograph(np.asarray(picture), f"Slice of {case.name}; the frame is what is shown.")


def _enlarged(image: Image.Image, resampling: Resampling) -> Image.Image:
    zoom = max(1, round(_TILE / image.width))
    return image.resize((image.width * zoom, image.height * zoom), resampling)
