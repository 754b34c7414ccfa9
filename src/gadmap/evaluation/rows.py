"""A table's rows: sums over patients and seeds, and the metrics that follow from any pool of them.

A metric is a ratio of sums, so that patients drawn with replacement pool as the test set itself:
SSIM and PSNR are means over images, RMSE is over all voxels.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from gadmap.evaluation.agreement import Agreement

FIT = "least-squares"
"""Name of the exact fit's row, which is not trained and so has no noise of training."""

Sums = Mapping[str, np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A figure of a table.

    Attributes
    ----------
    name
        Word in files.
    label
        Heading; the unit of the quantity is meant where it says so.
    better
        1 where more is better, -1 where less is, 0 where nearer to zero is.
    of
        From pooled sums to the figure.
    in_unit
        Whether the figure is in the quantity's unit rather than on the scale 0..1.
    """

    name: str
    label: str
    better: int
    of: Callable[[Sums], np.ndarray]
    in_unit: bool = False


def _root(of: str) -> Callable[[Sums], np.ndarray]:
    return lambda sums: np.sqrt(_ratio(sums, of, "voxels"))


def _ratio(sums: Sums, above: str, below: str) -> np.ndarray:
    """NaN where nothing was compared; infinity stays."""
    count = np.where(sums[below] > 0, sums[below], np.nan)
    return sums[above] / count


METRICS = {
    metric.name: metric
    for metric in (
        Metric(name="ssim", label="SSIM", better=1, of=lambda s: _ratio(s, "ssim", "images")),
        Metric(name="psnr", label="PSNR", better=1, of=lambda s: _ratio(s, "psnr", "images")),
        Metric(name="rmse", label="RMSE", better=-1, of=_root("squared")),
        Metric(
            name="rmse_unit",
            label="RMSE, not clipped",
            better=-1,
            of=_root("squared_unit"),
            in_unit=True,
        ),
        Metric(
            name="bias_unit",
            label="bias",
            better=0,
            of=lambda s: _ratio(s, "error_unit", "voxels"),
            in_unit=True,
        ),
    )
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Row:
    """One estimator's sums, for one quantity and one reference.

    Attributes
    ----------
    name
        The network's name, or "least-squares".
    patients
        Names of the test patients, in the order of the columns.
    sums
        Field of `Agreement` to its sums; a row for each seed.
    """

    name: str
    patients: tuple[str, ...]
    sums: Mapping[str, Float[np.ndarray, "seed patient"]]

    @property
    def seeds(self) -> int:
        """How many times the network was trained."""
        return len(self.sums["images"])

    def pooled(
        self, metric: Metric, draws: Float[np.ndarray, "draw patient"] | None = None
    ) -> Float[np.ndarray, "seed draw"]:
        """The metric of each seed, over all patients or over draws that say how often each counts.

        A patient that no draw holds has no say, not even if its figure is infinite.
        """
        weights = np.ones((1, len(self.patients))) if draws is None else draws
        return metric.of({field: _weighted(s, weights) for field, s in self.sums.items()})


def row_of(name: str, patients: Sequence[str], seeds: Sequence[Mapping[str, Agreement]]) -> Row:
    """A row of one `Agreement` a seed and patient.

    Raises
    ------
    ValueError
        If a seed lacks a patient.
    """
    for found in seeds:
        if set(found) != set(patients):
            raise ValueError(
                f"{name}: scores of {', '.join(sorted(found)) or 'no patient'}; expected "
                f"{', '.join(sorted(patients))}. Was it evaluated on other data?"
            )
    sums = {
        field: np.array([[float(getattr(found[p], field)) for p in patients] for found in seeds])
        for field in Agreement.__dataclass_fields__
    }
    return Row(name=name, patients=tuple(patients), sums=sums)


def _weighted(sums: np.ndarray, weights: np.ndarray) -> np.ndarray:
    if np.isfinite(sums).all():
        return sums @ weights.T
    terms = np.where(weights[None] > 0, weights[None] * np.nan_to_num(sums[:, None], posinf=1), 0)
    infinite = np.isinf(sums[:, None]) & (weights[None] > 0)
    return np.where(infinite.any(axis=-1), np.inf, terms.sum(axis=-1))
