"""Spread of the fit's parameters over draws of noise, beside the least that any estimate can have.

That least is the bound of Cramér and Rao, from Fisher's information of the model at the truth.
"""

from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.figure import Figure

from gadmap import fit_curves
from gadmap.explanation.information import frame_information, sensitivities, standard_errors
from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from validation.study import FIRST, INK, SECOND, THIRD, Study, run_alone, short, table

LEVELS = (0.005, 0.01, 0.02, 0.05, 0.1)  # of the curve's peak
DRAWS = 4000
ONSET, HCT = 30.0, 0.42
FRAMES = {"tofts": (3.0, 100), "extended-tofts": (3.0, 100), "2cxm": (1.5, 200)}
"""Step [s] and number of frames."""
TISSUE = {
    "tofts": {"ktrans": 0.1, "ve": 0.3},
    "extended-tofts": {"ktrans": 0.1, "ve": 0.3, "vp": 0.05},
    "2cxm": {"fp": 25.0, "ps": 0.12, "ve": 0.25, "vp": 0.08},
}
TICKS = (0.2, 0.5, 1, 2, 5, 10, 20)
COLOURS = (FIRST, SECOND, THIRD, INK)


@dataclass(frozen=True)
class Spread:
    """A parameter at one level of noise, all over its true value.

    Attributes
    ----------
    bound
        Standard deviation by Cramér and Rao.
    found
        Standard deviation of the estimates over draws.
    bias
        Mean of the estimates, less the truth.
    told
        Median of the standard errors that the fit itself tells.
    """

    bound: float
    found: float
    bias: float
    told: float


def spreads(model: str, draws: int = DRAWS) -> dict[float, dict[str, Spread]]:
    """Level of noise to each parameter's spread."""
    step, frames = FRAMES[model]
    t, tissue = step * np.arange(frames), TISSUE[model]
    plasma = POPULATION_AIFS["parker"].plasma(torch.tensor(t - ONSET), HCT)
    values = {name: torch.tensor(value, dtype=torch.float64) for name, value in tissue.items()}
    curve = tissue_concentration(KINETIC_MODELS[model], values, torch.tensor(t), plasma).numpy()
    cp = plasma.numpy()
    slopes = sensitivities(model, tissue, t, cp)
    unit = np.random.default_rng(0).standard_normal((draws, frames))
    found = {}
    for level in LEVELS:
        noise = level * float(curve.max())
        bounds = standard_errors(frame_information(slopes, noise).sum(axis=0))
        fit = fit_curves(curve + noise * unit, t, cp, model)
        found[level] = {
            name: Spread(
                bound=float(bound / true),
                found=float(np.std(fit[name], ddof=1) / true),
                bias=float(np.mean(fit[name]) / true - 1),
                told=float(np.nanmedian(fit.standard_error[name]) / true),
            )
            for (name, true), bound in zip(tissue.items(), bounds, strict=True)
        }
    return found


def figure_of(found: dict[str, dict[float, dict[str, Spread]]]) -> Figure:
    """Spread over noise for each model, with the bound as a line."""
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    axes = figure.subplots(1, len(found))
    for one, (model, levels) in zip(axes, found.items(), strict=True):
        noise = [100 * level for level in levels]
        for name, colour in zip(TISSUE[model], COLOURS, strict=False):
            rows = [named[name] for named in levels.values()]
            one.loglog(noise, [100 * row.bound for row in rows], "-", color=colour, lw=1.2)
            one.loglog(
                noise, [100 * row.found for row in rows], "o", color=colour, ms=5, label=name
            )
        one.set_title(model, fontsize=10)
        one.set_xlabel("noise [% of the curve's peak]")
        one.set_xticks(noise, [f"{level:g}" for level in noise])
        one.set_xticks([], minor=True)
        one.set_yticks(TICKS, [f"{tick:g}" for tick in TICKS])
        one.set_yticks([], minor=True)
        one.set_ylim(0.15, 25)
        one.grid(color=INK, alpha=0.12)
        one.legend(frameon=False, fontsize=9)
    axes[0].set_ylabel("standard deviation [% of the truth]")
    return figure


def study() -> Study:
    """The section."""
    found = {model: spreads(model) for model in TISSUE}
    rows = [
        (
            model,
            f"{100 * level:g} %",
            name,
            f"{short(100 * one.bound)} %",
            f"{one.found / one.bound:.3f}",
            f"{one.told / one.bound:.3f}",
            f"{one.bias / one.found:+.3f}",
        )
        for model, levels in found.items()
        for level, named in levels.items()
        for name, one in named.items()
    ]
    head = (
        *("model", "noise", "parameter", "bound"),
        *("spread / bound", "told error / bound", "bias / spread"),
    )
    ratios = [float(row[4]) for row in rows if row[0] != "2cxm"]
    exchange = [float(row[4]) for row in rows if row[0] == "2cxm"]
    quiet = [float(row[4]) for row in rows if row[0] == "2cxm" and float(row[1][:-2]) <= 1]
    about = 1 / np.sqrt(2 * DRAWS)
    text = f"""
{DRAWS:,} draws of Gaussian noise on one tissue of each model, under Parker's arterial curve. No
unbiased estimate can have a smaller standard deviation than the bound of Cramér and Rao, which
follows from the model's derivatives at the truth alone; a ratio of 1 says that nothing of the data
is lost. The ratio itself is uncertain by {about:.1%}, one standard deviation. For Tofts and
extended Tofts it lies between {min(ratios):.3f} and {max(ratios):.3f} at all levels; for the
exchange model between {min(quiet):.3f} and {max(quiet):.3f} up to 1 % of noise and
{min(exchange):.3f} and {max(exchange):.3f} over all levels, for there the model bends within the
noise and the bounds of the parameters begin to hold. *Told error* is the median of the standard
errors that the fit gives with each curve.

{{figure}}

Dots: spread over draws; lines: the bound.

{table(head, rows)}
"""
    words = "Standard deviation of each parameter over noise, on the bound of Cramér and Rao"
    return Study(
        name="noise",
        title="Noise, and the bound of Cramér and Rao",
        text=text,
        figures={words: figure_of(found)},
    )


if __name__ == "__main__":
    run_alone(study)
