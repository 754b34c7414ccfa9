"""Test and retest: how much a measure differs when nothing has changed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import special  # not scipy.stats, which is slow to import

REPEATABILITY = 1.96 * np.sqrt(2)
"""Two measurements differ by less than this many within-subject deviations, 95 times in 100."""

_FEWEST = 2


@dataclass(frozen=True, eq=False, kw_only=True)
class Repeatability:
    """Repeatability of a measure by the terms of QIBA.

    Attributes
    ----------
    subjects
        Number measured twice.
    mean, difference
        Of the two measurements of each subject, second less first, in the measure's unit.
    bias, low, high
        Mean difference and 95 % limits of agreement.
    within_subject_sd
        wSD, in the measure's unit.
    repeatability_coefficient
        RC = 2.77 wSD; with its 95 % interval.
    within_subject_cv
        wCV, a fraction of the mean; NaN where a mean is not positive.
    """

    subjects: int
    mean: Float[np.ndarray, " subject"]
    difference: Float[np.ndarray, " subject"]
    bias: float
    low: float
    high: float
    within_subject_sd: float
    repeatability_coefficient: float
    repeatability_interval: tuple[float, float]
    within_subject_cv: float

    @property
    def repeatability_percent(self) -> float:
        """%RC = 2.77 wCV, in percent of the mean."""
        return 100 * REPEATABILITY * self.within_subject_cv


def repeatability(first: Sequence[float], second: Sequence[float]) -> Repeatability:
    """Repeatability of a measure from two measurements of each subject.

    wSD² is the mean of the variances within the subjects, d²/2 for a difference d; wCV² the mean of
    these over the squared means. The interval of RC is that of a variance with as many degrees of
    freedom as subjects.

    Raises
    ------
    ValueError
        If fewer than two subjects have two finite measurements.

    References
    ----------
    Raunig et al., Stat Methods Med Res 2015;24:27-67. Obuchowski and Bullen, Stat Methods Med Res
    2018;27:3225-3236. Bland and Altman, Lancet 1986;327:307-310.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    if a.size < _FEWEST:
        raise ValueError(
            f"{a.size} subjects with two finite measurements; expected at least {_FEWEST}"
        )
    mean, difference = (a + b) / 2, b - a
    wsd = float(np.sqrt(np.mean(difference**2) / 2))
    positive = bool((mean > 0).all())
    spread = 1.96 * float(difference.std(ddof=1))
    bounds = special.chdtri(a.size, np.array([0.025, 0.975]))
    low, high = REPEATABILITY * wsd * np.sqrt(a.size / bounds)
    bias = float(difference.mean())
    return Repeatability(
        subjects=a.size,
        mean=mean,
        difference=difference,
        bias=bias,
        low=bias - spread,
        high=bias + spread,
        within_subject_sd=wsd,
        repeatability_coefficient=REPEATABILITY * wsd,
        repeatability_interval=(float(low), float(high)),
        within_subject_cv=float(np.sqrt(np.mean((difference / mean) ** 2) / 2))
        if positive
        else float("nan"),
    )
