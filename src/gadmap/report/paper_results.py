"""What the page on the paper is made of: plain data, measured elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from gadmap.evaluation import FIT, Key, Row, Scores, rows_of


@dataclass(frozen=True, eq=False, kw_only=True)
class PaperCase:
    """One slice of one test patient, for Figure 6.

    Attributes
    ----------
    name
        The patient's.
    place
        Which slice and part of it, in words.
    gray
        The slice's signal before contrast, 0 to 1.
    window
        The part of it that is shown.
    inside
        Voxels of the window that are compared: mapped by the fit.
    fit, truth
        Maps of the window, in the quantity's unit; truth None where it is not known.
    top
        Value at which the scale of the maps ends, in the quantity's unit.
    estimates
        Network's name to its map of the window.
    """

    name: str
    place: str
    gray: Float[np.ndarray, "x y"]
    window: tuple[slice, slice]
    inside: Bool[np.ndarray, "w h"]
    fit: Float[np.ndarray, "w h"]
    truth: Float[np.ndarray, "w h"] | None
    top: float
    estimates: Mapping[str, Float[np.ndarray, "w h"]]


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainingCurve:
    """Loss over the steps of one training.

    Attributes
    ----------
    steps, loss
        Where it was written down, and the mean square error on the scale 0..1.
    """

    network: str
    seed: int
    steps: Float[np.ndarray, " n"]
    loss: Float[np.ndarray, " n"]


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A training that gave no result, and why."""

    network: str
    seed: int
    reason: str


@dataclass(frozen=True, eq=False, kw_only=True)
class PaperResults:
    """A reproduction of the paper's tables and figure.

    Attributes
    ----------
    real
        Whether the data are patients'; else phantoms.
    data
        What the data were, a sentence each.
    budget, steps, seeds, batch
        How it was trained.
    patients
        Numbers of training, validation and test patients.
    networks
        Names of the rows, in the order of the tables.
    quantity, scale
        What was mapped, and its value that is 1 on the scale of the networks.
    scores
        Of each training, and of the exact fit itself.
    milliseconds
        Estimator's name to the time of one 32 x 32 sample [ms].
    threads, processor
        What these times were measured with.
    minutes
        Network's name to the time of each training [min].
    parameters
        Network's name to the number of its weights.
    curves, cases, failures
        Training curves, the cases of Figure 6, and what failed.
    record
        What else a reader needs to repeat the run.
    """

    real: bool
    data: Sequence[str]
    budget: str
    steps: int
    seeds: Sequence[int]
    batch: int
    patients: tuple[int, int, int]
    networks: Sequence[str]
    quantity: str
    scale: float
    scores: Sequence[Scores]
    milliseconds: Mapping[str, float]
    threads: int
    processor: str
    minutes: Mapping[str, Sequence[float]]
    parameters: Mapping[str, int]
    curves: Sequence[TrainingCurve]
    cases: Sequence[PaperCase]
    failures: Sequence[Failure]
    record: Mapping[str, object]

    def rows(self, reference: str, view: str = "regions") -> dict[str, Row]:
        """Estimator's name to its row, in the order of the tables, the exact fit last."""
        key = Key(view=view, reference=reference, quantity=self.quantity)
        found = {row.name: row for row in rows_of(self.scores, key)}
        return {name: found[name] for name in (*self.networks, FIT) if name in found}
