"""Native T1 and the transmit field: measured, given or assumed."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Bool, Float

from gadmap.data import DceSeries, FlipAngleSeries
from gadmap.preparation.t10 import flip_angle_t10

ASSUMED_T10 = 1.4
"""Native T1 [s] where none was measured: between grey matter, tumour and blood at 1.5 T."""

HIGH_FIELD = 2.5
"""Field strength [T] from where flip angles err by tens of percent."""

_LONGEST_T10 = 20.0
_USUAL_B1 = (0.2, 3.0)
_SAME_PLACE_MM = 0.05
_B1_ERROR, _B1_ERROR_HIGH = 0.04, 0.1


@dataclass(frozen=True, eq=False, kw_only=True)
class NativeT1:
    """Native T1 [s] with its standard error, and where it came from.

    `measured` is false where one number stands for all voxels.
    """

    t10: Float[np.ndarray, "x y z"]
    t10_se: Float[np.ndarray, "x y z"]
    source: str
    measured: bool


def native_t10(
    series: DceSeries,
    vfa: FlipAngleSeries | None,
    t10: float | Float[np.ndarray, "_ _ _"] | None,
    b1: Float[np.ndarray, "x y z"] | None,
    inside: Bool[np.ndarray, "x y z"],
) -> NativeT1:
    """T1 of the flip angles, of a map or number given, or assumed.

    Raises
    ------
    ValueError
        If both are given, the grids differ, or T1 has the size of another unit.
    """
    if vfa is not None:
        if t10 is not None:
            raise ValueError("both flip angles and a T10 were given; expected one of them")
        _require_same_grid(series, vfa)
        values, errors = flip_angle_t10(vfa, b1, inside)
        if not np.isfinite(values[inside]).any():
            raise ValueError(
                "the flip-angle volumes give no voxel a T1; expected a spoiled gradient echo with "
                "signal at every angle. Is a volume empty, or of another sequence?"
            )
        angles = {f"{np.degrees(a.flip_angle):.4g}" for a in vfa.acquisitions}
        source = f"{len(angles)} flip angles ({', '.join(sorted(angles, key=float))} degrees)"
        return NativeT1(t10=values, t10_se=errors, source=source, measured=True)
    if isinstance(t10, np.ndarray):
        values = _checked_map(series, t10)
        errors = np.where(np.isfinite(values), 0, np.nan).astype(np.float32)
        return NativeT1(t10=values, t10_se=errors, source="given map", measured=True)
    value = ASSUMED_T10 if t10 is None else float(t10)
    if not 0 < value <= _LONGEST_T10:
        raise ValueError(
            f"t10 is {value:g} s; expected above 0, to {_LONGEST_T10:g} s. Is it in ms?"
        )
    return NativeT1(
        t10=np.full(series.grid, value, dtype=np.float32),
        t10_se=np.zeros(series.grid, dtype=np.float32),
        source=f"{'assumed' if t10 is None else 'given'} {value:g} s",
        measured=False,
    )


def transmit_field(
    b1: Float[np.ndarray, "x y z"] | None, grid: tuple[int, int, int]
) -> tuple[Float[np.ndarray, "x y z"], str]:
    """Actual over nominal flip angle, and where it came from.

    Raises
    ------
    ValueError
        If it is on another grid or has the size of another unit.
    """
    if b1 is None:
        return np.ones(grid, dtype=np.float32), "assumed 1"
    if b1.shape != grid:
        raise ValueError(
            f"B1 map has shape {b1.shape}; expected {grid}, the series' grid. "
            "Was it resampled to the series?"
        )
    positive = b1[np.isfinite(b1) & (b1 > 0)]
    usual = float(np.median(positive)) if positive.size else 0.0
    low, high = _USUAL_B1
    if not low <= usual <= high:
        raise ValueError(
            f"B1 map has a median of {usual:g}; expected actual over nominal flip angle, near 1. "
            "Is it in percent or degrees?"
        )
    return np.where(np.isfinite(b1) & (b1 > 0), b1, np.nan).astype(np.float32), "given map"


def usual_b1_error(series: DceSeries, b1: Float[np.ndarray, "_ _ _"] | None) -> float:
    """Relative error of a map given, taken as exact, or of who assumes 1 at the series' field.

    The field is uneven by tens of percent at 3 T and by a few at 1.5 T; where nobody tells the
    field, the larger is assumed.
    """
    if b1 is not None:
        return 0.0
    field = series.acquisition.field_strength
    return _B1_ERROR if field is not None and field < HIGH_FIELD else _B1_ERROR_HIGH


def _require_same_grid(series: DceSeries, vfa: FlipAngleSeries) -> None:
    if vfa.signal.shape[:3] != series.grid:
        raise ValueError(
            f"flip-angle volumes are on a grid of {vfa.signal.shape[:3]} voxels, the dynamic "
            f"series of {series.grid}; expected the same. Are they of the same examination?"
        )
    ends = [(0, n - 1) for n in series.grid]
    corners = np.array([(*corner, 1) for corner in product(*ends)]).T
    apart = np.abs((vfa.affine - series.affine) @ corners)[:3].max()
    if apart > _SAME_PLACE_MM:
        raise ValueError(
            f"flip-angle volumes lie up to {apart:.3g} mm beside the dynamic series; expected the "
            "same place. Did the patient's table or the planning move?"
        )


def _checked_map(series: DceSeries, t10: Float[np.ndarray, "_ _ _"]) -> Float[np.ndarray, "x y z"]:
    if t10.shape != series.grid:
        raise ValueError(
            f"T10 map has shape {t10.shape}; expected {series.grid}, the series' grid. "
            "Was it resampled to the series?"
        )
    values = np.where(np.isfinite(t10) & (t10 > 0), t10, np.nan).astype(np.float32)
    positive = values[np.isfinite(values)]
    if not positive.size:
        raise ValueError("T10 map holds no T1 above 0; expected seconds. Is it the right file?")
    usual = float(np.median(positive))
    if usual > _LONGEST_T10:
        raise ValueError(f"T10 map has a median of {usual:g} s; expected seconds. Is it in ms?")
    return values
