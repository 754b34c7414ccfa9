"""p-brain: its extended Tofts model over all curves at once, a grid of 400 values of kep."""

import numpy as np
from pbrain.models.base import CurveInputs
from pbrain.models.extended_tofts import PLUGIN


def fit(model: str, curves: np.ndarray, t: np.ndarray, plasma: np.ndarray) -> dict[str, np.ndarray]:
    """Parameters of each curve; its ktrans is in mL/100g/min."""
    if model != "extended-tofts":
        raise ValueError("it has no Tofts model")
    maps = PLUGIN.fit(CurveInputs(c_tissue=curves.T, c_input=plasma, t_s=t)).maps
    return {"ktrans": maps["ktrans"] / 100, "ve": maps["ve"], "vp": maps["vp"]}
