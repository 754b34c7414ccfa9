"""lmfit: a Model with bounded parameters, one curve at a time."""

import numpy as np
from lmfit import Model
from tofts_curve import LOWER, NAMES, START, UPPER, concentration


def fit(model: str, curves: np.ndarray, t: np.ndarray, plasma: np.ndarray) -> dict[str, np.ndarray]:
    """Parameters of each curve; NaN where the search did not end."""
    names = NAMES[: len(START[model])]
    curve_model = Model(concentration, independent_vars=["minutes", "plasma"])
    parameters = curve_model.make_params(vp={"value": 0, "vary": False})
    for name, value, low, high in zip(names, START[model], LOWER[model], UPPER[model], strict=True):
        parameters[name].set(value=value, min=low, max=high, vary=True)
    found = np.full((len(curves), len(names)), np.nan)
    for k, curve in enumerate(curves):
        result = curve_model.fit(curve, parameters, minutes=t / 60, plasma=plasma)
        if result.success:
            found[k] = [result.best_values[name] for name in names]
    return dict(zip(names, found.T, strict=True))
