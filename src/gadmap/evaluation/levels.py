"""Levels of significance: of two means, and corrected for many comparisons.

References
----------
Welch, Biometrika 1947;34:28-35. Holm, Scandinavian Journal of Statistics 1979;6:65-70.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy import special  # not scipy.stats, which is slow to import


def welch_of_moments(one: tuple[float, float, int], two: tuple[float, float, int]) -> float:
    """Two-sided p of equal means by Welch's test, from (mean, sd, trainings) as papers print them.

    A row that does not vary has a spread of 0 and may have one training.
    """
    if one[1] == 0 and two[1] == 0:
        return 1.0 if one[0] == two[0] else 0.0
    shares = [sd**2 / count for _, sd, count in (one, two)]
    freedom = sum(shares) ** 2 / sum(
        share**2 / (count - 1)
        for share, (_, _, count) in zip(shares, (one, two), strict=True)
        if share
    )
    t = (one[0] - two[0]) / np.sqrt(sum(shares))
    return float(2 * special.stdtr(freedom, -abs(t)))


def holm(p: Sequence[float]) -> Float[np.ndarray, " comparison"]:
    """Levels `p`, 0 to 1, corrected for multiple comparisons; NaN take no part."""
    levels = np.asarray(p, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(levels))
    order = known[np.argsort(levels[known], kind="stable")]
    factors = np.arange(order.size, 0, -1)
    corrected = np.full(levels.shape, np.nan)
    corrected[order] = np.minimum(np.maximum.accumulate(levels[order] * factors), 1)
    return corrected
