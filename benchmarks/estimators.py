"""Error to the truth: the exact fit, after denoising, and the networks, on scenes and heads.

No scene or head here was used in training, choosing or calibrating. Values are of ktrans.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from scipy.ndimage import gaussian_filter

import gadmap
from curves import table
from gadmap.phantoms import PRIORS, patient_case, phantom_of
from gadmap.phantoms.scene import Scene, SceneChoices, scene
from gadmap.phantoms.scene_maps import SceneMaps
from strange import strange
from truth import (
    EXACT,
    LEAST,
    NOISES,
    SEED,
    Errors,
    Estimate,
    fit,
    gathered,
    of_scenes,
    smoothed_by_nlm,
    smoothed_by_tv,
)

PATIENTS_SEED = 77_777
RIDER = {"frames": 80, "step": 4.762, "jitter": 0.0}  # what fcsa-net can be used on

KINDS: dict[str, tuple[SceneChoices, str]] = {
    "T1 exact": (EXACT, "tofts"),
    "T1 error 7 %": (replace(EXACT, t10_error=0.07), "tofts"),
    "no point spread": (replace(EXACT, point_spread=0.0), "tofts"),
    "plasma share": (replace(EXACT, model="extended-tofts"), "extended-tofts"),
    "two-compartment exchange": (replace(EXACT, model="exchange"), "extended-tofts"),
    "40 frames, 10 s": (replace(EXACT, frames=40, step=10.0), "tofts"),
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=24, help="of each kind and noise; 0 for none")
    parser.add_argument("--patients", type=int, default=10, help="heads; 0 for none")
    parser.add_argument("--weights", default="fcsa-net-guided", help="of the guided network")
    parser.add_argument("--only", nargs="*", default=list(TABLES), choices=list(TABLES))
    options = parser.parse_args()
    guided = partial(gadmap.estimate, estimator=options.weights)
    for name in options.only if options.scenes else ():
        TABLES[name](options.scenes, guided)
    if options.patients:
        patients(options.patients, guided)


def kinds(count: int, guided: Estimate) -> None:
    """Scenes of every kind and noise, with what is known to denoise them."""
    rows, covers, biases = [], [], []
    for kind, (choices, model) in KINDS.items():
        for noise in NOISES:
            made = [scene((SEED, k), replace(choices, noise=noise)) for k in range(count)]
            estimators = {"fit": fit(model), "tv": smoothed_by_tv(model)}
            estimators["nlm"] = smoothed_by_nlm(model)
            at = of_scenes(made, estimators, guided)
            first = kind if noise == NOISES[0] else ""
            ratios = [at.ratio("tv"), at.ratio("nlm"), at.ratio("guided")]
            ratios.append(at.ratio("guided", at.sane()))
            ratios.append(at.ratio_by_exam("guided", at.sane()))
            medians = (f"{at.relative(name):.1%}" for name in at.found)
            told = (f"{ratio:.2f}" for ratio in ratios)
            rows.append((first, f"{noise:g}", f"{at.rmse('fit'):.4f}", *told, *medians))
            covers.append((first, f"{noise:g}", f"{at.covered().mean():.3f}"))
            if noise == 0.05:
                biases.append((kind, *(f"{bias:+.1%}" for bias in decile_bias(at))))
    names = ("fit", "TV", "NLM", "guided")
    table(
        f"ktrans, {count} scenes each: error to the truth; ratios to the exact fit",
        ("", "noise", "fit RMSE", *names[1:], "guided*", "by scene*", *names),
        rows,
    )
    print(
        "*: without voxels whose fit is above 1.5 1/min; by scene: geometric mean of the scenes' "
        "own ratios. Last four: median relative error."
    )
    table("90 % interval of the guided network holds", ("", "noise", "share"), covers)
    deciles = tuple(str(k + 1) for k in range(10))
    table("Mean bias of the guided network at noise 0.05, by decile", ("", *deciles), biases)


def decile_bias(at: Errors) -> list[float]:
    """Mean error over the mean truth in each tenth of the voxels with uptake."""
    truth, found = at.truth, at.found["guided"]
    return [float((found[p] - truth[p]).mean() / truth[p].mean()) for p in at.deciles()]


def cover(count: int, guided: Estimate) -> None:
    """The 90 % interval in scenes of the training's kind, by noise and decile of ktrans."""
    rows = []
    for noise in NOISES:
        made = [scene((SEED, 3, k), SceneChoices(noise=noise)) for k in range(2 * count)]
        at = of_scenes(made, {}, guided)
        inside = at.covered()
        shares = [inside.mean(), *(inside[part].mean() for part in at.deciles())]
        rows.append((f"{noise:g}", *(f"{share:.2f}" for share in shares)))
    deciles = tuple(str(k + 1) for k in range(10))
    table("90 % interval holds, any scene, by decile of ktrans", ("noise", "all", *deciles), rows)


