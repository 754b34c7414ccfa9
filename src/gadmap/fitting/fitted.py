"""The curves that a fit was given, for those who want to look at one."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from gadmap.data.curve import FittedCurve
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KineticModel
from gadmap.quantities import DELAY, DISPERSION


@dataclass(frozen=True, eq=False, kw_only=True)
class FittedCurves:
    """Curves as they were given, not copied.

    Attributes
    ----------
    model
        What was fitted.
    concentration
        Tissue concentration [mmol/L], time last.
    t
        Times [s].
    cp
        Plasma concentration [mmol/L].
    """

    model: KineticModel
    concentration: Float[np.ndarray, "*grid time"]
    t: Float[np.ndarray, " time"]
    cp: Float[np.ndarray, " time"]

    def curve(self, index: tuple[int, ...], parameters: dict[str, float]) -> FittedCurve:
        """The curve at that place of the grid, with the model's at those parameters."""
        values = {name: torch.tensor(value).double() for name, value in parameters.items()}
        fitted = tissue_concentration(
            self.model,
            values,
            torch.tensor(np.asarray(self.t - self.t[0], dtype=np.float64)),
            torch.tensor(np.asarray(self.cp, dtype=np.float64)),
            values.get(DELAY.name),
            values.get(DISPERSION.name),
        )
        measured = np.asarray(self.concentration[index], dtype=np.float64)
        return FittedCurve(
            t=np.asarray(self.t, dtype=np.float64), measured=measured, fitted=fitted.numpy()
        )
