"""From values to colours: a robust scale and its bar."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np
from jaxtyping import Bool, Float, UInt8
from matplotlib import colormaps
from matplotlib.ticker import MaxNLocator

ENDS: Mapping[str, float] = {
    "ktrans": 0.5,
    "ktrans_averaged": 0.5,
    "ve": 0.6,
    "kep": 2.0,
    "vp": 0.2,
    "ps": 0.5,
    "fp": 100.0,
    "t10": 3.0,
}
"""Upper end of each quantity's scale, in its unit: the same for every examination."""

_BAR_COLOURS = 256


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A linear colour scale.

    Attributes
    ----------
    low, high
        Values at the ends; what lies beyond takes the end's colour.
    colormap
        Name of a perceptually even matplotlib colormap.
    words
        How the ends were chosen.
    """

    low: float
    high: float
    colormap: str
    words: str

    def colours(self, values: Float[np.ndarray, "*grid"]) -> UInt8[np.ndarray, "*grid 3"]:
        """Colour of each value; that of `low` where it is not a number."""
        share = np.nan_to_num((values - self.low) / (self.high - self.low), nan=0.0)
        return colormaps[self.colormap](np.clip(share, 0, 1), bytes=True)[..., :3]

    def bar(self) -> UInt8[np.ndarray, "1 colour 3"]:
        """The colours from low to high, one row."""
        return self.colours(np.linspace(self.low, self.high, _BAR_COLOURS)[None])

    def ticks(self) -> list[tuple[float, str]]:
        """Position along the bar [%] and text of each mark."""
        marks = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(self.low, self.high)
        span = self.high - self.low
        inside = [m for m in marks if -1e-9 * span <= m - self.low <= span * (1 + 1e-9)]
        return [(100 * (m - self.low) / span, f"{m:.4g}") for m in inside]


def robust_scale(
    values: Float[np.ndarray, "x y z"],
    counted: Bool[np.ndarray, "x y z"],
    colormap: str,
    percentile: float,
    of: str,
) -> Scale:
    """A scale from 0 to a percentile of the voxels that count, rounded up to two digits.

    `of` says in words which voxels count. Where all but few of these are below 0 it runs from the
    opposite percentile up to 0.
    """
    shown = values[counted & np.isfinite(values)]
    if shown.size and np.percentile(shown, percentile) <= 0 > shown.min():
        least = 100 - percentile
        words = (
            f"Scale from the {least:g}th percentile of {of} to 0; "
            "lower values take the first colour."
        )
        low = -rounded_up(-float(np.percentile(shown, least)))
        return Scale(low=low, high=0.0, colormap=colormap, words=words)
    reached = float(np.percentile(shown, percentile)) if shown.size else 0.0
    high = rounded_up(reached) if reached > 0 else 1.0
    words = (
        f"Scale from 0 to the {percentile:g}th percentile of {of}; "
        "higher values take the last colour."
    )
    return Scale(low=0.0, high=high, colormap=colormap, words=words)


def rounded_up(value: float) -> float:
    """A positive value rounded up to two digits."""
    digit = 10.0 ** (floor(log10(value)) - 1)
    return float(f"{ceil(value / digit - 1e-9) * digit:.3g}")
