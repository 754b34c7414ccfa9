"""What a notebook shows of a container: a small table, and a picture where there is one."""

import base64
import io
from collections.abc import Sequence
from html import escape

import numpy as np
from jaxtyping import Float
from matplotlib import colormaps
from PIL import Image
from PIL.Image import Resampling

from gadmap.drawing.view import view_of

_WIDTH = 160


def html_table(
    title: str, header: Sequence[str], rows: Sequence[Sequence[str]], picture: str = ""
) -> str:
    """A titled table, its text escaped, with a picture's HTML beside it."""
    head = "".join(f"<th style='text-align:left'>{escape(cell)}</th>" for cell in header)
    body = "".join(
        "<tr>"
        + "".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in row)
        + "</tr>"
        for row in rows
    )
    top = f"<thead><tr>{head}</tr></thead>" if header else ""
    table = f"<table>{top}<tbody>{body}</tbody></table>"
    return (
        f"<div><strong>{escape(title)}</strong>"
        f"<div style='display:flex;gap:1em;align-items:flex-start'>{picture}{table}</div></div>"
    )


def thumbnail(
    plane: Float[np.ndarray, "x y"],
    affine: Float[np.ndarray, "4 4"],
    high: float,
    colormap: str,
    alt: str,
) -> str:
    """A small picture of a slice, black where it is not a number, as HTML."""
    view = view_of(affine)
    picture = view.picture(plane)
    colours = colormaps[colormap](np.clip(np.nan_to_num(picture) / high, 0, 1), bytes=True)[..., :3]
    colours = np.where(np.isfinite(picture)[..., None], colours, 0).astype(np.uint8)
    tall = picture.shape[0] * view.pixel[0] / (picture.shape[1] * view.pixel[1])
    size = (_WIDTH, max(1, round(_WIDTH * tall)))
    image = Image.fromarray(np.ascontiguousarray(colours)).resize(size, Resampling.NEAREST)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f"<img alt='{escape(alt)}' width='{size[0]}' src='data:image/png;base64,{data}'>"
