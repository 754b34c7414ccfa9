"""Results: parameters of fitted curves, and the same as maps on a grid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, UInt8

from gadmap.data.curve import CurveSource, FittedCurve
from gadmap.data.frozen import freeze, freeze_arrays_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from gadmap.data.exam import Exam


class Reason(IntEnum):
    """Why a voxel has no estimate (1 to 9), or must be read with care (10 and above)."""

    ESTIMATED = 0
    OUTSIDE_MASK = 1
    NOT_FINITE = 2
    NO_SIGNAL = 3
    NEGATIVE_SIGNAL = 4
    NO_T10 = 5
    SIGNAL_TOO_HIGH = 6
    NOT_DETERMINED = 7
    NO_ENHANCEMENT = 10
    AT_BOUND = 11
    NOT_CONVERGED = 12
    UNRESOLVED = 13

    @property
    def sentence(self) -> str:
        """What the code means, for a legend."""
        return _SENTENCES[self]


_SENTENCES = {
    Reason.ESTIMATED: "estimated",
    Reason.OUTSIDE_MASK: "outside the mask",
    Reason.NOT_FINITE: "a sample is NaN or infinite",
    Reason.NO_SIGNAL: "no signal before contrast",
    Reason.NEGATIVE_SIGNAL: "a sample is negative: padding, or not a magnitude image",
    Reason.NO_T10: "no T1 there",
    Reason.SIGNAL_TOO_HIGH: "signal above what any T1 can give",
    Reason.NOT_DETERMINED: "no weighted sample has contrast agent in the plasma",
    Reason.NO_ENHANCEMENT: "estimated; no enhancement above noise",
    Reason.AT_BOUND: "estimated; a parameter is at its bound",
    Reason.NOT_CONVERGED: "estimated; the fit had further to go when its steps ran out",
    Reason.UNRESOLVED: "estimated; the frames do not resolve flow or a volume",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class CurveFit:
    """Parameters of concentration curves, on a grid of any shape.

    `fit["ktrans"]` is the array of a parameter, NaN where `valid` is false.

    Attributes
    ----------
    model
        Name of the kinetic model.
    values
        Quantity name to array: the model's parameters, derived ones (kep), and r2.
    standard_error
        Quantity name to array, in the quantity's unit; empty where it was not asked for.
    sse
        Weighted sum of squared residuals [mmol²/L²].
    valid
        True where the curve was estimated.
    reason
        A `Reason` for each curve.
    curves
        What was fitted, for `curve` and `plot`; None where the fit does not hold it.
    """

    model: str
    values: Mapping[str, Float[np.ndarray, "*grid"]]
    standard_error: Mapping[str, Float[np.ndarray, "*grid"]]
    sse: Float[np.ndarray, "*grid"]
    valid: Bool[np.ndarray, "*grid"]
    reason: UInt8[np.ndarray, "*grid"]
    curves: CurveSource | None = None

    def __post_init__(self) -> None:
        freeze(self, "sse", "valid", "reason")
        freeze_arrays_of(self, "values", "standard_error")

    def __getitem__(self, name: str) -> np.ndarray:
        return lookup(self.values, name)

    def curve(self, voxel: int | tuple[int, ...]) -> FittedCurve:
        """What was fitted at an index of the grid, and the model's curve [mmol/L].

        Raises
        ------
        IndexError
            If the grid has no such index.
        ValueError
            If nothing was fitted there, or the fit does not hold its curves.
        """
        index = voxel if isinstance(voxel, tuple) else (voxel,)
        grid = self.valid.shape
        if len(index) != len(grid) or not all(
            -n <= i < n for i, n in zip(index, grid, strict=True)
        ):
            raise IndexError(f"no curve {voxel}; expected an index of a grid of {grid}")
        if self.curves is None:
            raise ValueError("this fit does not hold its curves; expected one of fit_curves")
        if not self.valid[index]:
            sentence = Reason(int(self.reason[index])).sentence
            raise ValueError(f"curve {voxel} was not fitted: {sentence}")
        values = {name: float(array[index]) for name, array in self.values.items()}
        return self.curves.curve(index, values)

    def plot(self, voxel: int | tuple[int, ...]) -> "Figure":
        """A matplotlib figure of one curve: samples, fit, residuals, parameters with errors.

        Parameters
        ----------
        voxel
            Index into the grid: a number for a list of curves, else a tuple.

        Raises
        ------
        IndexError, ValueError
            As `curve` does.

        Examples
        --------
        >>> fit_curves(concentration, t, cp).plot(3).savefig("curve.png")  # doctest: +SKIP
        """
        from gadmap.data.plots import fit_figure

        return fit_figure(self, voxel)

    def _repr_html_(self) -> str:
        from gadmap.data.plots import fit_html

        return fit_html(self)


@dataclass(frozen=True, eq=False, kw_only=True)
class ParameterMaps:
    """Parameter maps of an examination.

    `maps["ktrans"]` is the array of a quantity (x, y, z), NaN where `valid` is false.

    Attributes
    ----------
    values
        Quantity name to map, in the unit of `gadmap.quantities.QUANTITIES`.
    standard_error
        Quantity name to map of its standard error, same unit; may be empty.
    valid
        True where the voxel was estimated.
    reason
        A `Reason` for each voxel.
    affine
        Voxel index to patient millimetres, RAS+ as in NIfTI.
    estimator
        Who estimated: "least-squares", a network's name, "truth" for a phantom.
    model
        Name of the kinetic model; empty where there is none, as for descriptors.
    settings
        What the estimator was set to, for the report: bounds, weights.
    """

    values: Mapping[str, Float[np.ndarray, "x y z"]]
    standard_error: Mapping[str, Float[np.ndarray, "x y z"]]
    valid: Bool[np.ndarray, "x y z"]
    reason: UInt8[np.ndarray, "x y z"]
    affine: Float[np.ndarray, "4 4"]
    estimator: str
    model: str
    settings: Mapping[str, object]

    def __post_init__(self) -> None:
        freeze(self, "valid", "reason", "affine")
        freeze_arrays_of(self, "values", "standard_error")

    @property
    def method(self) -> str:
        """What was estimated by whom, for a line of text: "tofts by least-squares"."""
        return f"{self.model} by {self.estimator}" if self.model else self.estimator

    @property
    def grid(self) -> tuple[int, int, int]:
        """Number of voxels along x, y, z."""
        x, y, z = self.valid.shape
        return x, y, z

    def __getitem__(self, name: str) -> np.ndarray:
        return lookup(self.values, name)

    def plot(
        self,
        names: str | Sequence[str] | None = None,
        slices: Sequence[int] | None = None,
        exam: "Exam | None" = None,
    ) -> "Figure":
        """A matplotlib figure: a row for each map, a column for each slice, colour bars.

        Voxels are clear that do not enhance above noise or whose data do not determine the map:
        at an upper bound, or with a standard error above half of the colours' range. Colours run
        over the same range in every examination.

        Parameters
        ----------
        names
            Map or maps to draw; all parameters by default.
        slices
            Indices along z; by default up to six where most enhances.
        exam
            What the maps were estimated from, to draw them over its anatomy.

        Raises
        ------
        KeyError, ValueError
            If there is no such map or slice, or the exam has another grid.

        Examples
        --------
        >>> maps.plot(["ktrans", "ve"], exam=exam).savefig("maps.png")  # doctest: +SKIP
        """
        from gadmap.data.plots import maps_figure

        return maps_figure(self, names, slices, exam)

    def to_xarray(self) -> "xr.Dataset":
        """All maps, standard errors (`ktrans_se`) and reasons as an xarray data set.

        Dimensions x, y, z, with positions [mm] where the axes run with the patient's; units,
        descriptions and lexicon codes as attributes.

        Raises
        ------
        ImportError
            If xarray is not installed.
        """
        from gadmap.data.tables import maps_dataset

        return maps_dataset(self)

    def to_dataframe(
        self, labels: "np.ndarray | Mapping[str, np.ndarray] | None" = None
    ) -> "pd.DataFrame":
        """A pandas table of regions, or of voxels.

        Parameters
        ----------
        labels
            Whole numbers (x, y, z), 0 for background, or region name to mask (x, y, z). Gives a
            row for each region and quantity: voxels, valid ones, mean, sd, median, quartiles, 5th
            and 95th percentile, median standard error. Without it, a row for each voxel estimated.

        Raises
        ------
        ImportError
            If pandas is not installed.
        ValueError
            If labels lie on another grid, are no whole numbers, or all 0.

        Examples
        --------
        >>> maps.to_dataframe({"tumour": tumour}).query("quantity == 'ktrans'")  # doctest: +SKIP
        """
        from gadmap.data.tables import region_table, voxel_table

        return voxel_table(self) if labels is None else region_table(self, labels)

    def _repr_html_(self) -> str:
        from gadmap.data.plots import maps_html

        return maps_html(self)


def lookup(values: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    """The array of that name; KeyError says which there are."""
    if name not in values:
        raise KeyError(f"no map of {name!r} here; there are {', '.join(values)}")
    return values[name]
