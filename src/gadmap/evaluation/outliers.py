"""Which of many examinations stand apart."""

import numpy as np
from jaxtyping import Float

LIMIT = 3.5
_NORMAL = 0.6745
_FEWEST = 5


def modified_z(values: Float[np.ndarray, " exam"]) -> Float[np.ndarray, " exam"]:
    """Distance from the median in robust standard deviations; above 3.5 it is an outlier.

    Values that are not finite stay out of the median. All are NaN where fewer than five are finite
    or at least half of them are the same, since nothing can be said then.

    References
    ----------
    Iglewicz and Hoaglin, How to detect and handle outliers, ASQC 1993.
    """
    values = np.asarray(values, dtype=np.float64)
    known = values[np.isfinite(values)]
    if known.size < _FEWEST:
        return np.full(values.shape, np.nan)
    centre = np.median(known)
    spread = np.median(np.abs(known - centre))
    if spread == 0:
        return np.full(values.shape, np.nan)
    return _NORMAL * (values - centre) / spread
