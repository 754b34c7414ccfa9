"""Pictures that live inside the page: no file beside it, no address outside it."""

import base64
import io
import re
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from markupsafe import Markup, escape
from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from PIL import Image

INK = "#123456"
"""Colour in a drawing that becomes the page's text colour, light or dark."""

_QUALITY = 78
_EFFORT = 1  # half the time of the usual 4 for the same error, a tenth larger
_PLATE_QUALITY = 90  # fine lines and small letters
_ENLARGED = 1.35
_NAMESPACES = re.compile(r'\s(xmlns(:\w+)?)="[^"]*"')
_FONT = re.compile(r"font: (?:\w+ )?([\d.]+px)[^;\"]*")


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture with what a reader who cannot see it is told.

    Attributes
    ----------
    markup
        HTML that holds the whole picture.
    alt
        What it shows, in words.
    """

    markup: Markup
    alt: str


def photograph(pixels: UInt8[np.ndarray, "row column 3"], alt: str) -> Picture:
    """A raster image. Lossy, at a quality at which single voxels keep their colour."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(
        buffer, format="WEBP", quality=_QUALITY, method=_EFFORT, use_sharp_yuv=True
    )
    return Picture(markup=_image("image/webp", buffer.getvalue(), pixels.shape, alt), alt=alt)


def strip(pixels: UInt8[np.ndarray, "row column 3"], alt: str) -> Picture:
    """A small raster image, exact."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, format="PNG", optimize=True)
    return Picture(markup=_image("image/png", buffer.getvalue(), pixels.shape, alt), alt=alt)


def plate(png: bytes, alt: str) -> Picture:
    """What a PNG file shows: exact, or where that takes more room, as a photograph is kept."""
    with Image.open(io.BytesIO(png)) as image:
        pixels = image.convert("RGB")
    exact, near = io.BytesIO(), io.BytesIO()
    pixels.save(exact, format="WEBP", lossless=True, method=4)
    pixels.save(near, format="WEBP", quality=_PLATE_QUALITY, method=4, use_sharp_yuv=True)
    data = min((exact.getvalue(), near.getvalue()), key=len)
    shape = (pixels.height, pixels.width)
    return Picture(markup=_image("image/webp", data, shape, alt), alt=alt)


def drawing(figure: Figure, name: str, alt: str) -> Picture:
    """A matplotlib figure as inline SVG in the page's own font and text colour.

    `name` is unique on the page: it keeps the identifiers inside one drawing from meeting those
    of another.
    """
    buffer = io.StringIO()
    metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    for patch in (figure.patch, *(axes.patch for axes in figure.axes)):
        patch.set_visible(False)
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        # not savefig, which draws the whole figure twice
        FigureCanvasSVG(figure).print_svg(buffer, metadata=metadata)
    text = buffer.getvalue()
    text = _NAMESPACES.sub("", text[text.index("<svg") :])
    text = _FONT.sub(r"font-size: \1", text).replace(INK, "currentColor")
    opening = f'<svg role="img" aria-label="{escape(alt)}" class="drawing" '
    return Picture(markup=Markup(text.replace("<svg ", opening, 1)), alt=alt)  # noqa: S704


def _image(kind: str, data: bytes, shape: tuple[int, ...], alt: str) -> Markup:
    encoded = base64.b64encode(data).decode("ascii")
    element = '<img src="data:{};base64,{}" alt="{}" width="{}" height="{}" style="width:{}">'
    wide = f"min(100%,{_ENLARGED * shape[1]:.0f}px)"
    return Markup(element).format(kind, encoded, alt, shape[1], shape[0], wide)  # noqa: S704
