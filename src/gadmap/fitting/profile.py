"""Profiles of the likelihood of one curve's parameters, and their covariance.

A quantity is held at a value and all others are fitted anew; how the sum of squares rises as it
moves away from the optimum tells how far the data let it go, bounds and bends of the model and all.

References
----------
Bates and Watts, Nonlinear Regression Analysis and Its Applications, Wiley 1988, section 6.1.
Venzon and Moolgavkar, Appl Stat 1988;37:87-94.
"""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.special import fdtri
from torch import Tensor

from gadmap.data import Reason
from gadmap.data.likelihood import Interval, Likelihood, Profile
from gadmap.fitting.curves import fit_curves, fitted_box
from gadmap.fitting.held import Coordinates, held_quantity
from gadmap.fitting.levenberg_marquardt import bounded_minimum, slopes
from gadmap.fitting.uncertainty import inverse_normal
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS, Bounds, KineticModel
from gadmap.quantities import DELAY, DISPERSION

LEVELS = (0.68, 0.95)
FACTORS = (0.125, 1.0, 8.0)
"""Of every free parameter at the optimum, for the starts; a delay's are frames beside."""
REACH = np.geomspace(0.5, 1e4, 16)
"""How far outward an interval's end is looked for, in standard errors."""
ROUNDS, CLOSE = 60, 1e-7
"""Steps of the search for an end, at most, and how near the root of the rise comes."""
DRAWN, MARGIN = 41, 1.25
"""Points of a profile, and how far it goes, of the widest interval."""


class _Curve(NamedTuple):
    """One curve, its model and the optimum."""

    model: KineticModel
    box: Bounds
    t: Float[Tensor, " time"]
    plasma: Float[Tensor, " time"]
    samples: Float[Tensor, " time"]
    optimum: Float[Tensor, " parameter"]

    def modelled(self, values: Coordinates) -> Float[Tensor, "*batch time"]:
        named = dict(zip(self.box, values, strict=True))
        of_input = named.get(DELAY.name), named.get(DISPERSION.name)
        return tissue_concentration(self.model, named, self.t, self.plasma, *of_input)

    def derived(self, values: Coordinates) -> dict[str, Tensor]:
        return self.model.derived(*values[: len(self.model.parameters)])


def curve_likelihood(
    concentration: Float[np.ndarray, " time"],
    t: Float[np.ndarray, " time"],
    cp: Float[np.ndarray, " time"],
    model: str = "tofts",
    *,
    bounds: Bounds | None = None,
    fit_delay: bool = False,
    fit_dispersion: bool = False,
    levels: Sequence[float] = LEVELS,
) -> Likelihood:
    """Covariance and profiles of the parameters that fit one curve best.

    Residuals are taken as independent, of one variance, which is that of the residuals.

    Parameters
    ----------
    concentration
        Tissue concentration [mmol/L].
    t, cp, model, bounds, fit_delay, fit_dispersion
        As in `fit_curves`.
    levels
        Levels of confidence of the intervals, each above 0 and below 1.

    Raises
    ------
    ValueError
        If the curve cannot be fitted or is met in every sample, has no more samples than
        parameters, a level is not between 0 and 1, or as `fit_curves` does.
    """
    if not all(0 < level < 1 for level in levels):
        raise ValueError(f"levels are {levels}; expected each above 0 and below 1. In percent?")
    fit = fit_curves(
        concentration[None].astype(np.float64),
        t,
        cp,
        model,
        bounds=bounds,
        fit_delay=fit_delay,
        fit_dispersion=fit_dispersion,
    )
    if not fit.valid[0]:
        raise ValueError(f"no fit of the curve: {Reason(int(fit.reason[0])).sentence}")
    box = fitted_box(model, bounds, fit_delay=fit_delay, fit_dispersion=fit_dispersion)
    freedom = t.size - len(box)
    if freedom < 1:
        raise ValueError(
            f"{t.size} samples for the {len(box)} parameters of {model}; expected more samples, "
            "for their residuals tell the noise"
        )
    curve = _Curve(
        KINETIC_MODELS[model],
        box,
        torch.tensor(t - t[0], dtype=torch.float64),
        torch.tensor(cp, dtype=torch.float64),
        torch.tensor(concentration, dtype=torch.float64),
        torch.tensor([float(fit[name][0]) for name in box], dtype=torch.float64),
    )
    return _likelihood(curve, freedom, levels, Reason(int(fit.reason[0])))


def _likelihood(curve: _Curve, freedom: int, levels: Sequence[float], reason: Reason) -> Likelihood:
    modelled, jacobian = slopes(curve.modelled, curve.optimum[:, None])
    sse = float((modelled[0] - curve.samples).square().sum())
    if sse == 0:
        raise ValueError(
            "the fit meets every sample, so no residual tells the noise; expected a measured curve"
        )
    variance = sse / freedom
    normal = (jacobian[:, 0] @ jacobian[:, 0].T)[None]
    derived = curve.derived(curve.optimum)
    names, values = (*curve.box, *derived), torch.stack([*curve.optimum, *derived.values()])
    turn = torch.stack([_gradient(curve, name) for name in names])
    covariance = (turn @ inverse_normal(normal)[0] @ turn.T * variance).numpy()
    quantiles = {level: float(fdtri(1, freedom, level)) for level in levels}
    errors = np.sqrt(np.diagonal(covariance))
    return Likelihood(
        names=names,
        values=values.numpy(),
        covariance=covariance,
        variance=variance,
        freedom=freedom,
        quantiles=quantiles,
        profiles={
            name: _Search(curve, name, value, error, sse, variance).profile(quantiles)
            for name, value, error in zip(names, values.tolist(), errors.tolist(), strict=True)
        },
        fitted=modelled[0].numpy(),
        reason=reason,
    )


