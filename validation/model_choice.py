"""Which model is chosen where the truth is known, and what the averaged ktrans is worth."""

from dataclasses import dataclass

import numpy as np
import torch

from gadmap import choose_models
from gadmap.data import ChosenModels
from gadmap.fitting.choice import USUAL_MODELS
from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from validation.study import Study, run_alone, table

TRUTHS = ("tofts", "extended-tofts", "2cxm")
LEVELS = (0.01, 0.03, 0.1)  # of each curve's peak
CURVES = 2000
STEP, FRAMES, ONSET, HCT = 4.8, 65, 37.0, 0.42
LOW = {"ktrans": 0.02, "ve": 0.08, "vp": 0.02, "fp": 10.0, "ps": 0.05}
HIGH = {"ktrans": 0.4, "ve": 0.6, "vp": 0.15, "fp": 60.0, "ps": 0.5}
SURE = 1.96
PAIRS = (("tofts", "extended-tofts"), ("extended-tofts", "2cxm"))


@dataclass(frozen=True)
class Made:
    """Curves without noise [mmol/L] of one model, with their ktrans [1/min], t [s] and plasma."""

    curves: np.ndarray
    ktrans: np.ndarray
    t: np.ndarray
    plasma: np.ndarray


def made(truth: str) -> Made:
    """Curves of log-uniform parameters under Parker's input."""
    rng, model = np.random.default_rng(1), KINETIC_MODELS[truth]
    t = STEP * np.arange(FRAMES)
    plasma = POPULATION_AIFS["parker"].plasma(torch.tensor(t - ONSET), HCT)
    values = {
        q.name: torch.tensor(np.exp(rng.uniform(np.log(LOW[q.name]), np.log(HIGH[q.name]), CURVES)))
        for q in model.parameters
    }
    curves = tissue_concentration(model, values, torch.tensor(t), plasma).numpy()
    every = values | model.derived(*values.values())
    return Made(curves, every["ktrans"].numpy(), t, plasma.numpy())


def chosen(of: Made, level: float) -> ChosenModels:
    """The choice among the usual models for noise of a share of each curve's peak."""
    peak = of.curves.max(axis=1, keepdims=True)
    noise = level * peak * np.random.default_rng(2).standard_normal(of.curves.shape)
    return choose_models(of.curves + noise, of.t, of.plasma, USUAL_MODELS)


def estimates(found: ChosenModels) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Way of estimating to ktrans and its standard error."""
    fits = {name: (found.fits[name], "ktrans") for name in TRUTHS}
    fits |= {"best": (found.fit, "ktrans"), "averaged": (found.fit, "ktrans_averaged")}
    return {
        way: (np.nan_to_num(fit[name]), fit.standard_error[name])
        for way, (fit, name) in fits.items()
    }


def study() -> Study:
    """The section."""
    sets = {truth: made(truth) for truth in TRUTHS}
    choice_rows, value_rows = [], []
    for level in LEVELS:
        runs = {truth: chosen(of, level) for truth, of in sets.items()}
        for truth, found in runs.items():
            counts = np.bincount(found.best, minlength=len(USUAL_MODELS) + 1)[1:] / CURVES
            tests = [f"{100 * (found.p_value[pair] < 0.05).mean():.1f} %" for pair in PAIRS]
            shares = [f"{100 * share:.0f} %" for share in counts]
            choice_rows.append((truth, f"{100 * level:g} %", *shares, *tests))
        for way in ("tofts", "extended-tofts", "2cxm", "best", "averaged"):
            found = [estimates(runs[truth])[way] for truth in TRUTHS]
            value_rows.append((f"{100 * level:g} %", way, *_quality(found, list(sets.values()))))
    text = f"""
{CURVES:,} curves of each of {", ".join(TRUTHS)}, {FRAMES} frames every {STEP:g} s, with noise of a
share of each curve's peak, and what `gadmap map --compare usual` makes of them. Share of the curves
in which each model is chosen by AICc, and share in which an F test refuses a smaller model at 5 %:

{table(("truth", "noise", *USUAL_MODELS, *(f"p < .05, {a} in {b}" for a, b in PAIRS)), choice_rows)}

Where a smaller model is the truth the tests refuse it in less than 5 %, for it lies at the end of a
range. Over the curves of all three: error of ktrans, and share of those whose truth lies within
{SURE:g} standard errors, which should be 95 %:

{table(("noise", "ktrans of", "median error", "rms of log ratio", "covered"), value_rows)}

The best model's own standard error knows nothing of the choice; the averaged one's does, and covers
more. Where noise hides what a curve calls for, both are too small.
"""
    return Study(name="model_choice", title="The choice of the model", text=text)


def _quality(found: list[tuple[np.ndarray, np.ndarray]], sets: list[Made]) -> tuple[str, str, str]:
    """Median relative error, root mean square of the logarithm's, and coverage."""
    values, errors = (np.concatenate([one[k] for one in found]) for k in (0, 1))
    true = np.concatenate([of.ktrans for of in sets])
    ratio = np.log(np.maximum(values, 1e-3) / true)
    return (
        f"{100 * np.median(np.abs(values / true - 1)):.1f} %",
        f"{np.sqrt(np.mean(ratio**2)):.2f}",
        f"{100 * np.mean(np.abs(values - true) < SURE * errors):.0f} %",
    )


if __name__ == "__main__":
    run_alone(study)
