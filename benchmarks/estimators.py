"""Error to the truth: the exact fit, after denoising, and the guided network, on scenes and heads.

No scene or head here was used in training, choosing or calibrating. Values are of ktrans.
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from skimage.restoration import denoise_tv_chambolle

import gadmap
from curves import table
from gadmap.data import Exam, ParameterMaps
from gadmap.estimators.exam_signs import exam_signs
from gadmap.phantoms import PRIORS, patient_case, phantom_of
from gadmap.phantoms.scene import SceneChoices, scene

NOISES = (0.007, 0.02, 0.05, 0.1, 0.2)
SEED, PATIENTS_SEED = 900_001, 77_777
LEAST = 0.005  # 1/min; relative errors below it mean little
STRAY = 1.5  # 1/min; a fit that runs to its bound governs any mean of squares
TV_WEIGHTS = (0.05, 0.1, 0.2)  # in units of the noise times ten

EXACT = SceneChoices(
    point_spread=0.8, t10_error=0.0, model="tofts", input_error=False, b1_error=False
)
KINDS: dict[str, tuple[SceneChoices, str]] = {
    "T1 exact": (EXACT, "tofts"),
    "T1 error 7 %": (replace(EXACT, t10_error=0.07), "tofts"),
    "no point spread": (replace(EXACT, point_spread=0.0), "tofts"),
    "plasma share": (replace(EXACT, model="extended-tofts"), "extended-tofts"),
    "40 frames, 10 s": (replace(EXACT, frames=40, step=10.0), "tofts"),
}


@dataclass(frozen=True)
class Errors:
    """ktrans of several examinations beside its truth, where all estimators have a value."""

    truth: np.ndarray
    found: Mapping[str, np.ndarray]
    error: np.ndarray  # standard error of the network

    def rmse(self, name: str, where: np.ndarray | None = None) -> float:
        """Root mean square error [1/min]."""
        kept = slice(None) if where is None else where
        return float(np.sqrt(np.mean(np.square(self.found[name] - self.truth)[kept])))

    def relative(self, name: str) -> float:
        """Median relative error where there is uptake."""
        told = self.truth > LEAST
        return float(np.median(np.abs(self.found[name][told] / self.truth[told] - 1)))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=32, help="of each kind and noise; 0 for none")
    parser.add_argument("--patients", type=int, default=3, help="heads; 0 for none")
    options = parser.parse_args()
    if options.scenes:
        scenes(options.scenes)
        strange(options.scenes)
    if options.patients:
        patients(options.patients)


def scenes(count: int) -> None:
    """Scenes of every kind and noise."""
    rows, covers, biases = [], [], []
    for kind, (choices, model) in KINDS.items():
        for noise in NOISES:
            made = [scene((SEED, k), replace(choices, noise=noise)) for k in range(count)]
            at = gathered(
                [(one.exam, one.truth["ktrans"]) for one in made],
                {
                    "fit": lambda exam, m=model: gadmap.estimate(exam, m),
                    "denoised": denoised(model),
                },
            )
            sane = at.found["fit"] < STRAY
            rows.append(
                (
                    kind if noise == NOISES[0] else "",
                    f"{noise:g}",
                    f"{at.rmse('fit'):.4f}",
                    f"{at.rmse('denoised') / at.rmse('fit'):.2f}",
                    f"{at.rmse('guided') / at.rmse('fit'):.2f}",
                    f"{at.rmse('guided', sane) / at.rmse('fit', sane):.2f}",
                    *(f"{at.relative(n):.1%}" for n in ("fit", "denoised", "guided")),
                )
            )
            away = np.abs(at.found["guided"] - at.truth) < 1.645 * at.error
            covers.append((kind if noise == NOISES[0] else "", f"{noise:g}", f"{away.mean():.3f}"))
            if noise == 0.05:
                biases.append((kind, *(f"{bias:+.1%}" for bias in decile_bias(at))))
    table(
        f"ktrans, {count} scenes each: error to the truth; ratios to the exact fit",
        (
            "", "noise", "fit RMSE", "denoised", "guided", "guided*", "fit", "denoised", "guided",
        ),
        rows,
    )  # fmt: skip
    print(
        f"*: without voxels whose fit is above {STRAY:g} 1/min. Last three: median relative error."
    )
    table("90 % interval of the guided network holds", ("", "noise", "share"), covers)
    table(
        "Mean bias of the guided network at noise 0.05, by decile of ktrans",
        ("", *(str(k + 1) for k in range(10))),
        biases,
    )


def decile_bias(at: Errors) -> list[float]:
    """Mean error over the mean truth in each tenth of the voxels with uptake."""
    told = at.truth > LEAST
    truth, found = at.truth[told], at.found["guided"][told]
    order = np.array_split(np.argsort(truth), 10)
    return [float((found[part] - truth[part]).mean() / truth[part].mean()) for part in order]


def strange(count: int) -> None:
    """How well examinations whose physics is not what it is taken for are told from usual ones."""
    usual = [exam_signs(scene((SEED, 1, k)).exam).shared for k in range(count)]
    rows = []
    for name, spoil in SPOILT.items():
        found = [
            exam_signs(spoil(scene((SEED, 1, k)).exam, scene((SEED, 2, k)).exam)).shared
            for k in range(count)
        ]
        above = np.greater.outer(found, usual) + 0.5 * np.equal.outer(found, usual)
        rows.append((name, f"{np.median(found):.2f}", f"{above.mean():.2f}"))
    table(
        f"What residuals have in common, {count} scenes each; usual ones {np.median(usual):.2f}",
        ("", "median", "area under the curve"),
        rows,
    )


def _with_signal(exam: Exam, signal: np.ndarray) -> Exam:
    samples = np.clip(signal, 0, None).astype(np.float32)
    return replace(exam, series=replace(exam.series, signal=samples))


def _with_plasma(exam: Exam, plasma: np.ndarray) -> Exam:
    return replace(exam, aif=replace(exam.aif, plasma=plasma))


def _unsteady(exam: Exam, other: Exam) -> Exam:  # noqa: ARG001 (as the others)
    gain = 1 + 0.2 * np.random.default_rng(0).standard_normal(exam.series.t.size)
    return _with_signal(exam, exam.series.signal * gain)


def _moved(exam: Exam, other: Exam) -> Exam:  # noqa: ARG001
    half = exam.series.t.size // 2
    moved = np.roll(exam.series.signal, 3, axis=0)[..., half:]
    return _with_signal(exam, np.concatenate([exam.series.signal[..., :half], moved], axis=-1))


def _wrong_angle(exam: Exam, other: Exam) -> Exam:  # noqa: ARG001
    acquisition = exam.series.acquisition
    wrong = replace(acquisition, flip_angle=1.5 * acquisition.flip_angle)
    return replace(exam, series=replace(exam.series, acquisition=wrong))


def _another_input(exam: Exam, other: Exam) -> Exam:
    return _with_plasma(exam, np.interp(exam.series.t, other.series.t, other.aif.plasma))


def _late_input(exam: Exam, other: Exam) -> Exam:  # noqa: ARG001
    t = exam.series.t
    return _with_plasma(exam, np.interp(t - 10, t, exam.aif.plasma))


SPOILT: dict[str, Callable[[Exam, Exam], Exam]] = {
    "input of another examination": _another_input,
    "input 10 s late": _late_input,
    "unsteady gain, 20 %": _unsteady,
    "second half moved by 3 voxels": _moved,
    "flip angle wrong by half": _wrong_angle,
}


def patients(count: int) -> None:
    """Heads of wide priors, with T1 and arterial input measured on them."""
    cases = [
        patient_case(PATIENTS_SEED, k, priors=PRIORS["wide"], matrix=192) for k in range(count)
    ]
    pairs = []
    for case in cases:
        made = phantom_of(case)
        exam = gadmap.prepare(made.exam.series, vfa=made.vfa, aif="auto")
        pairs.append((exam, made.truth["ktrans"]))
    at = gathered(
        pairs,
        {
            "fit": lambda exam: gadmap.estimate(exam, "tofts"),
            "fcsa-net": lambda exam: gadmap.estimate(exam, "fcsa-net"),
        },
    )
    enhancing = at.truth > 0.02
    rows = [
        (
            name,
            f"{at.rmse(name):.4f}",
            f"{at.rmse(name, enhancing):.4f}",
            f"{at.relative(name):.1%}",
        )
        for name in at.found
    ]
    table(
        f"ktrans of {count} heads, {at.truth.size:,} voxels: error to the truth",
        ("", "RMSE 1/min", "where above 0.02", "median relative"),
        rows,
    )


def gathered(
    pairs: list[tuple[Exam, np.ndarray]],
    estimators: Mapping[str, Callable[[Exam], ParameterMaps]],
) -> Errors:
    """Every estimator, the guided network with them, on every examination."""
    truths, errors = [], []
    found: dict[str, list[np.ndarray]] = {name: [] for name in (*estimators, "guided")}
    for exam, truth in pairs:
        maps = {name: estimator(exam) for name, estimator in estimators.items()}
        maps["guided"] = gadmap.estimate(exam, "fcsa-net-guided")
        usable = np.isfinite(truth)
        for each in maps.values():
            usable &= each.valid
        truths.append(truth[usable])
        errors.append(maps["guided"].standard_error["ktrans"][usable])
        for name, each in maps.items():
            found[name].append(each["ktrans"][usable])
    joined = {name: np.concatenate(parts) for name, parts in found.items()}
    return Errors(np.concatenate(truths), joined, np.concatenate(errors))


def denoised(model: str) -> Callable[[Exam], ParameterMaps]:
    """The exact fit after total-variation denoising, all frames of a slice as channels.

    The weight is the one of `TV_WEIGHTS` that serves this examination best by its residual: the
    largest whose change stays below the noise that the frames before contrast show.
    """

    def estimate(exam: Exam) -> ParameterMaps:
        signal = exam.series.signal.astype(np.float64)
        noise = float(np.median(signal[..., : exam.baseline_frames].std(axis=-1, ddof=1)))
        smooth = signal
        for weight in TV_WEIGHTS:
            tried = np.stack(
                [
                    denoise_tv_chambolle(signal[:, :, z], weight * 10 * noise, channel_axis=-1)
                    for z in range(signal.shape[2])
                ],
                axis=2,
            )
            if np.sqrt(np.mean(np.square(tried - signal))) > noise:
                break
            smooth = tried
        quiet = np.clip(smooth, 0, None).astype(np.float32)
        return gadmap.estimate(replace(exam, series=replace(exam.series, signal=quiet)), model)

    return estimate


if __name__ == "__main__":
    main()
