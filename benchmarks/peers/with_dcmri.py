"""dcmri: TissueArray, which fits signals; they are made from the curves by its own equation.

S0 is given, so that its noise is not added. Its option `parallel` loses what it fitted.
"""

import numpy as np
from dcmri import TissueArray, relax, signal_ss

HCT, R10, RELAXIVITY, TR, DEGREES = 0.42, 0.7, 4500.0, 0.005, 15.0  # 1/s, 1/s/M, s


def fit(model: str, curves: np.ndarray, t: np.ndarray, plasma: np.ndarray) -> dict[str, np.ndarray]:
    """Parameters of each curve."""
    signals = signal_ss(1.0, relax(curves / 1000.0, R10, RELAXIVITY), TR, DEGREES)
    tissue = TissueArray(
        (len(curves),),
        kinetics={"tofts": "WV", "extended-tofts": "HF"}[model],
        sequence="SS",
        ca=plasma * (1 - HCT) / 1000,
        t=t,
        r1=RELAXIVITY,
        R10=np.full(len(curves), R10),
        H=np.full(len(curves), HCT),
        S0=np.ones(len(curves)),
        TR=TR,
        FA=DEGREES,
    ).train(t, signals, init_s0=False)
    if model == "tofts":
        return {"ktrans": 60 * tissue.Ktrans, "ve": tissue.vi}
    return {"ktrans": 60 * tissue.PS, "ve": tissue.vi, "vp": tissue.vb * (1 - HCT)}
