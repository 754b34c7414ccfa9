"""The kinetic models in numpy, exact for a piecewise linear plasma curve, fitted by scipy.

Written apart from the package: each segment of the plasma curve is integrated in closed form and
carried forward by its own decay, so nothing is shared but the definition of the models.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import OptimizeResult, least_squares, lsq_linear

BOUNDS = {
    "ktrans": (0.0, 5.0),
    "ve": (1e-3, 1.0),
    "vp": (0.0, 1.0),
    "fp": (0.0, 200.0),
    "ps": (0.0, 5.0),
}
PARAMETERS = {
    "tofts": ("ktrans", "ve"),
    "extended-tofts": ("ktrans", "ve", "vp"),
    "patlak": ("ktrans", "vp"),
    "2cum": ("fp", "ps", "vp"),
    "2cxm": ("fp", "ps", "ve", "vp"),
    "vascular": ("vp",),
}
LINEAR = ("patlak", "vascular")  # in all their parameters: one minimum, which needs no start
RATES = 4  # of which convolutions are kept
START_LOW = {"ktrans": 1e-3, "ve": 1e-2, "vp": 1e-3, "fp": 1.0, "ps": 1e-3}
START_HIGH = {"ktrans": 2.0, "ve": 1.0, "vp": 0.3, "fp": 150.0, "ps": 2.0}


def segment_weights(x):
    """Weights of a segment's old and new end for a decay exp(-x) along it, and slopes by x."""
    small = x < 0.02
    safe = np.where(small, 1.0, x)
    decay = np.exp(-safe)
    both = -np.expm1(-safe) / safe
    new = (1 - both) / safe
    old = both - new
    both_slope = (decay - both) / safe
    new_slope = -(both_slope + new) / safe
    old_slope = both_slope - new_slope
    y = np.where(small, x, 0.0)
    new_series = 1 / 2 - y / 6 + y**2 / 24 - y**3 / 120 + y**4 / 720
    old_series = 1 / 2 - y / 3 + y**2 / 8 - y**3 / 30 + y**4 / 144
    new_series_slope = -1 / 6 + y / 12 - y**2 / 40 + y**3 / 180
    old_series_slope = -1 / 3 + y / 4 - y**2 / 10 + y**3 / 36
    return tuple(
        np.where(small, series, far)
        for series, far in (
            (old_series, old),
            (new_series, new),
            (old_series_slope, old_slope),
            (new_series_slope, new_slope),
        )
    )


@dataclass(frozen=True)
class Convolution:
    """Convolution of a plasma curve with exp(-rate t), and its slope by the rate; minutes."""

    minutes: np.ndarray
    plasma: np.ndarray

    def __post_init__(self):
        lag = self.minutes[1:, None] - self.minutes[None, 1:]
        object.__setattr__(self, "past", lag >= 0)
        object.__setattr__(self, "lag", np.where(lag >= 0, lag, 0.0))
        object.__setattr__(self, "step", np.diff(self.minutes))

    def __call__(self, rate):
        old, new, old_slope, new_slope = segment_weights(rate * self.step)
        before, after = self.plasma[:-1], self.plasma[1:]
        gain = self.step * (old * before + new * after)
        gain_slope = self.step**2 * (old_slope * before + new_slope * after)
        decay = np.exp(-rate * self.lag) * self.past
        value = np.concatenate([[0.0], decay @ gain])
        slope = np.concatenate([[0.0], decay @ gain_slope - (decay * self.lag) @ gain])
        return value, slope


def two_compartments(fp, ps, vp, ve=np.inf):
    """Amplitudes and rates [1/min] of fast and slow exponential, as roots of the mass balances.

    Real or complex: a small imaginary part carries a derivative.
    """
    flow, vp = fp / 100, vp + (1e-12 if abs(vp) < 1e-12 else 0)
    washing, leaving, returning = flow / vp, ps / vp, ps / ve
    total = washing + leaving + returning
    apart = np.sqrt(total**2 - 4 * washing * returning + 1e-300)
    fast, slow = (total + apart) / 2, 2 * washing * returning / (total + apart + 1e-300)
    first = flow * (washing - slow) / apart
    return np.array([first, flow - first, fast, slow])


