"""Parameter maps by linear least squares, as other tools make them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gadmap.data import CurveFit, Exam, ParameterMaps
from gadmap.estimators.by_slab import collected
from gadmap.fitting import fit_linear
from gadmap.fitting.linear import require_linear
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.voxels import ConcentrationSlab

LINEAR = "linear-least-squares"

_REMARK = (
    "Linear least squares, to compare with: noise biases it, frames that are far apart too, and it "
    "has no bounds and no standard errors. --estimator least-squares has neither fault."
)


@dataclass(frozen=True)
class LinearLeastSquares:
    """Voxelwise linear least squares of a kinetic model's integrated equation.

    Attributes
    ----------
    model
        Name of the kinetic model: one with a linear form.
    progress
        Called with the number of voxels done and of all in the mask.
    """

    model: str = "tofts"
    progress: Callable[[int, int], None] | None = None

    needs_concentration: ClassVar[bool] = True

    def __post_init__(self) -> None:
        require_linear(self.model)

    def estimate(self, exam: Exam) -> ParameterMaps:
        """Maps of every voxel in the mask of `exam`; NaN elsewhere, with a reason.

        Raises
        ------
        ValueError
            If the arterial input is not positive anywhere during the series.
        """
        t = exam.series.t
        plasma = np.interp(t, exam.aif.t, exam.aif.plasma)

        def fitted(slab: ConcentrationSlab) -> CurveFit:
            return fit_linear(slab.concentration, t, plasma, self.model)

        found = collected(exam, fitted, self.progress)
        return found.maps(
            exam,
            estimator=LINEAR,
            model=self.model,
            settings={"model_code": KINETIC_MODELS[self.model].code, "remarks": (_REMARK,)},
        )
