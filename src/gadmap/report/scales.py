"""Which colour scale a map has: the same in every report, so that examinations can be compared."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from gadmap.drawing.scale import ENDS, Scale, robust_scale, rounded_up
from gadmap.quantities import QUANTITIES
from gadmap.report.words import number, quantity_of, unit_text

VALUES = "viridis"
ERRORS = "inferno"
_ERROR_END = 0.2  # of the map's
_FEW, _MANY = 0.2, 0.1
_TOLD = "voxels where the parameter is three standard errors or more"


@dataclass(frozen=True, kw_only=True)
class Scales:
    """The upper end of each quantity's colour scale, which starts at 0.

    Attributes
    ----------
    asked
        Quantity name to the end that the user asked for, in the quantity's unit.

    Raises
    ------
    ValueError
        If there is no such quantity or an end is not above 0.
    """

    asked: Mapping[str, float]

    def __post_init__(self) -> None:
        for name, high in self.asked.items():
            if name not in QUANTITIES:
                raise ValueError(
                    f"scale of {name!r}: no such quantity; expected one of {', '.join(QUANTITIES)}"
                )
            if not 0 < high < float("inf"):
                raise ValueError(f"scale of {name}: {high:g}; expected an end above 0")

    def of(
        self,
        name: str,
        values: Float[np.ndarray, "x y z"],
        counted: Bool[np.ndarray, "x y z"],
        of: str = _TOLD,
    ) -> Scale:
        """A map's scale; from its voxels where nothing is agreed on for that quantity."""
        high = self.asked.get(name, ENDS.get(name))
        if high is None:
            return robust_scale(values, counted, VALUES, 99.0, of)
        shown = values[counted & np.isfinite(values)]
        return Scale(low=0.0, high=high, colormap=VALUES, words=self._words(name, high, shown, of))

    def of_error(
        self, name: str, values: Float[np.ndarray, "x y z"], counted: Bool[np.ndarray, "x y z"]
    ) -> Scale:
        """The scale of a standard error: a fifth of its map's."""
        high = self.asked.get(name, ENDS.get(name))
        if high is None:
            return robust_scale(values, counted, ERRORS, 95.0, _TOLD)
        words = f"Scale from 0 to a fifth of the {name} map's; higher values take the last colour."
        return Scale(low=0.0, high=_ERROR_END * high, colormap=ERRORS, words=words)

    def _words(self, name: str, high: float, shown: np.ndarray, of: str) -> str:
        """How the scale was chosen, what it cuts off, and how to have another."""
        unit = unit_text(quantity_of(name))
        chosen = "as asked for" if name in self.asked else "the same in every report"
        words = f"Scale from 0 to {number(high)} {unit}, {chosen}"
        if not shown.size:
            return f"{words}."
        above = float(np.mean(shown > high))
        words += f"; {above:.1%} of the {of} lie above and take the last colour."
        reached = float(np.percentile(shown, 99))
        if above > _MANY or 0 < reached < _FEW * high:
            end = f"{rounded_up(reached):g}"
            words += f" gadmap report with --scale {name}={end} suits these values."
        return words
