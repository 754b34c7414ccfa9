"""How much ktrans and ve err by the frame step, for three rules of convolution."""

from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.figure import Figure

from gadmap import fit_curves
from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from validation.rules import RULES, tofts_by_rule
from validation.study import FIRST, INK, SECOND, THIRD, Study, run_alone, short, table

STEPS = (0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0)  # s
LENGTH, ONSET = 360.0, 45.0  # s
FINE = 0.02  # s; halved, no curve changes by more than 5e-5 of its peak
SHIFTS = 8
JITTER = 0.25  # of the step, to either side
KTRANS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.35)  # 1/min
VE = (0.01, 0.05, 0.1, 0.2, 0.5)
HCT = 0.42
QUANTITIES = ("ktrans", "ve")
USUAL = 5.0  # s
KEP_CLASSES = {
    "below 0.5": (0, 0.5),
    "0.5 to 2": (0.5, 2),
    "2 to 10": (2, 10),
    "above 10": (10, np.inf),
}  # 1/min
COLOURS = {"exact": FIRST, "trapezium": THIRD, "rectangle": SECOND}


@dataclass(frozen=True)
class Truth:
    """Curves without gaps: times [s], plasma and tissue [mmol/L], and the tissues' parameters."""

    t: np.ndarray
    plasma: np.ndarray
    tissue: np.ndarray
    parameters: dict[str, np.ndarray]


def truth(fine: float = FINE) -> Truth:
    """Parker's curve and Tofts tissues under it, on steps that are as good as none."""
    t = np.arange(0, LENGTH + 2 * STEPS[-1], fine)
    plasma = POPULATION_AIFS["parker"].plasma(torch.tensor(t - ONSET), HCT)
    ktrans, ve = (axis.ravel() for axis in np.meshgrid(KTRANS, VE))
    parameters = {"ktrans": torch.tensor(ktrans), "ve": torch.tensor(ve)}
    model = KINETIC_MODELS["tofts"]
    tissue = tissue_concentration(model, parameters, torch.tensor(t), plasma)
    return Truth(t, plasma.numpy(), tissue.numpy(), {"ktrans": ktrans, "ve": ve})


def frame_times(step: float, shift: float, jitter: np.random.Generator | None) -> np.ndarray:
    """Times of frames that start `shift` steps after 0; with jitter, each off its place."""
    t = step * (shift + np.arange(int(LENGTH / step)))
    if jitter is not None:
        t = np.maximum(t + JITTER * step * jitter.uniform(-1, 1, t.size), 0)
    return t


