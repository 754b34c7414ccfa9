"""Parameter maps by exact least squares."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from gadmap.data import CurveFit, Exam, ParameterMaps
from gadmap.estimators.by_slab import collected
from gadmap.fitting import fit_curves
from gadmap.fitting.curves import fitted_box
from gadmap.physics.device import CPU
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.voxels import ConcentrationSlab


@dataclass(frozen=True)
class LeastSquares:
    """Voxelwise least squares of a kinetic model, the global optimum in its bounds.

    Attributes
    ----------
    model
        Name of the kinetic model.
    bounds
        Quantity name to (lowest, highest), to replace the default box.
    fit_delay, fit_dispersion
        Whether every voxel gets an arterial delay of its own, or a dispersion.
    device
        Where to compute: "cpu", "cuda".
    progress
        Called with the number of voxels done and of all in the mask.

    Raises
    ------
    ValueError
        If a dispersion is asked for beside a delay, or of a model that has none.
    """

    model: str = "tofts"
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    fit_delay: bool = False
    fit_dispersion: bool = False
    device: str = CPU
    progress: Callable[[int, int], None] | None = None

    needs_concentration: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.fit_dispersion:
            self._box()

    def estimate(self, exam: Exam) -> ParameterMaps:
        """Maps of every voxel in the mask of `exam`; NaN elsewhere, with a reason.

        Raises
        ------
        ValueError
            If the model is unknown, the bounds are not a box or the arterial input is not
            positive anywhere during the series.
        """
        t = exam.series.t
        plasma = np.interp(t, exam.aif.t, exam.aif.plasma)

        def fitted(slab: ConcentrationSlab) -> CurveFit:
            return fit_curves(
                slab.concentration,
                t,
                plasma,
                self.model,
                bounds=self.bounds,
                fit_delay=self.fit_delay,
                fit_dispersion=self.fit_dispersion,
                device=self.device,
            )

        found = collected(exam, fitted, self.progress)
        return found.maps(
            exam,
            estimator="least-squares",
            model=self.model,
            settings={"model_code": KINETIC_MODELS[self.model].code, "bounds": self._box()},
        )

    def _box(self) -> dict[str, tuple[float, float]]:
        return dict(
            fitted_box(
                self.model,
                self.bounds,
                fit_delay=self.fit_delay,
                fit_dispersion=self.fit_dispersion,
            )
        )
