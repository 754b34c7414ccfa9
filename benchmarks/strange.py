"""How well examinations whose physics is not what it is taken for are told from usual ones."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from curves import table
from gadmap.data import Exam
from gadmap.estimators.common_residual import common_residual
from gadmap.phantoms.scene import Scene, scene
from gadmap.phantoms.scene_maps import SceneMaps
from truth import GOOD, SEED, Estimate, with_plasma, with_signal


def strange(count: int, guided: Estimate) -> None:
    """The area under the curve of each sign for each oddity, usual scenes against spoilt ones."""
    usual = [_signs(scene((SEED, 1, k), GOOD).exam, guided) for k in range(count)]
    rows = []
    for name, spoilt in SPOILT.items():
        found = [_signs(spoilt(k), guided) for k in range(count)]
        areas = [
            area([one[sign] for one in found], [one[sign] for one in usual])
            for sign in range(len(SIGNS))
        ]
        rows.append((name, *(f"{a:.2f}" for a in areas)))
    table(f"Area under the curve, {count} scenes each", ("", *SIGNS), rows)
    _plasma_share(count, guided)


SIGNS = ("residuals in common", "unlike")


def _signs(exam: Exam, guided: Estimate) -> tuple[float, float]:
    maps = guided(exam)
    return common_residual(exam), float(np.median(maps["unlike"][maps.valid]))


def area(strange: list[float], usual: list[float]) -> float:
    """How often a strange one stands above a usual one."""
    above = np.greater.outer(strange, usual) + 0.5 * np.equal.outer(strange, usual)
    return float(above.mean())


def _plasma_share(count: int, guided: Estimate) -> None:
    """Whether tissue has plasma, where Tofts' model has none: by vp over its error."""
    found: dict[str, list[float]] = {"tofts": [], "extended-tofts": []}
    for model, values in found.items():
        for k in range(count):
            maps = guided(scene((SEED, 1, k), replace(GOOD, model=model)).exam)
            ratio = maps["vp"] / maps.standard_error["vp"]
            values.append(float(np.quantile(ratio[maps.valid], 0.9)))
    told = area(found["extended-tofts"], found["tofts"])
    print(f"Plasma in the tissue, by the 90 % quantile of vp over its error: {told:.2f}")


def _scene(k: int) -> Scene:
    return scene((SEED, 1, k), GOOD)


def _another_input(k: int) -> Exam:
    exam, other = _scene(k).exam, scene((SEED, 2, k), GOOD).exam
    return with_plasma(exam, np.interp(exam.series.t, other.series.t, other.aif.plasma))


def _late_input(k: int) -> Exam:
    exam = _scene(k).exam
    return with_plasma(exam, np.interp(exam.series.t - 10, exam.series.t, exam.aif.plasma))


def _unsteady(k: int) -> Exam:
    exam = _scene(k).exam
    gain = 1 + 0.2 * np.random.default_rng(k).standard_normal(exam.series.t.size)
    return with_signal(exam, exam.series.signal * gain)


def _moved(k: int) -> Exam:
    exam = _scene(k).exam
    half = exam.series.t.size // 2
    moved = np.roll(exam.series.signal, 3, axis=0)[..., half:]
    return with_signal(exam, np.concatenate([exam.series.signal[..., :half], moved], axis=-1))


def _wrong_angle(k: int) -> Exam:
    exam = _scene(k).exam
    acquisition = exam.series.acquisition
    wrong = replace(acquisition, flip_angle=1.5 * acquisition.flip_angle)
    return replace(exam, series=replace(exam.series, acquisition=wrong))


def _liver(k: int) -> Exam:
    """A quarter of the blood from the artery, the rest 8 s later from the portal vein, spread out.

    Materne et al., Magn Reson Med 2002;47:135-142: dual input.
    """

    def dual(t: np.ndarray, plasma: np.ndarray) -> np.ndarray:
        late = np.arange(0, 60, 1.0)
        spread = np.exp(-late / 12) / np.exp(-late / 12).sum()
        portal = sum(w * np.interp(t - 8 - d, t, plasma) for w, d in zip(spread, late, strict=True))
        return 0.25 * plasma + 0.75 * portal

    return scene((SEED, 1, k), replace(GOOD, model="tofts"), fed_by=dual).exam


def _kidney(k: int) -> Exam:
    """A third to a half of plasma, fast uptake that hardly comes back."""

    def cortex(maps: SceneMaps) -> SceneMaps:
        return replace(maps, vp=0.3 + maps.vp, ktrans=0.3 + 0.5 * maps.ktrans, ve=0 * maps.ve + 1)

    return scene((SEED, 1, k), replace(GOOD, model="extended-tofts"), tissue_of=cortex).exam


SPOILT: dict[str, Callable[[int], Exam]] = {
    "input of another examination": _another_input,
    "input 10 s late": _late_input,
    "unsteady gain, 20 %": _unsteady,
    "second half moved by 3 voxels": _moved,
    "flip angle wrong by half": _wrong_angle,
    "liver: dual input": _liver,
    "kidney: much plasma, filtration": _kidney,
}
