"""The kinetic models in numpy, exact for a piecewise linear plasma curve, fitted by scipy.

Written apart from the package: each segment of the plasma curve is integrated in closed form and
carried forward by its own decay, so nothing is shared but the definition of the models.
"""

import numpy as np
from numba import njit
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
START_LOW = {"ktrans": 1e-3, "ve": 1e-2, "vp": 1e-3, "fp": 1.0, "ps": 1e-3}
START_HIGH = {"ktrans": 2.0, "ve": 1.0, "vp": 0.3, "fp": 150.0, "ps": 2.0}


@njit(cache=True)
def segment_weights(x):
    """Weights of a segment's old and new end for a decay exp(-x) along it, and slopes by x."""
    if x < 0.02:
        new = 1 / 2 - x / 6 + x**2 / 24 - x**3 / 120 + x**4 / 720
        old = 1 / 2 - x / 3 + x**2 / 8 - x**3 / 30 + x**4 / 144
        new_slope = -1 / 6 + x / 12 - x**2 / 40 + x**3 / 180
        old_slope = -1 / 3 + x / 4 - x**2 / 10 + x**3 / 36
        return old, new, old_slope, new_slope
    decay = np.exp(-x)
    both = -np.expm1(-x) / x
    new = (1 - both) / x
    old = both - new
    both_slope = (decay - both) / x
    new_slope = -(both_slope + new) / x
    return old, new, both_slope - new_slope, new_slope


@njit(cache=True)
def convolution(minutes, plasma, rate):
    """The plasma curve convolved with exp(-rate t), rate in 1/min, and its slope by the rate."""
    value, slope = np.zeros(minutes.size), np.zeros(minutes.size)
    for now in range(1, minutes.size):
        last, step = now - 1, minutes[now] - minutes[now - 1]
        old, new, old_slope, new_slope = segment_weights(rate * step)
        decay = np.exp(-rate * step)
        gain = step * (old * plasma[last] + new * plasma[now])
        gain_slope = step**2 * (old_slope * plasma[last] + new_slope * plasma[now])
        value[now] = decay * value[last] + gain
        slope[now] = decay * (slope[last] - step * value[last]) + gain_slope
    return value, slope


@njit(cache=True)
def tofts(minutes, plasma, ktrans, ve, vp):
    """Curve, and its slopes by the parameters in columns."""
    rate = ktrans / ve
    value, slope = convolution(minutes, plasma, rate)
    slopes = np.stack((value + rate * slope, -(rate**2) * slope, plasma), axis=1)
    return ktrans * value + vp * plasma, slopes


@njit(cache=True)
def exponentials(fp, ps, ve, vp):
    """Amplitudes and rates [1/min] of fast and slow exponential, as roots of the mass balances.

    Real or complex: a small imaginary part carries a derivative.
    """
    flow, vp = fp / 100, vp + (1e-12 if abs(vp) < 1e-12 else 0)
    washing, leaving, returning = flow / vp, ps / vp, ps / ve
    total = washing + leaving + returning
    apart = np.sqrt(total**2 - 4 * washing * returning + 1e-300)
    fast, slow = (total + apart) / 2, 2 * washing * returning / (total + apart + 1e-300)
    first = flow * (washing - slow) / apart
    return first, flow - first, fast, slow


@njit(cache=True)
def two_compartments(minutes, plasma, fp, ps, ve, vp):
    """Curve, and its slopes by the parameters in columns; ve infinite where nothing returns."""
    first, second, fast, slow = exponentials(fp, ps, ve, vp)
    (u, v), (p, q) = convolution(minutes, plasma, fast), convolution(minutes, plasma, slow)
    slopes = np.zeros((minutes.size, 4))
    for column in range(4):
        moved = np.array([fp, ps, ve, vp]) + 0j
        moved[column] += 1e-30j
        by = exponentials(moved[0], moved[1], moved[2], moved[3])
        slopes[:, column] = by[0].imag * u + by[1].imag * p
        slopes[:, column] += by[2].imag * first * v + by[3].imag * second * q
    return first * u + second * p, slopes / 1e-30


class Model:
    """Model curves and their Jacobian under one plasma curve; times in s."""

    def __init__(self, name, t, plasma):
        self.name, self.parameters = name, PARAMETERS[name]
        self.minutes, self.plasma = (t - t[0]) / 60, plasma
        self.integral = convolution(self.minutes, plasma, 0.0)[0]
        self._last = None, None

    def curve(self, values):
        return self._at(tuple(values))[0]

    def jacobian(self, values):
        return self._at(tuple(values))[1]

    def _at(self, values):
        """Curve and Jacobian; the last are kept, as scipy asks for them one after the other."""
        if self._last[0] != values:
            self._last = values, self._evaluate(values)
        return self._last[1]

    def _evaluate(self, values):
        if self.name in LINEAR:
            columns = {"ktrans": self.integral, "vp": self.plasma}
            matrix = np.stack([columns[name] for name in self.parameters], axis=1)
            return matrix @ values, matrix
        p = dict(zip(self.parameters, values, strict=True))
        if "fp" in p:
            every = p["fp"], p["ps"], p.get("ve", np.inf), p["vp"]
            curve, slopes = two_compartments(self.minutes, self.plasma, *every)
            return curve, slopes if "ve" in p else slopes[:, [0, 1, 3]]
        every = p["ktrans"], p["ve"], p.get("vp", 0.0)
        curve, slopes = tofts(self.minutes, self.plasma, *every)
        return curve, slopes[:, : len(p)]

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
            return lsq_linear(self.jacobian(starts[0]), curve, self.bounds(), tol=1e-14)
        return min((self.fit(curve, start) for start in starts), key=lambda fit: fit.cost)
