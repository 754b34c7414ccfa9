"""QIBA's Tofts object of version 6, from whole-number signals to ktrans and ve."""

import numpy as np
import torch

from gadmap import fit_curves
from gadmap.data import CurveFit
from gadmap.physics.relaxivity import concentration_of_rate
from gadmap.physics.spgr import spgr_r1, spgr_s0
from validation.reference_data import QibaObject, qiba_object, reference_folder
from validation.study import Study, run_alone, table


def fitted(made: QibaObject) -> CurveFit:
    """The fit of every combination, S0 from the first frame."""
    signal, r10 = torch.tensor(made.signal), torch.tensor(made.r10)[..., None]
    angle = torch.tensor(made.flip_angle, dtype=torch.float64)
    s0 = spgr_s0(signal[..., :1], r10, angle, made.tr)
    rate = spgr_r1(signal, s0, angle, made.tr)
    curves = concentration_of_rate(rate, r10, made.relaxivity).numpy()
    return fit_curves(curves, made.t, made.plasma)


def concordance(found: np.ndarray, truth: np.ndarray) -> float:
    """Lin's concordance correlation coefficient (Biometrics 1989;45:255-268)."""
    covariance = np.mean((found - found.mean()) * (truth - truth.mean()))
    return 2 * covariance / (found.var() + truth.var() + (found.mean() - truth.mean()) ** 2)


def study() -> Study:
    """The section."""
    made = qiba_object(reference_folder())
    fit = fitted(made)
    rows = []
    for name, true in made.truth.items():
        error = np.abs(fit[name] / true - 1)
        rows.append(
            (
                name,
                true.size,
                f"{concordance(fit[name], true):.7f}",
                f"{100 * np.median(error):.3f} %",
                f"{100 * error.max():.3f} %",
            )
        )
    head = ("quantity", "combinations", "concordance", "median error", "worst error")
    step = made.t[1] - made.t[0]
    text = f"""
QIBA's digital reference object of version 6, as in [DCEMRI.jl][dcemri]: 6 ktrans by 5 ve without
noise, {made.t.size:,} frames every {step:g} s. The way goes from signals, which the object rounds
to whole numbers, through the inverse of the signal equation to the Tofts fit; what is left is that
rounding.

[dcemri]: https://github.com/davidssmith/DCEMRI.jl

{table(head, rows)}
"""
    return Study(name="qiba", title="QIBA's digital reference object", text=text)


if __name__ == "__main__":
    run_alone(study)