def _gradient(curve: _Curve, name: str) -> Float[Tensor, " parameter"]:
    """Derivatives of a quantity by the parameters."""
    if name in curve.box:
        return torch.eye(len(curve.box), dtype=torch.float64)[list(curve.box).index(name)]
    _, slope = slopes(lambda values: curve.derived(values)[name], curve.optimum[:, None])
    return slope[:, 0]


class _Search:
    """The profile of one quantity of one curve."""

    def __init__(
        self, curve: _Curve, name: str, value: float, error: float, sse: float, variance: float
    ) -> None:
        self._curve, self._value, self._sse, self._variance = curve, value, sse, variance
        self._at = held_quantity(name, list(curve.box), curve.box)
        low, high = self._at.range
        known = np.isfinite(error) and 0 < error < high - low
        self._error = error if known else (high - low) / REACH[-1]

    def profile(self, quantiles: dict[float, float]) -> Profile:
        ends, opened = self._ends(np.sqrt(list(quantiles.values())))
        intervals = {
            level: Interval(float(low), float(high), bool(low_open), bool(high_open))
            for level, (low, high), (low_open, high_open) in zip(
                quantiles, ends.T, opened.T, strict=True
            )
        }
        least, most = self._value + MARGIN * (ends - self._value)[:, np.argmax(list(quantiles))]
        held = np.append(np.linspace(least, most, DRAWN), self._value)
        held = np.unique(held.clip(*self._at.range))
        return Profile(held=held, rise=np.square(self._root(held)), intervals=intervals)

    def _ends(
        self, wanted: Float[np.ndarray, " level"]
    ) -> tuple[Float[np.ndarray, "2 level"], Bool[np.ndarray, "2 level"]]:
        """Where the root of the rise is as wanted, below and above; and where it never is.

        By the secant, and every third time by halves: for a linear model the root is linear.
        """
        outward = [self._outward(bound) for bound in self._at.range]
        roots = [np.append(0.0, self._root(held[1:])) for held in outward]
        place, miss = np.empty((2, 2, wanted.size)), np.full((2, 2, wanted.size), -np.inf)
        for side, level in np.ndindex(2, wanted.size):
            over = np.flatnonzero(roots[side] > wanted[level])
            ends = [over[0] - 1, over[0]] if over.size else [-1, -1]
            place[:, side, level] = outward[side][ends]
            miss[:, side, level] = roots[side][ends] - wanted[level]
        opened, found = miss[1] <= 0, place[1].copy()
        left = ~opened
        for turn in range(ROUNDS):
            if not left.any():
                break
            near, far = miss[:, left]
            share = np.where(np.isfinite(far) & (turn % 3 < 2), near / (near - far), 0.5)
            there = place[0][left] + share * (place[1] - place[0])[left]
            off = self._root(there) - np.tile(wanted, (2, 1))[left]
            found[left] = there
            where = (off > 0).astype(int), *np.nonzero(left)
            place[where], miss[where] = there, off
            left[left] = np.abs(off) > CLOSE
        return found, opened

    def _outward(self, bound: float) -> Float[np.ndarray, " point"]:
        """The optimum, then points away from it, the last of them the bound."""
        whole = bound - self._value
        steps = REACH[REACH * self._error < abs(whole)] * self._error
        return np.concatenate([[self._value], self._value + np.sign(whole) * steps, [bound]])

    def _root(self, held: Float[np.ndarray, " point"]) -> Float[np.ndarray, " point"]:
        """Root of the rise of the lowest sum of squares at held values."""
        there = torch.tensor(held, dtype=torch.float64)
        starts = self._starts(there)
        bounds = self._at.bounds(there).repeat(1, 1, starts.shape[1])
        curve, at = self._curve, self._at
        minimum = bounded_minimum(
            lambda coordinates: curve.modelled(at.parameters(coordinates)),
            curve.samples.expand(starts[0].numel(), -1),
            torch.ones_like(curve.samples)[None],
            starts.flatten(1),
            bounds,
        )
        lowest = minimum.sse.reshape(starts.shape[1:]).nan_to_num(nan=torch.inf).amin(dim=0)
        return np.sqrt(((lowest.numpy() - self._sse) / self._variance).clip(min=0))

    def _starts(self, held: Float[Tensor, " point"]) -> Float[Tensor, "parameter start point"]:
        """The optimum's parameters and multiples of them, with the quantity held."""
        places = [
            [value] if place == self._at.place else self._beside(name, value)
            for place, (name, value) in enumerate(
                zip(self._curve.box, self._curve.optimum.tolist(), strict=True)
            )
        ]
        starts = torch.tensor(list(product(*places)), dtype=torch.float64).T
        starts = starts[..., None].repeat(1, 1, len(held))
        starts[self._at.place] = held
        return starts

    def _beside(self, name: str, value: float) -> list[float]:
        if name == DELAY.name:
            step = float(torch.diff(self._curve.t).median())
            return [value - step, value, value + step]
        if name == DISPERSION.name:  # it may well be 0
            return [FACTORS[0] * value, value, FACTORS[-1] * max(value, 1.0)]
        return [factor * value for factor in FACTORS]
