"""Examinations with known truth, the estimators that map them, and how far they are from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from skimage.restoration import denoise_nl_means, denoise_tv_chambolle

import gadmap
from gadmap.data import Exam, ParameterMaps
from gadmap.phantoms.scene import Scene, SceneChoices

NOISES = (0.007, 0.02, 0.05, 0.1, 0.2)
SEED = 900_001
LEAST = 0.005  # 1/min; relative errors below it mean little
STRAY = 1.5  # 1/min; a fit that runs to its bound governs any mean of squares
TV_WEIGHTS = (0.05, 0.1, 0.2)  # in units of the noise times ten
NLM_STRENGTH = 0.8  # times the noise, as scikit-image advises

GOOD = SceneChoices(input_error=False, b1_error=False)
EXACT = replace(GOOD, point_spread=0.8, t10_error=0.0, model="tofts")

Estimate = Callable[[Exam], ParameterMaps]


@dataclass(frozen=True)
class Errors:
    """ktrans of several examinations beside its truth, where all estimators have a value."""

    truth: np.ndarray
    found: Mapping[str, np.ndarray]
    error: np.ndarray  # standard error of the network
    exam: np.ndarray  # its number, of each voxel

    def rmse(self, name: str, where: np.ndarray | None = None) -> float:
        """Root mean square error [1/min]."""
        kept = slice(None) if where is None else where
        return float(np.sqrt(np.mean(np.square(self.found[name] - self.truth)[kept])))

    def ratio(self, name: str, where: np.ndarray | None = None) -> float:
        """Root mean square error over the exact fit's."""
        return self.rmse(name, where) / self.rmse("fit", where)

    def ratio_by_exam(self, name: str, where: np.ndarray) -> float:
        """Geometric mean over the examinations of the ratio in each, where none governs."""
        squares = []
        for each in (name, "fit"):
            away = np.square(self.found[each] - self.truth)[where]
            squares.append(np.bincount(self.exam[where], weights=away))
        some = np.bincount(self.exam[where]) > 0
        return float(np.exp(np.mean(np.log(squares[0][some] / squares[1][some])) / 2))

    def relative(self, name: str) -> float:
        """Median relative error where there is uptake."""
        told = self.truth > LEAST
        return float(np.median(np.abs(self.found[name][told] / self.truth[told] - 1)))

    def sane(self) -> np.ndarray:
        """Voxels whose fit did not run away."""
        return self.found["fit"] < STRAY

    def covered(self) -> np.ndarray:
        """Whether the truth lies in the network's 90 % interval."""
        return np.abs(self.found["guided"] - self.truth) < 1.645 * self.error

    def deciles(self) -> list[np.ndarray]:
        """Places of the voxels with uptake in ten equal parts, from low to high truth."""
        told = np.flatnonzero(self.truth > LEAST)
        return np.array_split(told[np.argsort(self.truth[told])], 10)


def gathered(
    pairs: list[tuple[Exam, np.ndarray]], estimators: Mapping[str, Estimate], guided: Estimate
) -> Errors:
    """Every estimator, the guided network with them, on every examination."""
    truths, errors, numbers = [], [], []
    found: dict[str, list[np.ndarray]] = {name: [] for name in (*estimators, "guided")}
    for number, (exam, truth) in enumerate(pairs):
        maps = {name: estimator(exam) for name, estimator in estimators.items()}
        maps["guided"] = guided(exam)
        usable = np.isfinite(truth)
        for each in maps.values():
            usable &= each.valid
        truths.append(truth[usable])
        numbers.append(np.full(np.count_nonzero(usable), number))
        errors.append(maps["guided"].standard_error["ktrans"][usable])
        for name, each in maps.items():
            found[name].append(each["ktrans"][usable])
    joined = {name: np.concatenate(parts) for name, parts in found.items()}
    return Errors(np.concatenate(truths), joined, np.concatenate(errors), np.concatenate(numbers))


def of_scenes(scenes: list[Scene], estimators: Mapping[str, Estimate], guided: Estimate) -> Errors:
    """The same of scenes."""
    return gathered([(one.exam, one.truth["ktrans"]) for one in scenes], estimators, guided)


def fit(model: str) -> Estimate:
    """The exact fit of a kinetic model."""
    return lambda exam: gadmap.estimate(exam, model)


def smoothed_by_tv(model: str) -> Estimate:
    """The exact fit after total-variation denoising, all frames of a slice as channels.

    The weight is the one of `TV_WEIGHTS` that serves this examination best by its residual: the
    largest whose change stays below the noise that the frames before contrast show.
    """

    def estimate(exam: Exam) -> ParameterMaps:
        signal, noise = exam.series.signal.astype(np.float64), _noise(exam)
        smooth = signal
        for weight in TV_WEIGHTS:
            tried = _by_slice(
                signal,
                lambda one, w=weight: denoise_tv_chambolle(one, w * 10 * noise, channel_axis=-1),
            )
            if np.sqrt(np.mean(np.square(tried - signal))) > noise:
                break
            smooth = tried
        return gadmap.estimate(with_signal(exam, smooth), model)

    return estimate


def smoothed_by_nlm(model: str) -> Estimate:
    """The exact fit after non-local means, all frames of a slice as channels."""

    def estimate(exam: Exam) -> ParameterMaps:
        noise = _noise(exam)

        def quiet(one: np.ndarray) -> np.ndarray:
            return denoise_nl_means(
                one,
                patch_size=3,
                patch_distance=5,
                h=NLM_STRENGTH * noise,
                sigma=noise,
                channel_axis=-1,
            )

        smooth = _by_slice(exam.series.signal.astype(np.float64), quiet)
        return gadmap.estimate(with_signal(exam, smooth), model)

    return estimate


def with_signal(exam: Exam, signal: np.ndarray) -> Exam:
    """The examination with another signal."""
    samples = np.clip(signal, 0, None).astype(np.float32)
    return replace(exam, series=replace(exam.series, signal=samples))


def with_plasma(exam: Exam, plasma: np.ndarray) -> Exam:
    """The examination with another arterial input at its own times."""
    return replace(exam, aif=replace(exam.aif, plasma=plasma))


def _noise(exam: Exam) -> float:
    before = exam.series.signal[..., : exam.baseline_frames].astype(np.float64)
    return float(np.median(before.std(axis=-1, ddof=1)))


def _by_slice(signal: np.ndarray, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    return np.stack([change(signal[:, :, z]) for z in range(signal.shape[2])], axis=2)