class Model:
    """Model curves and their Jacobian under one plasma curve; times in s."""

    def __init__(self, name, t, plasma):
        self.name, self.parameters = name, PARAMETERS[name]
        self.plasma = plasma
        self.convolution = Convolution((t - t[0]) / 60, plasma)
        self.integral = self.convolution(0.0)[0]
        self._terms = {}

    def _convolved(self, rate):
        """The convolution; the last ones are kept, as scipy asks for slopes at the same rates."""
        if rate not in self._terms:
            if len(self._terms) == RATES:
                del self._terms[next(iter(self._terms))]
            self._terms[rate] = self.convolution(rate)
        return self._terms[rate]

    def _two(self, values):
        """The two exponentials, and their derivatives by the parameters (complex steps)."""
        p = dict(zip(self.parameters, values, strict=True))
        step = 1e-30
        slopes = [two_compartments(**(p | {name: p[name] + 1j * step})).imag / step for name in p]
        return two_compartments(**p), np.array(slopes)

    def curve(self, values):
        p = dict(zip(self.parameters, values, strict=True))
        if self.name == "vascular":
            return p["vp"] * self.plasma
        if "fp" in p:
            first, second, fast, slow = two_compartments(**p)
            return first * self._convolved(fast)[0] + second * self._convolved(slow)[0]
        if self.name == "patlak":
            return p["ktrans"] * self.integral + p["vp"] * self.plasma
        tissue = p["ktrans"] * self._convolved(p["ktrans"] / p["ve"])[0]
        return tissue + p["vp"] * self.plasma if "vp" in p else tissue

    def jacobian(self, values):
        if self.name == "vascular":
            return self.plasma[:, None]
        if self.name == "patlak":
            return np.stack([self.integral, self.plasma], axis=1)
        p = dict(zip(self.parameters, values, strict=True))
        if "fp" in p:
            (first, second, fast, slow), slopes = self._two(values)
            (u, v), (p, q) = self._convolved(fast), self._convolved(slow)
            return np.stack([u, p, first * v, second * q], axis=1) @ slopes.T
        rate = p["ktrans"] / p["ve"]
        value, slope = self._convolved(rate)
        columns = [value + rate * slope, -(rate**2) * slope]
        return np.stack([*columns, self.plasma] if "vp" in p else columns, axis=1)

    def starts(self, count, generator):
        """`count` starting points, log-uniform over what tissue shows."""
        low = np.log([START_LOW[name] for name in self.parameters])
        high = np.log([START_HIGH[name] for name in self.parameters])
        return np.exp(generator.uniform(low, high, (count, len(self.parameters))))

    def bounds(self):
        """Lowest and highest parameters."""
        return tuple(zip(*(BOUNDS[name] for name in self.parameters), strict=True))

    def fit(self, curve, start) -> OptimizeResult:
        """Bounded least squares from one starting point."""
        return least_squares(
            lambda values: self.curve(values) - curve,
            start,
            jac=lambda values: self.jacobian(values),
            bounds=self.bounds(),
            method="trf",
            x_scale=[START_HIGH[name] for name in self.parameters],
            ftol=1e-10,
            xtol=1e-9,
            gtol=1e-12,
            max_nfev=60,
        )

    def best_fit(self, curve, starts) -> OptimizeResult:
        """The lowest of the fits from all starting points; of a linear model the only minimum."""
        if self.name in LINEAR:
            return lsq_linear(self.jacobian(None), curve, self.bounds(), tol=1e-14)
        return min((self.fit(curve, start) for start in starts), key=lambda fit: fit.cost)
