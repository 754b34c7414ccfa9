"""gadmap itself, run as the others are."""

import numpy as np

from gadmap import fit_curves


def fit(model: str, curves: np.ndarray, t: np.ndarray, plasma: np.ndarray) -> dict[str, np.ndarray]:
    """Parameters of each curve."""
    found = fit_curves(curves, t, plasma, model=model)
    names = ("ktrans", "ve", "vp")[: 2 if model == "tofts" else 3]
    return {name: np.asarray(found[name]) for name in names}
