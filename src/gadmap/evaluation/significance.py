"""What may be said of a difference: over other patients, and over other trainings.

Two questions, kept apart. Would other patients give the same order? The paired bootstrap draws the
test patients with replacement, the same draw for both rows, and the seeds of a row are averaged.
Would another training? The spread over seeds answers, by Welch's test.

References
----------
Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13 (percentile interval).
Hesterberg, The American Statistician 2015;69:371-386, section 3.4 (interval expanded for few
patients).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float
from scipy import special  # not scipy.stats, which is slow to import

from gadmap.evaluation.levels import holm, welch_of_moments
from gadmap.evaluation.rows import FIT, Metric, Row

DRAWS = 10_000
LEVEL = 0.95

_FEWEST = 5


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A figure with its interval over patients; no numbers where there are fewer than five."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One row less another.

    Attributes
    ----------
    first, second
        Names of the rows.
    metric
        Name of the metric.
    value, low, high
        The difference, and its interval over patients.
    p_patients, p_seeds
        Two-sided, before correction; not a number with one patient, or one seed of either row.
    holm_patients, holm_seeds
        The same, corrected for all comparisons of the family.
    """

    first: str
    second: str
    metric: str
    value: float
    low: float
    high: float
    p_patients: float
    p_seeds: float
    holm_patients: float
    holm_seeds: float

    @property
    def verdict(self) -> str:
        """Whether the difference would stand with other patients and with other trainings."""
        patients, seeds = (p < 1 - LEVEL for p in (self.holm_patients, self.holm_seeds))
        if np.isnan(self.holm_seeds):
            return "over patients; one training" if patients else "no"
        if patients and seeds:
            return "yes"
        if patients or seeds:
            return "over patients only" if patients else "over trainings only"
        return "no"


@cache
def draws_of(patients: int, seed: int = 0) -> Float[np.ndarray, "draw patient"]:
    """How often each patient counts in each draw with replacement. The same for all rows."""
    generator = np.random.default_rng(seed)
    draws = generator.multinomial(patients, np.full(patients, 1 / patients), size=DRAWS)
    draws = draws.astype(np.float64)
    draws.flags.writeable = False
    return draws


def interval(row: Row, metric: Metric, seed: int = 0) -> Interval:
    """The metric, mean over seeds, with its 95 % interval over patients."""
    drawn = row.pooled(metric, draws_of(len(row.patients), seed)).mean(axis=0)
    low, high = _expanded(drawn, len(row.patients))
    return Interval(value=float(row.pooled(metric).mean()), low=low, high=high)


def seed_sd(row: Row, metric: Metric) -> float:
    """Standard deviation of the metric over trainings; not a number with one."""
    return float(row.pooled(metric)[:, 0].std(ddof=1)) if row.seeds > 1 else float("nan")


def differences(
    pairs: Sequence[tuple[Row, Row]], metric: Metric, seed: int = 0
) -> list[Difference]:
    """First less second of each pair; the pairs are one family for Holm's correction.

    Raises
    ------
    ValueError
        If two rows are not of the same patients.
    """
    found = [_difference(first, second, metric, seed) for first, second in pairs]
    patients = holm([d.p_patients for d in found])
    seeds = holm([d.p_seeds for d in found])
    return [
        Difference(**{**vars(d), "holm_patients": float(p), "holm_seeds": float(s)})
        for d, p, s in zip(found, patients, seeds, strict=True)
    ]


def _difference(first: Row, second: Row, metric: Metric, seed: int) -> Difference:
    if first.patients != second.patients:
        raise ValueError(
            f"{first.name} and {second.name} were evaluated on different patients; a paired "
            "comparison needs the same"
        )
    count = len(first.patients)
    draws = draws_of(count, seed)
    one, two = first.pooled(metric)[:, 0], second.pooled(metric)[:, 0]
    with np.errstate(invalid="ignore"):  # infinity less infinity: PSNR of maps that are the same
        drawn = first.pooled(metric, draws).mean(axis=0) - second.pooled(metric, draws).mean(axis=0)
        value = float(one.mean() - two.mean())
    low, high = _expanded(drawn, count)
    return Difference(
        first=first.name,
        second=second.name,
        metric=metric.name,
        value=value,
        low=low,
        high=high,
        p_patients=_two_sided(drawn, count),
        p_seeds=_over_seeds(first, second, metric),
        holm_patients=float("nan"),
        holm_seeds=float("nan"),
    )


def _expanded(drawn: Float[np.ndarray, " draw"], patients: int) -> tuple[float, float]:
    """Percentiles of the draws, wider than 95 % by what few patients cost.

    The plain interval is too narrow by sqrt((n-1)/n), and as if the spread were known: for five
    patients it covers about 80 % only. Fewer than five have no draws far enough out.
    """
    if patients < _FEWEST or not np.isfinite(drawn).all():
        return float("nan"), float("nan")
    tail = special.ndtr(_stretch(patients) * special.stdtrit(patients - 1, (1 - LEVEL) / 2))
    low, high = np.quantile(drawn, (tail, 1 - tail))
    return float(low), float(high)


def _two_sided(drawn: Float[np.ndarray, " draw"], patients: int) -> float:
    """Level at which the expanded interval just touches zero.

    No draw beyond zero cannot mean a level of 0: the draws that hold one patient only, one in
    n to the n - 1, bound what can be told.
    """
    if patients < 2 or not np.isfinite(drawn).all():
        return float("nan")
    beyond = min(_share(drawn <= 0), _share(drawn >= 0))
    beyond = max(beyond, 0.5 * patients ** -float(patients - 1), 1 / drawn.size)
    quantile = special.ndtri(min(beyond, 0.5)) / _stretch(patients)
    return float(2 * special.stdtr(patients - 1, quantile))


def _share(where: np.ndarray) -> float:
    return float(where.mean())


def _stretch(patients: int) -> float:
    return float(np.sqrt(patients / (patients - 1)))


def _over_seeds(first: Row, second: Row, metric: Metric) -> float:
    """Two-sided p of equal means over trainings; NaN with one training of a network."""
    moments = []
    for row in (first, second):
        found = row.pooled(metric)[:, 0]
        known = np.isfinite(found).all() and (row.name == FIT or row.seeds > 1)
        if not known:
            return float("nan")
        spread = 0.0 if row.name == FIT else float(found.std(ddof=1))
        moments.append((float(found.mean()), spread, row.seeds))
    return welch_of_moments(*moments)