def bad_input(count: int, guided: Estimate) -> None:
    """Arterial input measured badly and T1 off by 15 % everywhere, and what of it a prior mends."""
    rows = []
    for noise in NOISES:
        made = [_badly((SEED, 4, k), noise) for k in range(2 * count)]
        learned = _line([_badly((SEED, 5, k), noise) for k in range(2 * count)])

        def shrunken(exam: gadmap.Exam, line: np.ndarray = learned) -> gadmap.ParameterMaps:
            maps = gadmap.estimate(exam, "tofts")
            logarithm = np.log(maps["ktrans"] + LEAST)
            values = np.clip(np.exp(np.polyval(line, logarithm)) - LEAST, 0, None)
            return replace(maps, values={**maps.values, "ktrans": values.astype(np.float32)})

        at = of_scenes(made, {"fit": fit("tofts"), "prior": shrunken}, guided)
        names = ("prior", "guided")
        told = (f"{at.ratio(name, at.sane()):.2f}" for name in names)
        medians = (f"{at.relative(name):.1%}" for name in at.found)
        rows.append(
            (f"{noise:g}", f"{at.rmse('fit'):.4f}", *told, *medians, f"{at.covered().mean():.3f}")
        )
    table(
        "Input measured badly, T1 off by 15 %: RMSE* over the exact fit's with the same inputs",
        ("noise", "fit RMSE", "prior", "guided", "fit", "prior", "guided", "90 % holds"),
        rows,
    )
    print("prior: the line through log fit and log truth of other such scenes.")


def _badly(seed: tuple[int, ...], noise: float) -> Scene:
    made = scene(seed, replace(EXACT, noise=noise, input_error=True))
    factor = 1.15 if seed[-1] % 2 else 0.85
    t10 = (made.exam.t10 * factor).astype(np.float32)
    t10_se = (0.15 * t10).astype(np.float32)  # of each voxel's own, and with flip angles of all
    exam = replace(made.exam, t10=t10, t10_se=t10_se, b1_error=0.075)
    return replace(made, exam=exam)


def _line(scenes: list[Scene]) -> np.ndarray:
    """Slope and intercept of log truth over log fit."""
    pairs = []
    for one in scenes:
        maps = gadmap.estimate(one.exam, "tofts")
        known = maps.valid & (one.truth["ktrans"] > LEAST)
        pairs.append(np.log(np.stack([maps["ktrans"][known], one.truth["ktrans"][known]]) + LEAST))
    found, truth = np.concatenate(pairs, axis=1)
    return np.polyfit(found, truth, 1)


def frames(count: int, guided: Estimate) -> None:
    """The same tissue and artery in 84 frames 4.8 s apart and in 40, off their places, 10 s."""
    rows = []
    for noise in NOISES:
        found = []
        for step, number, jitter in ((4.8, 84, 0.0), (10.0, 40, 0.3)):
            kind = replace(EXACT, noise=noise, step=step, frames=number, jitter=jitter)
            made = [scene((SEED, 6, k), kind) for k in range(count)]
            found.append(of_scenes(made, {"fit": fit("tofts")}, guided))
        errors = {name: [at.rmse(name, at.sane()) for at in found] for name in ("fit", "guided")}
        few = [f"{sparse / dense - 1:+.0%}" for dense, sparse in errors.values()]
        medians = [f"{at.relative('guided'):.1%}" for at in found]
        rows.append((f"{noise:g}", *few, *medians))
    table(
        "From 84 frames 4.8 s apart to 40 jittered ones 10 s apart: RMSE* changes by",
        ("noise", "fit", "guided", "guided, 4.8 s: median", "10 s"),
        rows,
    )


