"""sepal: ConcToPKP over an image, in as many processes as there are cores.

Its convolution is left at a point a frame, its default: more of them change nothing here.
"""

import os

import numpy as np
from sepal.aifs import PatientSpecific
from sepal.dce_fit import ConcToPKP
from sepal.pk_models import ExtendedTofts, Tofts


def fit(model: str, curves: np.ndarray, t: np.ndarray, plasma: np.ndarray) -> dict[str, np.ndarray]:
    """Parameters of each curve; NaN where it refuses one."""
    kinetics = {"tofts": Tofts, "extended-tofts": ExtendedTofts}[model]
    fitter = ConcToPKP(kinetics(t, PatientSpecific(t, plasma)))
    image = curves[:, None, None].astype(float)
    *found, _ = fitter.proc_image(image, dir=None, n_procs=os.cpu_count() or 1)
    values = dict(zip(fitter.pk_model.parameter_names, found, strict=True))
    return {"ktrans" if name == "ps" else name: value for name, value in values.items()}
