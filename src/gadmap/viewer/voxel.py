"""What a click answers: a voxel's curve, every estimate's curve there, parameters and reasons."""

from typing import Any

import numpy as np
from jaxtyping import Int

from gadmap.data import Aif, ParameterMaps, Reason
from gadmap.estimators import REFERENCE_REGION
from gadmap.evaluation.curves import (
    driving_curve,
    fits_curves,
    has_curves,
)
from gadmap.evaluation.fitted_curves import fits_signal, fitted_curves, without_exchange
from gadmap.evaluation.region import MeanCurve, mean_curve, mean_of
from gadmap.viewer.results import Results, Shown

_NO_EXAM = "The results folder does not hold the examination, so there are maps but no curves."
_NO_AIF = "No arterial input in any of the folders, so the model's curve cannot be drawn."
_OF_SIGNAL = "Its curve is that of the fitted signal, read as the measured one is."
_APPARENT = (
    "Without water exchange measured and fitted signal are still read by the formula of fast "
    "exchange: its curve is no concentration, but what that formula makes of its signal."
)
_BORROWED = "Its own arterial input is a stand-in: its curve is drawn with that of {}."


def voxel_answer(results: Results, voxel: tuple[int, int, int]) -> dict[str, Any]:
    """Everything about a voxel (x, y, z), in types that JSON has but for numpy's arrays.

    Raises
    ------
    KeyError
        If there is no such voxel.
    """
    if not all(0 <= i < n for i, n in zip(voxel, results.grid, strict=True)):
        raise KeyError(f"no voxel {voxel}")
    place = np.array([voxel], dtype=np.int64)
    return {
        "voxel": voxel,
        **measured(results, place),
        "estimates": [_estimate(results, one, place) for one in results.shown],
    }


def measured(results: Results, voxels: Int[np.ndarray, "n 3"]) -> dict[str, Any]:
    """Mean curve of the voxels that have one: concentration where T1 and input allow, else signal.

    Keys: `kind`, `unit`, `curve`, `spread` (standard deviation over the voxels, where there are
    several), `counted` (voxels in the mean), and `why` where it is not concentration.
    """
    exam = results.exam
    if exam is None:
        return {"kind": "none", "curve": None, "why": _NO_EXAM}
    why = ""
    if results.aif is None and not any(fits_curves(one.maps) for one in results.shown):
        why = "Signal is shown: without an arterial input the concentration says nothing more."
    else:
        found = mean_curve(exam, voxels)
        if found is not None:
            return {"kind": "concentration", "unit": "mmol/L", **_told(found)}
        why = "No concentration can be computed from this signal; the signal itself is shown."
    signal = exam.series.signal[tuple(voxels.T)]
    return {"kind": "signal", "unit": "a.u.", "why": why, **_told(mean_of(signal))}


def _told(mean: MeanCurve) -> dict[str, Any]:
    spread = mean.spread if mean.counted > 1 else None
    return {"curve": mean.curve, "spread": spread, "counted": mean.counted}


def _estimate(results: Results, one: Shown, place: Int[np.ndarray, "1 3"]) -> dict[str, Any]:
    maps, at = one.maps, tuple(place[0].tolist())
    curve, note = _curve(results, one, place)
    return {
        "reason": Reason(int(maps.reason[at])).sentence,
        "estimated": bool(maps.valid[at]),
        "careful": int(maps.reason[at]) >= Reason.NO_ENHANCEMENT,
        "parameters": {name: _parameter(maps, name, at) for name in maps.values},
        "curve": curve,
        "note": note,
    }


def _parameter(maps: ParameterMaps, name: str, at: tuple[int, ...]) -> dict[str, Any]:
    errors = maps.standard_error
    return {
        "value": float(maps[name][at]),
        "error": float(errors[name][at]) if name in errors else None,
    }


def _curve(
    results: Results, one: Shown, place: Int[np.ndarray, "1 3"]
) -> tuple[np.ndarray | None, str]:
    """The estimate's curve [mmol/L] at the series' times, and what must be said of it."""
    if results.exam is None:
        return None, ""
    if not has_curves(one.maps):
        lack = f"Its maps lack a parameter of the {one.maps.model} model: no curve."
        return None, lack if one.maps.model else ""
    t = results.exam.series.t
    if one.maps.model == REFERENCE_REGION:
        if one.exam is None:
            return None, "Its folder holds no examination, so there is no reference region's curve."
        driving, note = driving_curve(one.exam, one.maps), ""
    else:
        aif, note = curve_input(results, one)
        if aif is None:
            return None, note
        driving = np.interp(t, aif.t, aif.plasma)
    exam = results.exam if one.exam is None else one.exam
    curve = fitted_curves(exam, one.maps, driving, place)[0]
    told = " ".join(filter(None, [note, _said_of(one.maps)]))
    return (curve if np.isfinite(curve).all() else None), told


def _said_of(maps: ParameterMaps) -> str:
    """What a curve is, where it is not the concentration of the maps' model."""
    if not fits_signal(maps):
        return ""
    return _APPARENT if without_exchange(maps) else _OF_SIGNAL


def curve_input(results: Results, one: Shown) -> tuple[Aif | None, str]:
    """The arterial input that an estimate's curve is drawn with, and what must be said of it."""
    if one.maps.model in ("", REFERENCE_REGION):
        return None, ""
    if one.exam is not None and not one.exam.aif.stand_in:
        return one.exam.aif, ""
    if results.aif is None:
        return None, _NO_AIF
    lender = next(s.name for s in results.shown if s.exam is results.exam)
    if one.exam is None:
        return results.aif, f"Its folder holds no examination: its curve is drawn with {lender}'s."
    return results.aif, _BORROWED.format(lender)
