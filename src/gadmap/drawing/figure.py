"""A figure that a notebook displays by itself, and a script saves."""

from io import BytesIO

from matplotlib.figure import Figure


class ShownFigure(Figure):
    """A matplotlib figure that belongs to no window and no pyplot.

    A notebook displays a plain `Figure` only once pyplot was imported; this one always.
    """

    def _repr_png_(self) -> bytes:
        buffer = BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()
