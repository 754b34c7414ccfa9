"""The arterial input function."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from gadmap.data.frozen import freeze, require_rising

STAND_IN = "stand-in: "
"""How the source of a curve begins that stands where none was asked for."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Aif:
    """Arterial plasma concentration over time.

    Attributes
    ----------
    t
        Sample times [s], rising, need not be even.
    plasma
        Concentration in plasma [mmol/L]; blood divided by (1 - hct).
    source
        Where it came from, for the report: "parker 2006, hct 0.42", "auto: 12 voxels".
    voxels
        Indices (x, y, z) of the voxels it was measured in; no rows where it was not measured.
    rationale
        Why those voxels were chosen, one sentence each, for the report.
    error
        Relative standard error of its height: what is known of partial volume, flow, haematocrit
        and the difference between people. 0 where it is taken as it is.

    Raises
    ------
    ValueError
        If the times do not rise, the lengths differ, a sample is not finite, or the error is not
        between 0 and 1.
    """

    t: Float[np.ndarray, " time"]
    plasma: Float[np.ndarray, " time"]
    source: str
    voxels: Int[np.ndarray, "voxel 3"]
    rationale: tuple[str, ...] = ()
    error: float = 0.0

    def __post_init__(self) -> None:
        if self.t.size != self.plasma.size:
            raise ValueError(
                f"arterial input: {self.t.size} times but {self.plasma.size} concentrations"
            )
        require_rising(self.t, "arterial input")
        if not np.isfinite(self.plasma).all():
            raise ValueError("arterial input: concentrations hold values that are not finite")
        if not (self.plasma > 0).any():
            raise ValueError("arterial input: no concentration above 0; is it the right column?")
        if not 0 <= self.error <= 1:
            raise ValueError(
                f"arterial input: its height's relative error is {self.error:g}; expected 0 to 1"
            )
        freeze(self, "t", "plasma", "voxels")

    @property
    def stand_in(self) -> bool:
        """Whether the curve only fills the place, as none was asked for."""
        return self.source.startswith(STAND_IN)

    def _repr_html_(self) -> str:
        from gadmap.data.plots import aif_html

        return aif_html(self)