def lesions(count: int, guided: Estimate) -> None:
    """Lesions of 2 × 2 voxels with twice the ktrans, behind the point spread: contrast kept."""
    squares = np.zeros((32, 32))
    for x in range(4, 32, 8):
        for y in range(4, 32, 8):
            squares[x : x + 2, y : y + 2] = 1
    risen = gaussian_filter(squares, 0.8)

    def with_lesions(maps: SceneMaps) -> SceneMaps:
        ktrans = np.minimum(maps.ktrans * (1 + risen / risen.max()), 6 * maps.ve)
        return replace(maps, ktrans=ktrans)

    inside, around = squares > 0, (gaussian_filter(squares, 2.0) > 0.01) & (risen < 0.05)
    rows = []
    for noise in NOISES:
        kept: dict[str, list[float]] = {"fit": [], "tv": [], "guided": []}
        for k in range(count):
            made = scene((SEED, 7, k), replace(EXACT, noise=noise), tissue_of=with_lesions)
            truth = made.truth["ktrans"][..., 0]
            maps = {
                "fit": gadmap.estimate(made.exam, "tofts"),
                "tv": smoothed_by_tv("tofts")(made.exam),
                "guided": guided(made.exam),
            }
            true = _contrasts(truth, inside, around)
            for name, each in maps.items():
                found = _contrasts(each["ktrans"][..., 0], inside, around)
                shown = (true > LEAST) & np.isfinite(found)
                kept[name].extend(found[shown] / true[shown])
        rows.append((f"{noise:g}", *(f"{np.median(values):.2f}" for values in kept.values())))
    table("Contrast kept of lesions of 4 voxels, median", ("noise", "fit", "TV", "guided"), rows)


def _contrasts(ktrans: np.ndarray, inside: np.ndarray, around: np.ndarray) -> np.ndarray:
    """Mean in each lesion less that around it, in tiles of 8 × 8 voxels."""

    def means(where: np.ndarray) -> np.ndarray:
        tiles = np.where(where, ktrans, np.nan).reshape(4, 8, 4, 8)
        return np.nanmean(tiles, axis=(1, 3)).ravel()

    return means(inside) - means(around)


def without_input(count: int, guided: Estimate) -> None:
    """Against fcsa-net, which sees the signal alone, under plasma curves of several heights."""
    rows = []
    for height in (1.0, 0.5, 2.0):
        for noise in NOISES:
            kind = replace(EXACT, noise=noise, height=height, **RIDER)
            made = [scene((SEED, 8, k), kind) for k in range(count)]
            made = [replace(m, exam=replace(m.exam, mask_source="auto")) for m in made]
            at = of_scenes(made, {"fit": fit("tofts"), "fcsa-net": fit("fcsa-net")}, guided)
            sane = at.sane()
            rows.append(
                (
                    f"{height:g}" if noise == NOISES[0] else "",
                    f"{noise:g}",
                    *(f"{at.rmse(name, sane):.4f}" for name in at.found),
                    f"{at.rmse('fcsa-net', sane) / at.rmse('guided', sane):.1f}",
                )
            )
    table(
        "RMSE* 1/min in frames as fcsa-net knows them",
        ("height", "noise", "fit", "fcsa-net", "guided", "times lower"),
        rows,
    )


def patients(count: int, guided: Estimate) -> None:
    """Heads of wide priors, with T1 and arterial input measured on them."""
    cases = [
        patient_case(PATIENTS_SEED, k, priors=PRIORS["wide"], matrix=128) for k in range(count)
    ]
    pairs = []
    for case in cases:
        made = phantom_of(case)
        exam = gadmap.prepare(made.exam.series, vfa=made.vfa, aif="auto")
        pairs.append((exam, made.truth["ktrans"]))
    at = gathered(pairs, {"fit": fit("tofts"), "fcsa-net": fit("fcsa-net")}, guided)
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
    inside = at.covered()
    print(f"90 % interval: {inside.mean():.3f}, where above 0.02 {inside[enhancing].mean():.3f}")


TABLES: dict[str, Callable[[int, Estimate], None]] = {
    "kinds": kinds,
    "cover": cover,
    "bad_input": bad_input,
    "frames": frames,
    "lesions": lesions,
    "without_input": without_input,
    "strange": strange,
}

if __name__ == "__main__":
    main()