def errors(made: Truth, t: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """Relative error of each quantity by each rule, from curves and input sampled at `t` alone."""
    plasma = np.interp(t, made.t, made.plasma)
    curves = np.stack([np.interp(t, made.t, curve) for curve in made.tissue])
    fits = {"exact": fit_curves(curves, t, plasma, "tofts").values}
    fits |= {name: tofts_by_rule(rule, curves, t, plasma) for name, rule in RULES.items()}
    return {
        rule: {name: found[name] / made.parameters[name] - 1 for name in QUANTITIES}
        for rule, found in fits.items()
    }


def errors_by_step(*, jittered: bool) -> dict[str, dict[str, np.ndarray]]:
    """Rule and quantity to errors (step, sample), over tissues and places of the bolus."""
    made = truth()
    rng = np.random.default_rng(0) if jittered else None
    found: dict[str, dict[str, list[np.ndarray]]] = {
        rule: {name: [] for name in QUANTITIES} for rule in COLOURS
    }
    for step in STEPS:
        runs = [errors(made, frame_times(step, k / SHIFTS, rng)) for k in range(SHIFTS)]
        for rule, named in found.items():
            for name, rows in named.items():
                rows.append(np.concatenate([run[rule][name] for run in runs]))
    return {rule: {n: np.stack(rows) for n, rows in named.items()} for rule, named in found.items()}


def figure_of(even: dict, jittered: dict) -> Figure:
    """Median of the absolute error over the frame step, and up to the worst as a band."""
    figure = Figure(figsize=(9, 6.4), layout="constrained")
    axes = figure.subplots(2, 2, sharex=True, sharey=True)
    for row, (words, found) in zip(
        axes, (("even frames", even), ("jittered frames", jittered)), strict=True
    ):
        for one, name in zip(row, QUANTITIES, strict=True):
            for rule, colour in COLOURS.items():
                size = 100 * np.abs(found[rule][name])
                one.loglog(STEPS, np.median(size, axis=1), "o-", color=colour, ms=4, label=rule)
                one.fill_between(STEPS, np.median(size, axis=1), size.max(axis=1), color=colour,
                                 alpha=0.12, linewidth=0)  # fmt: skip
            one.set_title(f"{name}, {words}", fontsize=10)
            one.grid(color=INK, alpha=0.12)
            one.set_ylim(1e-3, 300)
    for one in axes[1]:
        one.set_xlabel("frame step [s]")
        one.set_xticks(STEPS, [f"{step:g}" for step in STEPS])
    for row in axes:
        row[0].set_ylabel("error [%]")
    axes[0, 0].legend(frameon=False, fontsize=9)
    return figure


def rows_of(found: dict) -> list[tuple[str, ...]]:
    """A row a step: median and worst error of each quantity by each rule."""
    rows = []
    for place, step in enumerate(STEPS):
        row = [f"{step:g}"]
        for name in QUANTITIES:
            for rule in COLOURS:
                size = np.abs(found[rule][name][place])
                row.append(f"{_percent(np.median(size))} ({_percent(size.max())})")
        rows.append(tuple(row))
    return rows


def _percent(share: float) -> str:
    return short(100 * share) if share < 0.1 else f"{100 * share:.0f}"


def rows_by_rate(found: dict) -> list[tuple[str, ...]]:
    """At the usual step, a row a class of kep: median and worst error of ktrans by each rule."""
    ktrans, ve = np.meshgrid(KTRANS, VE)
    kep = np.tile((ktrans / ve).ravel(), SHIFTS)
    rows = []
    for words, (low, high) in KEP_CLASSES.items():
        within = (kep >= low) & (kep < high)
        sizes = [np.abs(found[rule]["ktrans"][STEPS.index(USUAL)][within]) for rule in COLOURS]
        cells = (f"{_percent(np.median(size))} ({_percent(size.max())})" for size in sizes)
        rows.append((words, *cells))
    return rows


def study() -> Study:
    """The section."""
    even, jittered = errors_by_step(jittered=False), errors_by_step(jittered=True)
    head = ("step [s]", *(f"{name}, {rule}" for name in QUANTITIES for rule in COLOURS))
    rate_head = ("kep [1/min]", *(f"ktrans, {rule}" for rule in COLOURS))
    usual, loose = ({r: _usual(found, r) for r in COLOURS} for found in (even, jittered))
    fast = dict(zip(COLOURS, (cell.split()[0] for cell in rows_by_rate(even)[-1][1:]), strict=True))
    text = f"""
Tissue under Parker's arterial curve is computed on steps of {FINE:g} s, so that nothing is left of
the step; then tissue and arterial curve are sampled at the frames alone, as a scanner does, and
fitted with the Tofts model. No noise, no delay: what errs is the sampling of the bolus, and the
rule by which the convolution is made. *Exact* is gadmap's rule, exact for a plasma curve that is
linear between its samples; *trapezium* and *rectangle* (the discrete sum of samples times the step)
are how it is often written. {SHIFTS} places of the bolus between two frames times
{len(KTRANS) * len(VE)} tissues (ktrans {_listed(KTRANS)} 1/min, ve {_listed(VE)}); jittered frames
lie up to {JITTER:.0%} of the step off their place.

At {USUAL:g} s the median error of ktrans is {usual["exact"]} % by the exact rule,
{usual["trapezium"]} % by trapezia and {usual["rectangle"]} % by rectangles; with jittered frames
{loose["exact"]} %, {loose["trapezium"]} % and {loose["rectangle"]} %. Rectangles err at every step.
Trapezia err as little as the exact rule where exchange is slow against the step, on even frames
even less: a straight line between samples cuts off the top of a smooth bolus, trapezia do not.
Where it is fast (kep above 10 1/min) they err by {fast["trapezium"]} % in the median, the exact
rule by {fast["exact"]} %. And no rule gives back what lies between two frames: where the bolus is
caught by one or two, all three err by tens of percent. gadmap warns of that in the report, with the
figure for the frames at hand.

Median and, in brackets, worst error in percent, even frames:

{table(head, rows_of(even))}

Jittered frames:

{table(head, rows_of(jittered))}

At {USUAL:g} s by the rate of exchange, even frames, then jittered ones:

{table(rate_head, rows_by_rate(even))}

{table(rate_head, rows_by_rate(jittered))}

{{figure}}
"""
    words = "Error of ktrans and ve over the frame step for exact, trapezium and rectangle rules"
    return Study(
        name="sampling",
        title="Frame step and the rule of convolution",
        text=text,
        figures={words: figure_of(even, jittered)},
    )


def _usual(found: dict, rule: str) -> str:
    return _percent(np.median(np.abs(found[rule]["ktrans"][STEPS.index(USUAL)])))


def _listed(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in values)


if __name__ == "__main__":
    run_alone(study)
