"""scipy: curve_fit with bounds, one curve at a time."""

import numpy as np
from scipy.optimize import curve_fit
from tofts_curve import LOWER, NAMES, START, UPPER, concentration


def fit(model: str, curves: np.ndarray, t: np.ndarray, plasma: np.ndarray) -> dict[str, np.ndarray]:
    """Parameters of each curve; NaN where the search did not end."""
    minutes, bounds = t / 60, (LOWER[model], UPPER[model])
    found = np.full((len(curves), len(START[model])), np.nan)

    def predicted(minutes: np.ndarray, *values: float) -> np.ndarray:
        return concentration(minutes, plasma, *values)

    for k, curve in enumerate(curves):
        try:
            found[k], _ = curve_fit(predicted, minutes, curve, START[model], bounds=bounds)
        except RuntimeError:
            continue
    return dict(zip(NAMES, found.T, strict=False))
