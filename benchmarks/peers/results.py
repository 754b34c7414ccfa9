"""What a peer is, and what became of a run of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from peers.accuracy import Accuracy, Values

SIZES = (1024, 16384)


@dataclass(frozen=True)
class Peer:
    """A package that fits curves.

    Attributes
    ----------
    name, module
        What it is called; its file in `peers/`.
    fits
        What it does, in words.
    nonlinear
        Whether it searches each curve's least squares, step by step.
    most
        Curves that it is timed on; the slow ones would take minutes for no other figure.
    """

    name: str
    module: str
    fits: str
    nonlinear: bool = False
    most: int = SIZES[-1]


@dataclass(frozen=True)
class Ran:
    """What a peer made of curves, and what it took: times [s], memory [byte]."""

    found: Mapping[str, np.ndarray]
    count: int
    first: float
    wall: float
    processor: float
    peak: int

    @property
    def speed(self) -> float:
        """Curves a second."""
        return self.count / self.wall


@dataclass(frozen=True)
class Compared:
    """One peer and model: what it made of noisy curves, of those without noise and with more."""

    peer: Peer
    timed: Mapping[int, Ran]
    truth: Values
    noisy: Accuracy
    straight: Accuracy
    smooth: Accuracy
    squares: np.ndarray
    noisier: Mapping[float, Values]

    @property
    def found(self) -> Values:
        """Estimates of the noisy curves."""
        return self.timed[SIZES[0]].found
