"""What a reader of the maps should know, in plain words: each sentence by a rule on the data."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from gadmap.data import Exam, ParameterMaps, Reason
from gadmap.data.walk import thinned
from gadmap.evaluation.bolus_sampling import bolus_sampling
from gadmap.evaluation.curves import enhancing, fits_curves, has_curves, measured_curves
from gadmap.evaluation.model_shares import LITTLE, model_shares, simple_sentence
from gadmap.evaluation.residuals import Pattern, ResidualCourse, residual_course
from gadmap.preparation.native import HIGH_FIELD

_FEW_BASELINE = 3
_SHORT = 180.0  # s after the arrival of contrast
_PEAK = (2.0, 25.0)  # mmol/L plasma; the published population curves peak between 7 and 11
_SAMPLING_ERROR = 0.02
_T1_ERROR = 0.15
_SHARE_AT_BOUND = 0.2
_SHARE_TOO_HIGH = 0.01
_SHIFT = 0.1
_PROBED = 200


@dataclass(frozen=True, eq=False, kw_only=True)
class Findings:
    """What looking at an examination and its maps brought to light.

    Attributes
    ----------
    cautions
        What a reader should know, a sentence each.
    course
        Residuals over time; None where the maps come from no curves, or from too few.
    """

    cautions: tuple[str, ...]
    course: ResidualCourse | None


def findings(exam: Exam, maps: ParameterMaps) -> Findings:
    """What to know about these maps; nothing where they come from the signal alone."""
    if not fits_curves(maps):
        return Findings(cautions=(), course=None)
    course = residual_course(exam, maps, enhancing(maps)) if has_curves(maps) else None
    of_exam = exam_cautions(exam, kinetic=bool(maps.model))
    cautions = (*of_exam, *map_cautions(maps, course))
    return Findings(cautions=cautions, course=course)


def exam_cautions(exam: Exam, kinetic: bool = True) -> Iterator[str]:
    """Sentences on what was measured: input, baseline, length, T1 and flip angles.

    For maps that come from concentration; a network that sees the signal alone has its own. What
    only matters to a kinetic model is left out where the maps are not `kinetic`.
    """
    yield from _of_baseline(exam)
    if not exam.aif.stand_in:
        yield from _of_input_height(exam)
    if kinetic:
        if not exam.aif.stand_in:
            yield from _of_input_origin(exam)
        yield from _of_length(exam)
    yield from _of_t1(exam)


def map_cautions(maps: ParameterMaps, course: ResidualCourse | None) -> Iterator[str]:
    """Sentences on the result: reasons that are frequent, residuals with a pattern."""
    yield from _of_reasons(maps)
    yield from _of_models(maps)
    if course is not None:
        yield from _of_residuals(course)


def _of_baseline(exam: Exam) -> Iterator[str]:
    frames = exam.baseline_frames
    if frames < _FEW_BASELINE:
        yield (
            f"Only {frames} frame{'s' if frames > 1 else ''} before contrast: noise in the "
            "baseline shifts a voxel's whole curve up or down."
        )


def _of_input_height(exam: Exam) -> Iterator[str]:
    plasma = np.interp(exam.series.t, exam.aif.t, exam.aif.plasma)
    peak = float(plasma.max())
    low, high = _PEAK
    if not low <= peak <= high:
        side, cause, effect = (
            ("low", "partial volume, inflow or saturation", "high")
            if peak < low
            else ("high", "a wrong T1 of blood, noise or a wrong relaxivity", "low")
        )
        yield (
            f"The arterial input peaks at {peak:.2g} mmol/L in plasma, which is {side} for a bolus "
            f"({low:g} to {high:g}): {cause}? What is measured against it, as ktrans "
            f"and vp, would be {effect} by the same factor."
        )


def _of_input_origin(exam: Exam) -> Iterator[str]:
    measured = exam.aif.t.size <= exam.series.t.size
    if measured:
        sampling = bolus_sampling(exam)
        if abs(sampling.worst) > _SAMPLING_ERROR:
            count = sampling.frames_at_peak
            side = "low" if sampling.worst < 0 else "high"
            yield (
                f"The arterial peak is sampled by {count} frame{'s' if count > 1 else ''}: ktrans "
                f"may be {abs(sampling.worst):.0%} {side} ({sampling.low:+.0%} to "
                f"{sampling.high:+.0%} for a bolus simulated on these frame times)."
            )
    if not exam.aif.voxels.size and exam.aif.source.startswith(("parker", "georgiou", "weinmann")):
        yield (
            "The arterial input is a population's: its height is not this patient's, and ktrans "
            "and vp err by the same factor the other way."
        )


def _of_length(exam: Exam) -> Iterator[str]:
    seconds = float(exam.series.t[-1] - exam.series.t[exam.baseline_frames])
    if seconds < _SHORT:
        yield (
            f"The series ends {seconds:.0f} s after the arrival of contrast: where exchange is "
            f"slower than that, kep below {60 / seconds:.2g} 1/min, ve is hardly determined."
        )


def _of_t1(exam: Exam) -> Iterator[str]:
    inside = exam.mask & np.isfinite(exam.t10) & (exam.t10 > 0)
    if not inside.any():
        return
    if exam.t10_source.startswith("assumed"):
        change = _change(exam, inside, t10=1 + _SHIFT)
        yield (
            f"T1 is assumed: where it is truly {_SHIFT:.0%} longer, concentrations are "
            f"{change:+.0%}, and all that scales with them."
        )
    noise = float(np.median(exam.t10_se[inside] / exam.t10[inside]))
    if noise > _T1_ERROR:
        yield (
            f"T1 is noisy: its standard error is {noise:.0%} of it in the median voxel, and "
            "concentrations err as much."
        )
    field = exam.series.acquisition.field_strength
    if exam.b1_source.startswith("assumed") and field is not None and field >= HIGH_FIELD:
        from_flips = "flip" in exam.t10_source
        change = _change(exam, inside, b1=1 - _SHIFT, t10=(1 - _SHIFT) ** -2 if from_flips else 1.0)
        yield (
            f"Flip angles are taken as nominal at {field:.3g} T: where they are truly {_SHIFT:.0%} "
            f"lower, concentrations are {change:+.0%}."
        )


def _change(exam: Exam, inside: np.ndarray, b1: float = 1.0, t10: float = 1.0) -> float:
    """Relative change of the concentrations if flip angles or T1 are truly so many times as large.

    T1 from flip angles goes with the inverse square of B1, as small angles do.
    """
    voxels = thinned(inside, _PROBED)
    true = replace(exam, b1=exam.b1 * b1, t10=exam.t10 * t10)
    after = slice(exam.baseline_frames, None)
    used, wanted = (
        np.abs(measured_curves(one, voxels)[:, after].mean(axis=1)) for one in (exam, true)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.nanmedian(wanted / used) - 1)


def _of_reasons(maps: ParameterMaps) -> Iterator[str]:
    inside = maps.reason != Reason.OUTSIDE_MASK
    total = max(1, int(inside.sum()))
    too_high = float((maps.reason == Reason.SIGNAL_TOO_HIGH).sum() / total)
    if too_high > _SHARE_TOO_HIGH:
        yield (
            f"{too_high:.0%} of the voxels have a signal that no concentration can give: is the "
            "flip angle, TR or T1 wrong?"
        )
    drawn = enhancing(maps)
    if not drawn.any():
        yield "No voxel enhances above noise: was contrast agent given, and is the onset right?"
        return
    bound = float((maps.reason[drawn] == Reason.AT_BOUND).mean())
    if bound > _SHARE_AT_BOUND:
        yield (
            f"In {bound:.0%} of the voxels that enhance a parameter ended at its bound: their data "
            "do not determine it; the reason map shows where."
        )


def _of_models(maps: ParameterMaps) -> Iterator[str]:
    found = model_shares(maps)
    if found is not None and found.not_enough > LITTLE:
        yield f"{simple_sentence(found)} The map of the best model shows where."


def _of_residuals(course: ResidualCourse) -> Iterator[str]:
    """What the strongest common course of the residuals says."""
    share = f"{course.share:.0%} of what the fit leaves over goes together between voxels"
    chance = f"(noise alone: {course.by_chance:.0%})"
    frames = ", ".join(str(k) for k in course.frames)
    sentences = {
        Pattern.FIRST_PASS: f"{share} {chance}, most of it in the first pass: the model lacks the "
        "plasma in the vessels or the delay of the input. Try --compare usual or --fit-delay.",
        Pattern.FRAMES: f"{share} {chance}, most of it in frame {frames}: did the head move, or "
        "did the scanner falter there?",
        Pattern.STEP: f"{share} {chance} and steps after frame {frames}: did the receiver's gain "
        "change, or did the head come to rest elsewhere?",
        Pattern.WAVE: f"{share} {chance} and comes in a wave: motion, drift, or a model that does "
        "not suit. Compare --motion.",
        Pattern.OTHER: f"{share} {chance}, in no pattern that would say why.",
    }
    if course.pattern in sentences:
        yield sentences[course.pattern]
