"""What the fit leaves over: where, and when."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from jaxtyping import Bool, Float

from gadmap.data import Exam, ParameterMaps
from gadmap.data.walk import thinned
from gadmap.evaluation.curves import driving_curve, measured_curves
from gadmap.evaluation.fitted_curves import fitted_curves

_MOST_VOXELS = 6000
_A_PIECE = 1 << 12
_FEWEST_VOXELS = 50
_FIRST_PASS = 40.0  # s after the arrival of contrast
_NOTED = 0.1  # of the variance, and
_TIMES_CHANCE = 2.0  # the share that noise alone gives
_FEW_FRAMES = 3


class Pattern(Enum):
    """What the strongest common course of the residuals looks like."""

    NOISE = "noise"
    FIRST_PASS = "first pass"  # noqa: S105
    FRAMES = "single frames"
    STEP = "step"
    WAVE = "wave"
    OTHER = "other"


@dataclass(frozen=True, eq=False, kw_only=True)
class ResidualCourse:
    """Residuals over time, each voxel's divided by its own root mean square.

    Attributes
    ----------
    t
        Time since the first frame [s].
    spread
        Root mean square over the voxels in each frame; 1 everywhere for even noise.
    common
        The course that voxels share most, the first principal component: its sign is that of most
        voxels, its root mean square that of what it explains.
    share
        Of all variance that `common` explains.
    by_chance
        That share where there is nothing but noise.
    pattern
        What `common` looks like.
    frames
        The frames that say so: those of the first pass, the single ones, the one before a step.
    voxels
        How many voxels were looked at.
    """

    t: Float[np.ndarray, " time"]
    spread: Float[np.ndarray, " time"]
    common: Float[np.ndarray, " time"]
    share: float
    by_chance: float
    pattern: Pattern
    frames: tuple[int, ...]
    voxels: int


def residual_course(
    exam: Exam, maps: ParameterMaps, where: Bool[np.ndarray, "x y z"]
) -> ResidualCourse | None:
    """Residuals of the voxels of `where` over time; None where these are fewer than 50.

    Of many voxels, some thousand evenly chosen ones are looked at.
    """
    voxels = thinned(where, _MOST_VOXELS)
    residual = _residuals(exam, maps, voxels)
    size = np.sqrt(np.mean(residual**2, axis=1, keepdims=True))
    residual = (residual / np.where(size > 0, size, np.nan))[np.isfinite(residual).all(axis=1)]
    residual = residual[np.isfinite(residual).all(axis=1)]
    if len(residual) < _FEWEST_VOXELS:
        return None
    variance, courses = np.linalg.eigh(residual.T @ residual / len(residual))
    frames = variance.size
    share = float(variance[-1] / variance.sum())
    sign = np.sign((residual @ courses[:, -1]).mean()) or 1.0
    common = sign * courses[:, -1] * np.sqrt(variance[-1])
    by_chance = float((1 + np.sqrt(frames / len(residual))) ** 2 / frames)
    pattern, shown = Pattern.NOISE, ()
    if share > max(_NOTED, _TIMES_CHANCE * by_chance):
        pattern, shown = pattern_of(common, exam.series.t, exam.baseline_frames)
    return ResidualCourse(
        t=exam.series.t - exam.series.t[0],
        spread=np.sqrt(np.mean(residual**2, axis=0)),
        common=common,
        share=share,
        by_chance=by_chance,
        pattern=pattern,
        frames=shown,
        voxels=len(residual),
    )


def structure_map(
    exam: Exam, maps: ParameterMaps, where: Bool[np.ndarray, "x y z"]
) -> Float[np.ndarray, "x y z"]:
    """Residual over noise in the voxels of `where`, NaN elsewhere.

    The root mean square of the residuals over their noise, which successive differences tell: 1
    where they are noise, more where neighbouring frames err together.

    References
    ----------
    von Neumann et al., Ann Math Stat 1941;12:153-162: the mean square successive difference.
    """
    structure = np.full(where.shape, np.nan, dtype=np.float32)
    voxels = np.argwhere(where)
    for start in range(0, len(voxels), _A_PIECE):
        piece = voxels[start : start + _A_PIECE]
        residual = _residuals(exam, maps, piece)
        noise = np.mean(np.diff(residual, axis=1) ** 2, axis=1) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            structure[tuple(piece.T)] = np.sqrt(np.mean(residual**2, axis=1) / noise)
    return structure


def pattern_of(
    common: Float[np.ndarray, " time"], t: Float[np.ndarray, " time"], baseline_frames: int
) -> tuple[Pattern, tuple[int, ...]]:
    """What a course looks like, and the frames that say so.

    Most of its energy in the first pass; one change between neighbours that is more than twice any
    other after that, for a fit turns a step into a sawtooth; most of its energy in three frames;
    neighbours that go together.
    """
    energy = common**2 / np.sum(common**2)
    first_pass = (np.arange(t.size) >= baseline_frames - 1) & (
        t <= t[baseline_frames] + _FIRST_PASS
    )
    if energy[first_pass].sum() > 0.5:
        return Pattern.FIRST_PASS, tuple(np.flatnonzero(first_pass).tolist())
    step = _step(common, ~first_pass & (np.arange(t.size) >= baseline_frames))
    if step is not None:
        return Pattern.STEP, (step,)
    strongest = np.argsort(energy)[::-1][:_FEW_FRAMES]
    if energy[strongest].sum() > 0.5:
        return Pattern.FRAMES, tuple(sorted(strongest.tolist()))
    neighbours = common[1:] @ common[:-1] / (common @ common)
    return (Pattern.WAVE if neighbours > 0.5 else Pattern.OTHER), ()


def _step(common: Float[np.ndarray, " time"], late: Bool[np.ndarray, " time"]) -> int | None:
    """The frame before the one change that stands out; a fault of one frame changes twice."""
    frames = np.flatnonzero(late)
    changes = np.abs(np.diff(common[frames]))
    if changes.size <= _FEW_FRAMES:
        return None
    order = np.argsort(changes)
    before_last = order[-1] == changes.size - 1
    stands_out = changes[order[-1]] > 2 * changes[order[-2]]
    return int(frames[order[-1]]) if stands_out and not before_last else None


def _residuals(exam: Exam, maps: ParameterMaps, voxels: np.ndarray) -> np.ndarray:
    fitted = fitted_curves(exam, maps, driving_curve(exam, maps), voxels)
    return measured_curves(exam, voxels).astype(np.float64) - fitted
