"""A patient as training and evaluation see one: signal on the network's grid, fit and truth."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from gadmap.data import Acquisition, CurveFit, Exam, ParameterMaps, Reason
from gadmap.data.frozen import freeze, freeze_arrays_of, require_shape
from gadmap.estimators.network_input import network_input
from gadmap.networks.frame_grid import FrameGrid
from gadmap.quantities import KTRANS
from gadmap.training.recipe import MAPPED

_BEFORE = 0.5  # share of the slices before the largest
_RELATIVE_ERROR = 0.5
_KTRANS_ERROR = 0.01  # 1/min


@dataclass(frozen=True, eq=False, kw_only=True)
class Patient:
    """Some slices of an examination, made ready for networks.

    Attributes
    ----------
    name
        Of the folder or phantom; no person's.
    signal
        On the network's frame grid, over the examination's scale: about 0 to 1.
    inside
        Voxels of the body, whose signal can be used.
    estimate
        Quantity name to the least-squares map, wherever the fit is valid; NaN elsewhere.
    fit
        The same, NaN also where the fit does not determine the quantity (see `determined`).
    truth
        Quantity name to the true map, NaN outside tissue; None where no truth is known.
    slices
        First slice of the examination that is here, and the one after the last.
    acquisition
        Settings of the dynamic frames.
    """

    name: str
    signal: Float[np.ndarray, "x y z frames"]
    inside: Bool[np.ndarray, "x y z"]
    estimate: Mapping[str, Float[np.ndarray, "x y z"]]
    fit: Mapping[str, Float[np.ndarray, "x y z"]]
    truth: Mapping[str, Float[np.ndarray, "x y z"]] | None
    slices: tuple[int, int]
    acquisition: Acquisition

    def __post_init__(self) -> None:
        grid = self.signal.shape[:3]
        require_shape(self.inside, grid, "inside")
        for maps in (self.estimate, self.fit, self.truth or {}):
            for name, values in maps.items():
                require_shape(values, grid, name)
        freeze(self, "signal", "inside")
        freeze_arrays_of(self, "estimate", "fit")
        if self.truth is not None:
            freeze_arrays_of(self, "truth")

    def target(self, kind: str) -> Mapping[str, Float[np.ndarray, "x y z"]]:
        """The maps to learn: of the "fit" or of the "truth".

        Raises
        ------
        ValueError
            If the truth is asked for and not known.
        """
        if kind == "fit":
            return self.fit
        if self.truth is None:
            raise ValueError(
                f"patient {self.name}: no true maps; mode 'supervised-truth' needs phantoms, else "
                "'supervised-fit'"
            )
        return self.truth


def largest_slices(inside: Bool[np.ndarray, "x y z"], count: int) -> tuple[int, int]:
    """First of `count` slices about the one of largest area, and the one after the last.

    Ten are -5 to +4 of it; near the ends of the volume they shift, and a volume of fewer slices
    gives all.
    """
    area = inside.sum(axis=(0, 1))
    depth = inside.shape[2]
    count = min(count, depth)
    first = int(np.argmax(area)) - int(_BEFORE * count)
    first = min(max(first, 0), depth - count)
    return first, first + count


def only_slices(
    mask: Bool[np.ndarray, "x y z"], slices: tuple[int, int]
) -> Bool[np.ndarray, "x y z"]:
    """The mask in the slices from the first to before the last."""
    kept = np.zeros_like(mask)
    kept[:, :, slice(*slices)] = mask[:, :, slice(*slices)]
    return kept


def patient_of(
    name: str,
    exam: Exam,
    fit: ParameterMaps,
    truth: Mapping[str, Float[np.ndarray, "x y z"]] | None,
    grid: FrameGrid,
    slices: tuple[int, int],
) -> Patient:
    """The slices of an examination with its least-squares maps and, where known, the truth.

    Parameters
    ----------
    name
        Of the folder or phantom; no person's.
    exam, fit
        The examination, and the maps of its fit.
    truth
        Quantity name to the true map, in the quantity's unit.
    grid
        Frames of the network.
    slices
        First slice, and the one after the last.

    Raises
    ------
    ValueError
        If the series does not cover the network's frame grid.
    """
    first, stop = slices
    here = slice(first, stop)
    seen = network_input(exam, grid)
    known = {quantity: determined(fit, quantity)[:, :, here] for quantity in MAPPED}
    estimate = {quantity: fit[quantity][:, :, here].astype(np.float32) for quantity in MAPPED}
    return Patient(
        name=name,
        signal=np.stack([seen.plane(z) for z in range(first, stop)], axis=2),
        inside=seen.body[:, :, here],
        estimate=estimate,
        fit={
            quantity: np.where(known[quantity], values, np.float32(np.nan))
            for quantity, values in estimate.items()
        },
        truth=None
        if truth is None
        else {quantity: truth[quantity][:, :, here].astype(np.float32) for quantity in MAPPED},
        slices=slices,
        acquisition=exam.series.acquisition,
    )


def determined(fit: ParameterMaps | CurveFit, quantity: str) -> Bool[np.ndarray, "*grid"]:
    """Where a least-squares fit tells enough of a quantity to learn from.

    ktrans: wherever the fit is valid and has not run to the top of its box, as in vessels, with a
    standard error of at most half of it or .01 1/min. ve and kep: where the curve enhances, the
    fit meets no bound and the standard error is at most half of the value.
    """
    value = fit[quantity]
    error = fit.standard_error[quantity]
    with np.errstate(invalid="ignore"):
        if quantity == KTRANS.name:
            close = error <= np.maximum(_RELATIVE_ERROR * value, _KTRANS_ERROR)
            return fit.valid & close & (value < KTRANS.bounds[1] * (1 - 1e-3))
        return (fit.reason == Reason.ESTIMATED) & (error <= _RELATIVE_ERROR * value)
