"""Crude rules to convolve a sampled plasma curve with an exponential, and Tofts fits by them.

gadmap's own rule is used as every user does. These are how a convolution is often written, and live
here alone, to be compared with.
"""

from collections.abc import Callable

import numpy as np

LOG_KEP = np.linspace(np.log(0.01), np.log(50), 400)
"""Rates [1/min] that are scanned for the lowest sum of squares before it is polished."""
NEAR = 1e-3

Rule = Callable[[np.ndarray, float, float, float], np.ndarray]
"""Decay over a step, its length [min], the samples before and after it, to what the step adds."""


def trapezium(decay: np.ndarray, step: float, before: float, after: float) -> np.ndarray:
    """The trapezium rule on the frames themselves."""
    return step / 2 * (decay * before + after)


def rectangle(decay: np.ndarray, step: float, before: float, after: float) -> np.ndarray:  # noqa: ARG001
    """The discrete sum: each sample times the step before it."""
    return np.full_like(decay, step * after)


RULES: dict[str, Rule] = {"trapezium": trapezium, "rectangle": rectangle}


def convolved(rule: Rule, t: np.ndarray, plasma: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Plasma curve convolved with exp(-rate t) by a rule; `t` [s], `rate` [1/min], (rate, time)."""
    steps = np.diff(t) / 60
    values = [np.zeros_like(rate)]
    for step, before, after in zip(steps, plasma[:-1], plasma[1:], strict=True):
        decay = np.exp(-rate * step)
        values.append(decay * values[-1] + rule(decay, step, before, after))
    return np.stack(values, axis=1)


def tofts_by_rule(
    rule: Rule, curves: np.ndarray, t: np.ndarray, plasma: np.ndarray
) -> dict[str, np.ndarray]:
    """Least squares of the Tofts model whose convolution follows a rule: ktrans [1/min] and ve.

    ktrans is linear and solved for; the rate is the best of the scan, twice moved to the top of the
    parabola through it and its neighbours.
    """
    table = convolved(rule, t, plasma, np.exp(LOG_KEP))
    gain = (curves @ table.T) ** 2 / np.square(table).sum(axis=1)
    best = np.clip(gain.argmax(axis=1), 1, LOG_KEP.size - 2)
    around = np.take_along_axis(gain, best[:, None] + [-1, 0, 1], axis=1)
    place = LOG_KEP[best] + _top(around) * (LOG_KEP[1] - LOG_KEP[0])
    near = [_gain(rule, curves, t, plasma, place + NEAR * side) for side in (-1, 0, 1)]
    kep = np.exp(place + NEAR * _top(np.stack(near, axis=1)))
    column = convolved(rule, t, plasma, kep)
    ktrans = (column * curves).sum(axis=1) / np.square(column).sum(axis=1)
    return {"ktrans": ktrans, "ve": ktrans / kep}


def _gain(
    rule: Rule, curves: np.ndarray, t: np.ndarray, plasma: np.ndarray, log_kep: np.ndarray
) -> np.ndarray:
    """What the best amplitude takes off each curve's sum of squares, at a rate of its own."""
    column = convolved(rule, t, plasma, np.exp(log_kep))
    return (column * curves).sum(axis=1) ** 2 / np.square(column).sum(axis=1)


def _top(values: np.ndarray) -> np.ndarray:
    """Where the parabola through three values side by side is highest, in steps from the middle."""
    left, middle, right = values.T
    bend = left - 2 * middle + right
    return np.where(bend < 0, np.clip((left - right) / (2 * bend), -1, 1), 0)
