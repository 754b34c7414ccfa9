"""What the guided network sees of an examination: the exact fits, their errors, the curves.

Every number is a ratio or a logarithm, so that dose, field and frame times enter through the fits
and their errors alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8

from gadmap.data import CurveFit, Exam, Reason
from gadmap.fitting import fit_curves
from gadmap.fitting.evidence import corrected_akaike
from gadmap.physics.t10_slope import t10_slope
from gadmap.physics.voxels import ConcentrationSlab, over_slabs
from gadmap.quantities import KTRANS, R2, SECONDS_PER_MINUTE, VE, VP

GUIDED = (KTRANS.name, VE.name, VP.name)
"""What a guided network maps."""

FLOORS = {KTRANS.name: 0.002, VE.name: 0.02, VP.name: 0.005}
"""Added before the logarithm: differences far below these are of no interest."""

FEATURES, TOKENS = 28, 6
SHARE = 7
"""Place of the share of the extended model among the features."""

SPREAD = (0.003, 1.5)
"""Least and largest standard error of a logarithm that the network is told."""

_FRAMES_TO_TELL = 5
_UNKNOWN_T10_ERROR = 0.2
_LEAST_MEAN = 0.005  # mmol/L
_SLOPES = (-4.0, 1.0)
_MODELS = ("tofts", "extended-tofts")


@dataclass(frozen=True, eq=False, kw_only=True)
class GuidedInput:
    """An examination as a guided network sees it.

    Attributes
    ----------
    base, spread
        Logarithm of each quantity over its floor, plus one, and its standard error: both fits
        averaged by how well they do. The error holds T1's, B1's and the arterial input's.
    features
        Of each voxel, about -2 to 2; the first is the logarithm of T1, times what an error of it
        does to ktrans.
    curves
        Concentration over what the plasma's area and the fitted ktrans make of it.
    tokens
        Of each frame: when it is, and where the plasma stands.
    usable
        Voxels with a fit.
    reason
        `Reason` of each voxel of the tofts fit.
    """

    base: Float[np.ndarray, "voxel quantity"]
    spread: Float[np.ndarray, "voxel quantity"]
    features: Float[np.ndarray, "voxel feature"]
    curves: Float[np.ndarray, "voxel time"]
    tokens: Float[np.ndarray, "time token"]
    usable: Bool[np.ndarray, " voxel"]
    reason: UInt8[np.ndarray, " voxel"]


def frame_tokens(exam: Exam) -> Float[np.ndarray, "time token"]:
    """What tells the frames of an examination apart."""
    t, plasma = exam.series.t, frame_plasma(exam)
    minutes = (t - t[exam.baseline_frames - 1]) / SECONDS_PER_MINUTE
    area = _areas(t, plasma)
    width = np.gradient(t) / SECONDS_PER_MINUTE
    return np.stack(
        [
            np.clip(minutes / 5, -1, 2),
            np.log1p(np.clip(minutes, 0, None)),
            plasma / plasma.max(),
            area / area[-1],
            np.log(width * 12) / 2,
            (np.arange(t.size) < exam.baseline_frames).astype(float),
        ],
        axis=1,
    ).astype(np.float32)


def frame_plasma(exam: Exam) -> Float[np.ndarray, " time"]:
    """Plasma concentration [mmol/L] at the frames."""
    return np.interp(exam.series.t, exam.aif.t, exam.aif.plasma)


def guided_slabs(exam: Exam) -> Iterator[tuple[np.ndarray, GuidedInput]]:
    """Flat voxels of the mask, some at a time, and what the network sees of them."""
    t, plasma = exam.series.t, frame_plasma(exam)
    tokens = frame_tokens(exam)

    def seen(slab: ConcentrationSlab) -> tuple[np.ndarray, GuidedInput]:
        fits = {model: fit_curves(slab.concentration, t, plasma, model) for model in _MODELS}
        return slab.voxels, _input(exam, slab, fits, plasma, tokens)

    yield from over_slabs(exam, seen)


def _input(
    exam: Exam,
    slab: ConcentrationSlab,
    fits: Mapping[str, CurveFit],
    plasma: Float[np.ndarray, " time"],
    tokens: Float[np.ndarray, "time token"],
) -> GuidedInput:
    simple, extended = (fits[model] for model in _MODELS)
    usable = simple.valid & extended.valid
    t, frames = exam.series.t, exam.series.t.size
    t10 = exam.t10.reshape(-1)[slab.voxels].astype(np.float64)
    with np.errstate(all="ignore"):
        t10_error = _t10_error(exam, slab, t10)
        size = np.abs(slab.concentration).mean(axis=1) + 1e-6
        residual = [np.sqrt(fit.sse / frames) / size + 1e-4 for fit in (simple, extended)]
        share = _share_of_extended(simple, extended, frames)
        values, errors = _logarithms(simple, extended)
        weight = np.stack([1 - share, share])[..., None]
        base = (weight * values).sum(axis=0)
        apart = np.square(values - base)
        variance = (weight * (np.square(errors) + apart)).sum(axis=0)
        slope = _t10_slope(exam, slab)
        beside = np.square(slope * t10_error) + shared_error(exam) ** 2
        spread = np.sqrt(variance + beside[:, None]).clip(*SPREAD)
        from_base = ((values - base) / spread)[..., :2].clip(-3, 3)  # of ktrans and ve
        area = _areas(t, plasma)[-1]
        strength = np.exp(base[:, 0]) * FLOORS[KTRANS.name]
        curves = slab.concentration / (area * strength)[:, None]
        features = np.stack(
            [
                slope * np.log(t10),
                (base[:, 0] - 3) / 2,
                base[:, 1] - 2,
                base[:, 2] - 1,
                *(np.log(spread).T / 2 + 1),
                2 * share - 1,
                np.clip(values[0] - values[1], -2, 2)[:, 0],
                np.clip(values[0] - values[1], -2, 2)[:, 1],
                *from_base.swapaxes(1, 2).reshape(4, -1),
                np.log(errors[0, :, 0].clip(*SPREAD)) / 2 + 1,
                np.log(errors[1, :, 0].clip(*SPREAD)) / 2 + 1,
                np.log(t10_error + 0.01) + 3,
                np.log(t10),
                slope + 1,
                np.full_like(t10, np.log(exam.aif.error + 0.01) + 3),
                np.full_like(t10, np.log(_of_b1(exam) + 0.01) + 3),
                np.log(residual[0]) + 1,
                np.clip(10 * np.log(residual[0] / residual[1]), 0, 4) - 1,
                np.clip(simple[R2.name], -1, 1),
                (simple.reason == Reason.NO_ENHANCEMENT).astype(float),
                (simple.reason == Reason.AT_BOUND).astype(float)
                + (extended.reason == Reason.AT_BOUND),
                np.full_like(t10, np.log(np.median(np.diff(t)) / 5)),
                np.full_like(t10, np.log((t[-1] - t[0]) / 300)),
            ],
            axis=1,
        )
    return GuidedInput(
        base=_filled(base, usable),
        spread=_filled(spread, usable, SPREAD[1]),
        features=_filled(features.clip(-4, 4), usable),
        curves=_filled(curves, usable),
        tokens=tokens,
        usable=usable,
        reason=np.where(slab.reason == Reason.ESTIMATED, simple.reason, slab.reason),
    )


def shared_error(exam: Exam) -> float:
    """Relative error of concentration over input that all voxels share: B1's and the input's."""
    return float(np.hypot(_of_b1(exam), exam.aif.error))


def _of_b1(exam: Exam) -> float:
    """What B1's relative error does to T1 of flip angles and so to concentrations.

    Both go with its square (Deoni, JMRI 2007).
    """
    return 2 * exam.b1_error


def _t10_error(
    exam: Exam, slab: ConcentrationSlab, t10: Float[np.ndarray, " voxel"]
) -> Float[np.ndarray, " voxel"]:
    """Relative standard error of T1; a usual one where nobody knows."""
    if exam.t10_source.startswith("assumed"):
        return np.full_like(t10, _UNKNOWN_T10_ERROR)
    found = exam.t10_se.reshape(-1)[slab.voxels] / t10
    return np.nan_to_num(found, nan=_UNKNOWN_T10_ERROR)


def _t10_slope(exam: Exam, slab: ConcentrationSlab) -> Float[np.ndarray, " voxel"]:
    """What a relative error of T1 does to the mean concentration of each voxel."""
    mean = np.maximum(slab.concentration.mean(axis=1, dtype=np.float64), _LEAST_MEAN)
    acquisition = exam.series.acquisition
    b1 = exam.b1.reshape(-1)[slab.voxels].astype(np.float64)
    slope = t10_slope(
        torch.from_numpy(mean),
        torch.from_numpy(exam.t10.reshape(-1)[slab.voxels].astype(np.float64)),
        torch.from_numpy(acquisition.flip_angle * b1),
        acquisition.tr,
        exam.relaxivity,
    )
    return slope.numpy().clip(*_SLOPES)


def _logarithms(
    simple: CurveFit, extended: CurveFit
) -> tuple[Float[np.ndarray, "2 voxel quantity"], Float[np.ndarray, "2 voxel quantity"]]:
    """Logarithm of each quantity over its floor, plus one, of either fit, and its error."""
    values, errors = [], []
    for fit in (simple, extended):
        for name in GUIDED:
            floor = FLOORS[name]
            value = fit[name] if name in fit.values else np.zeros_like(simple.sse)
            error = fit.standard_error.get(name, np.zeros_like(value))
            values.append(np.log1p(value / floor))
            errors.append(np.nan_to_num(error / (value + floor), nan=SPREAD[1]))
    shape = (2, len(GUIDED), -1)
    stacked = [np.array(found).reshape(shape).swapaxes(1, 2) for found in (values, errors)]
    return stacked[0].astype(np.float64), stacked[1].clip(*SPREAD)


def _share_of_extended(
    simple: CurveFit, extended: CurveFit, frames: int
) -> Float[np.ndarray, " voxel"]:
    """Akaike weight of the extended model (Burnham and Anderson, 2002, section 2.9).

    0 with so few frames that it cannot be told.
    """
    if frames <= _FRAMES_TO_TELL:
        return np.zeros_like(simple.sse, dtype=np.float64)

    def criterion(fit: CurveFit, parameters: int) -> np.ndarray:
        return corrected_akaike(fit.sse.astype(np.float64) + 1e-30, frames, parameters)

    better = 0.5 * (criterion(simple, 2) - criterion(extended, 3))
    return 1 / (1 + np.exp(-np.clip(better, -30, 30)))


def _areas(t: np.ndarray, plasma: np.ndarray) -> Float[np.ndarray, " time"]:
    """Area under the plasma curve up to each frame [mmol/L min]."""
    steps = np.diff(t) / SECONDS_PER_MINUTE * (plasma[1:] + plasma[:-1]) / 2
    return np.concatenate([[0.0], np.cumsum(steps)])


def _filled(values: np.ndarray, usable: np.ndarray, empty: float = 0.0) -> np.ndarray:
    """Single precision, with a number where there is none."""
    filled = np.where(usable[:, None] & np.isfinite(values), values, empty)
    return filled.astype(np.float32)
