"""Maps that need no arterial input and no kinetic model: areas, peak, slopes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float

from gadmap.data import CurveDescriptors, Exam, ParameterMaps, Reason
from gadmap.data.frozen import require_rising
from gadmap.estimators.by_slab import collected
from gadmap.physics.descriptors import (
    AREAS,
    FRAMES_FOR_NOISE,
    SampleNoise,
    curve_noise,
    described,
    windows,
)
from gadmap.physics.voxels import ConcentrationSlab, signal_and_slope
from gadmap.quantities import TTP, WASHOUT

DESCRIPTORS = "descriptors"


@dataclass(frozen=True)
class Descriptors:
    """Description of each voxel's concentration, without a kinetic model.

    Needs T1, measured or assumed, for the concentration; an arterial input only for the areas over
    the blood's, which are given where one was asked for.

    Attributes
    ----------
    progress
        Called with the number of voxels done and of all in the mask.
    """

    progress: Callable[[int, int], None] | None = None

    needs_concentration: ClassVar[bool] = True
    needs_arterial_input: ClassVar[bool] = False

    def estimate(self, exam: Exam) -> ParameterMaps:
        """Maps of every voxel in the mask of `exam`; NaN elsewhere, with a reason.

        One arrival of contrast serves all voxels.
        """
        t, aif, arrival = exam.series.t, exam.aif, arrival_of(exam)
        blood = None if aif.stand_in else np.interp(t, aif.t, aif.plasma) * (1 - exam.hct)

        def of_slab(slab: ConcentrationSlab) -> CurveDescriptors:
            noise = _exam_noise(exam, slab) if t.size >= FRAMES_FOR_NOISE else None
            return _description(slab.concentration, t, arrival, exam.baseline_frames, blood, noise)

        found = collected(exam, of_slab, self.progress)
        return found.maps(
            exam,
            estimator=DESCRIPTORS,
            model="",
            settings={
                "arrival_s": arrival,
                "bounds": {TTP.name: (0.0, float(t[-1] - arrival))},
                "remarks": tuple(_remarks(exam, arrival)),
            },
        )


def describe_curves(
    concentration: Float[np.ndarray, "*grid time"],
    t: Float[np.ndarray, " time"],
    *,
    arrival: float,
    baseline_frames: int,
    cb: Float[np.ndarray, " time"] | None = None,
) -> CurveDescriptors:
    """What describes each curve without a kinetic model.

    Areas over the 60, 90 and 120 s after `arrival` that the series lasts are exact for a curve that
    is linear between its samples. The peak is the highest sample after the frames before contrast:
    noise makes it higher than the true one, and the slopes with it, so these have no standard
    error. A curve with a sample that is not finite gets NaN, `valid` false, and its reason.

    Parameters
    ----------
    concentration
        Tissue concentration [mmol/L], time last; float32 or float64, the results have its type.
        Its zero is the mean of the frames before contrast.
    t
        Times of the samples [s], rising; need not be even.
    arrival
        When the contrast agent arrives [s], on the clock of `t`.
    baseline_frames
        Number of frames before that.
    cb
        Concentration in whole arterial blood [mmol/L] at `t`, plasma times (1 - haematocrit), for
        areas over the blood's; None for none of these.

    Returns
    -------
    CurveDescriptors
        `found["iauc60"]` [mmol/L·s] and so on, `found["peak"]` [mmol/L], `found["ttp"]` [s],
        `found["washin"]` and `found["washout"]` [mmol/L/s], shaped like `concentration` without
        time; `found["iauc60bn"]` where there is a `cb`. `found.standard_error` has those of the
        areas, in series of 24 frames or more. A curve that is highest in its last frame has no
        washout: NaN, and its reason is that its time to peak is at the bound.

    Raises
    ------
    ValueError
        If shapes disagree, times do not rise, or contrast does not arrive between the last frame
        before it and the next.

    Examples
    --------
    >>> found = describe_curves(concentration, t, arrival=31.5, baseline_frames=6)
    >>> found["iauc60"], found.standard_error["iauc60"]
    """
    _check(concentration, t, arrival, baseline_frames, cb)
    curves = concentration.reshape(-1, t.size)
    noise = None
    if t.size >= FRAMES_FOR_NOISE:
        even = curve_noise(torch.tensor(curves, dtype=torch.float64), torch.tensor(t).double())
        even = even[:, None].expand(-1, t.size)
        noise = SampleNoise(own=even, shared=even)
    found = _description(curves, t, arrival, baseline_frames, cb, noise)
    grid = concentration.shape[:-1]

    def shaped(named: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: values.reshape(grid) for name, values in named.items()}

    return CurveDescriptors(
        values=shaped(found.values),
        standard_error=shaped(found.standard_error),
        valid=found.valid.reshape(grid),
        reason=found.reason.reshape(grid),
    )


def _description(
    curves: Float[np.ndarray, "voxel time"],
    t: Float[np.ndarray, " time"],
    arrival: float,
    baseline_frames: int,
    blood: Float[np.ndarray, " time"] | None,
    noise: SampleNoise | None,
) -> CurveDescriptors:
    """Descriptors of the rows, and their reasons."""
    with torch.inference_mode():
        samples = torch.tensor(curves, dtype=torch.float64)
        values, errors, enhances = described(
            samples,
            torch.tensor(t, dtype=torch.float64),
            arrival,
            baseline_frames,
            None if blood is None else torch.tensor(blood, dtype=torch.float64),
            noise,
        )
        finite = torch.isfinite(samples).all(dim=1).numpy()
    reason = np.zeros(len(finite), np.uint8)
    reason[np.isnan(values[WASHOUT.name].numpy())] = Reason.AT_BOUND
    if enhances is not None:
        reason[~enhances.numpy()] = Reason.NO_ENHANCEMENT
    reason[~finite] = Reason.NOT_FINITE

    def known(named: Mapping[str, torch.Tensor]) -> dict[str, np.ndarray]:
        return {
            name: np.where(finite, found.numpy(), np.nan).astype(curves.dtype)
            for name, found in named.items()
        }

    return CurveDescriptors(
        values=known(values), standard_error=known(errors), valid=finite, reason=reason
    )


def _exam_noise(exam: Exam, slab: ConcentrationSlab) -> SampleNoise:
    """Noise of the signal, which is as large in all frames, as it comes into the concentration.

    Concentration goes with the signal over its baseline, so noise in that counts the more the more
    a sample is enhanced.
    """
    signal, slope = signal_and_slope(exam, slab.voxels)
    own = slope * curve_noise(signal, torch.tensor(exam.series.t).double())[:, None]
    before = signal[:, : exam.baseline_frames].mean(dim=1, keepdim=True)
    return SampleNoise(own=own, shared=own * signal / before)


def arrival_of(exam: Exam) -> float:
    """When contrast arrives [s]; the last frame before it where no more is known."""
    return float(exam.series.t[exam.baseline_frames - 1]) if exam.arrival is None else exam.arrival


def _check(
    concentration: np.ndarray,
    t: np.ndarray,
    arrival: float,
    baseline_frames: int,
    cb: np.ndarray | None,
) -> None:
    if concentration.ndim < 1 or concentration.shape[-1] != t.size:
        raise ValueError(
            f"concentration has shape {concentration.shape}, t {t.shape}; expected time last and "
            "the same times. Is time the first axis?"
        )
    if concentration.dtype not in (np.float32, np.float64):
        raise ValueError(f"concentration is {concentration.dtype}; expected float32 or float64")
    require_rising(t, "t")
    if cb is not None and (cb.shape != t.shape or not np.isfinite(cb).all() or cb.max() <= 0):
        raise ValueError(
            f"cb has shape {cb.shape}; expected {t.shape}, finite and above 0 somewhere. "
            "Is it the blood's curve?"
        )
    if not 1 <= baseline_frames < t.size:
        raise ValueError(
            f"{baseline_frames} frames before contrast; expected 1 to {t.size - 1} of {t.size}"
        )
    first, last = t[baseline_frames - 1], t[baseline_frames]
    if not first <= arrival <= last:
        raise ValueError(
            f"contrast arrives at {arrival:g} s; expected {first:g} to {last:g} s, between the "
            f"frames {baseline_frames - 1} and {baseline_frames}. Is it on another clock?"
        )


def _remarks(exam: Exam, arrival: float) -> list[str]:
    """Sentences for the reader."""
    t = exam.series.t
    counted = (
        f"Descriptors are counted from {arrival:.1f} s, when contrast arrives anywhere, in every "
        "voxel; peak and slopes are those of the highest sample, which noise raises."
    )
    sentences = [counted]
    lasting = windows(torch.tensor(t), arrival)
    if len(lasting) < len(AREAS):
        missing = ", ".join(f"{length:g}" for length in AREAS if length not in lasting)
        sentences.append(
            f"No area over {missing} s: the series ends {t[-1] - arrival:.0f} s after contrast "
            "arrives."
        )
    if t.size < FRAMES_FOR_NOISE:
        sentences.append(
            f"No standard errors and no test for enhancement: {t.size} frames do not tell their "
            f"noise, {FRAMES_FOR_NOISE} would."
        )
    if exam.aif.stand_in:
        sentences.append(
            "No areas over those of arterial blood: an arterial input would have to be asked for."
        )
    return sentences
