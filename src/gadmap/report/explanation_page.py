"""An explanation as figures and one self-contained HTML page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from gadmap.data import Exam
from gadmap.explanation import Explanation
from gadmap.report.anatomy import anatomy_of
from gadmap.report.environment import page_environment
from gadmap.report.explanation_plates import (
    grad_cam_plate,
    layers_plate,
    spatial_weights_plate,
)
from gadmap.report.explanation_plots import (
    channel_weights_plot,
    deletion_plot,
    frame_weights_plot,
    gradients_plot,
    sampling_plot,
)
from gadmap.report.explanation_words import (
    cam_rows,
    channels_words,
    deletion_words,
    frames_words,
    gradients_words,
    headline_tiles,
    missing_words,
    sampling_words,
    space_words,
)
from gadmap.report.numbers_section import record_tables
from gadmap.report.picture import Picture, drawing, plate
from gadmap.report.words import quantity_of, symbol_markup, unit_text

_DPI = 150


@dataclass(frozen=True, eq=False, kw_only=True)
class ExplainedFigure:
    """A figure with its words.

    Attributes
    ----------
    name
        Of its file, without ending, and of its place on the page.
    heading
        Above it.
    words
        How to read it, and what it says here.
    figure
        What is drawn.
    dark
        Whether it is a picture on black, and no line drawing.
    """

    name: str
    heading: str
    words: str
    figure: Figure
    dark: bool = False


def explanation_figures(exam: Exam, explanation: Explanation) -> Iterator[ExplainedFigure]:
    """The figures that this explanation has, in the order of the page."""
    seen, attention, anatomy = explanation.seen, explanation.attention, anatomy_of(exam)
    frames = None if attention is None else attention.mean_frames()
    if attention is not None and frames is not None:
        yield ExplainedFigure(
            name="frame_weights",
            heading="Weights of the frames",
            words=frames_words(exam, seen, frames),
            figure=frame_weights_plot(exam, seen, attention),
        )
    if attention is not None and attention.channels is not None:
        yield ExplainedFigure(
            name="channel_weights",
            heading="Weights of the channels",
            words=channels_words(attention.channels),
            figure=channel_weights_plot(attention),
        )
    if attention is not None and attention.space is not None:
        yield ExplainedFigure(
            name="spatial_weights",
            heading="Weights of the voxels",
            words=space_words(attention.space, seen),
            figure=spatial_weights_plate(anatomy, explanation),
            dark=True,
        )
    if explanation.pictured:
        yield ExplainedFigure(
            name="grad_cam",
            heading="Grad-CAM of the last layer",
            words="Where the features that the last layer reads raise the region's estimate. "
            "Colour from 15 % of the maximum on, the anatomy elsewhere; the line is the region.",
            figure=grad_cam_plate(anatomy, explanation.pictured),
            dark=True,
        )
        yield ExplainedFigure(
            name="grad_cam_layers",
            heading="Grad-CAM layer by layer",
            words="The same for every layer that reads features, from the first to the last, in "
            "the slice that holds most of the region.",
            figure=layers_plate(anatomy, explanation.pictured),
            dark=True,
        )
    unit = quantity_of(seen.quantity).unit
    yield ExplainedFigure(
        name="integrated_gradients",
        heading="Which frames moved the estimate",
        words=gradients_words(explanation.gradients, unit),
        figure=gradients_plot(exam, seen, explanation.gradients, unit),
    )
    yield ExplainedFigure(
        name="deletion",
        heading="Do these frames matter?",
        words=deletion_words(explanation.deletion),
        figure=deletion_plot(explanation.deletion, seen.signal.shape[1]),
    )
    if explanation.sampling is not None:
        yield ExplainedFigure(
            name="sampling",
            heading="What each frame is worth",
            words=sampling_words(explanation.sampling),
            figure=sampling_plot(exam, seen, explanation.sampling, frames),
        )


def write_explanation_page(
    folder: str | Path, exam: Exam, explanation: Explanation, record: Mapping[str, object]
) -> tuple[list[Path], list[dict[str, str]]]:
    """Write explanation.html, which opens offline, and each of its figures as PNG beside it.

    Returns
    -------
    The files; and file, heading and words of each figure.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    folder = Path(folder)
    files, shown = [], []
    for one in explanation_figures(exam, explanation):
        file = folder / f"{one.name}.png"
        one.figure.savefig(file, dpi=_DPI, metadata={"Software": None})
        files.append(file)
        shown.append((one, _picture(one, file)))
    page = folder / "explanation.html"
    page.write_text(_render(exam, explanation, shown, record), encoding="utf-8")
    entries = [
        {"file": file.name, "heading": one.heading, "words": one.words}
        for file, (one, _) in zip(files, shown, strict=True)
    ]
    return [*files, page], entries


def _picture(one: ExplainedFigure, file: Path) -> Picture:
    alt = f"{one.heading}. {one.words}"
    return plate(file.read_bytes(), alt) if one.dark else drawing(one.figure, one.name, alt)


def _render(
    exam: Exam,
    explanation: Explanation,
    shown: list[tuple[ExplainedFigure, Picture]],
    record: Mapping[str, object],
) -> str:
    seen = explanation.seen
    quantity = quantity_of(seen.quantity)
    return (
        page_environment()
        .get_template("explanation.html.j2")
        .render(
            exam=exam,
            explanation=explanation,
            network=seen.trained.network,
            symbol=symbol_markup(quantity),
            unit=unit_text(quantity),
            tiles=headline_tiles(explanation),
            missing=missing_words(explanation),
            cams=cam_rows(explanation),
            shown=shown,
            tables=record_tables(record),
        )
    )
