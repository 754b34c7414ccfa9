"""The mean curve of a region, fitted, with all that it says of its parameters."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from gadmap.data.frozen import freeze
from gadmap.data.likelihood import Interval, Likelihood

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, kw_only=True)
class RegionFit:
    """A kinetic model fitted to the mean concentration of a region.

    `fit["ktrans"]` is a value in the quantity's unit, `fit.interval("ktrans")` its interval.

    Attributes
    ----------
    name
        What the region is called.
    model
        Name of the kinetic model.
    voxels
        Number of voxels in the region.
    counted
        How many of them have a concentration, and so are in the mean.
    t
        Times of the frames [s].
    curve
        Mean concentration [mmol/L].
    spread
        Standard deviation over the voxels [mmol/L]; 0 of one voxel.
    likelihood
        Values, covariance and profiles of the parameters, and the fitted curve.
    """

    name: str
    model: str
    voxels: int
    counted: int
    t: Float[np.ndarray, " time"]
    curve: Float[np.ndarray, " time"]
    spread: Float[np.ndarray, " time"]
    likelihood: Likelihood

    def __post_init__(self) -> None:
        freeze(self, "t", "curve", "spread")

    def __getitem__(self, name: str) -> float:
        return float(self.likelihood.values[self._place(name)])

    def standard_error(self, name: str) -> float:
        """Root of the variance of a quantity, in its unit."""
        return float(self.likelihood.standard_error[self._place(name)])

    def interval(self, name: str, level: float = 0.95) -> Interval:
        """Profile-likelihood interval of a quantity.

        Raises
        ------
        KeyError
            If there is no such quantity, or no interval of that level was asked for.
        """
        self._place(name)
        intervals = self.likelihood.profiles[name].intervals
        if level not in intervals:
            raise KeyError(
                f"no interval of level {level:g}; there are {', '.join(map(str, intervals))}"
            )
        return intervals[level]

    @property
    def r2(self) -> float:
        """Share of the mean curve's variance that the fit explains."""
        off = np.square(self.curve - self.likelihood.fitted).sum()
        return float(1 - off / np.square(self.curve - self.curve.mean()).sum())

    def plot(self) -> "Figure":
        """A matplotlib figure: mean curve, fit and residuals, and a profile of each quantity.

        Examples
        --------
        >>> gadmap.fit_region(exam, tumour).plot().savefig("tumour.png")  # doctest: +SKIP
        """
        from gadmap.data.plots import region_figure

        return region_figure(self)

    def _repr_html_(self) -> str:
        from gadmap.data.plots import region_html

        return region_html(self)

    def _place(self, name: str) -> int:
        names = self.likelihood.names
        if name not in names:
            raise KeyError(f"no {name!r} in this fit; there are {', '.join(names)}")
        return names.index(name)
