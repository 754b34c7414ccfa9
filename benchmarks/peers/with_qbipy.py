"""QbiPy: its linear least squares, one curve at a time.

For Tofts its matrix of the extended model is used without the column of the plasma.
"""

import numpy as np
from QbiPy.dce_models.dce_aif import Aif, AifType
from QbiPy.dce_models.tofts_model import construct_LLS_matrix, solve_LLS


def fit(model: str, curves: np.ndarray, t: np.ndarray, plasma: np.ndarray) -> dict[str, np.ndarray]:
    """Parameters of each curve."""
    aif = Aif(aif_type=AifType.ARRAY, times=t / 60, base_aif=plasma)
    if model == "extended-tofts":
        found = np.array([solve_LLS(curve, aif, 0.0) for curve in curves])
        return dict(zip(("ktrans", "ve", "vp"), found.T, strict=True))
    rates = np.array([_tofts(curve, aif) for curve in curves])
    return {"ktrans": rates[:, 0], "ve": rates[:, 0] / rates[:, 1]}


def _tofts(curve: np.ndarray, aif: Aif) -> np.ndarray:
    """Rates ktrans and kep."""
    return np.linalg.lstsq(construct_LLS_matrix(curve, aif, 0.0)[:, :2], curve, rcond=None)[0]
