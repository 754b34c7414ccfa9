"""Ranges that a patient's values are drawn from."""

from dataclasses import dataclass
from math import exp, log

import numpy as np


@dataclass(frozen=True)
class Uniform:
    """Every value between `low` and `high` alike."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"a range from {self.low:g} to {self.high:g}; expected low <= high")

    def draw(self, generator: np.random.Generator) -> float:
        """One value."""
        return float(generator.uniform(self.low, self.high))


@dataclass(frozen=True)
class LogUniform:
    """Every factor between `low` and `high`, above 0, alike."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.high:
            raise ValueError(
                f"a logarithmic range from {self.low:g} to {self.high:g}; expected 0 < low <= high"
            )

    def draw(self, generator: np.random.Generator) -> float:
        """One value."""
        value = exp(generator.uniform(log(self.low), log(self.high)))
        return min(max(value, self.low), self.high)  # rounding may step over an end


Range = Uniform | LogUniform
