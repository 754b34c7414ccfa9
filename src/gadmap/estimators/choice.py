"""Parameter maps by whichever kinetic model each voxel calls for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from gadmap.data import CurveFit, Exam, ParameterMaps
from gadmap.estimators.by_slab import collected
from gadmap.fitting import choose_models
from gadmap.fitting.choice import USUAL_MODELS, box_of_models, require_models
from gadmap.fitting.fit_of_best import CHOICE
from gadmap.physics.device import CPU
from gadmap.physics.voxels import ConcentrationSlab


@dataclass(frozen=True)
class ModelChoice:
    """Every model fitted by least squares in each voxel, and the best of them by its evidence.

    Maps hold the parameters of the best model, NaN where that has none of the name; `best_model`,
    its place in `models` from 1; `weight_tofts` and so on, the Akaike weights; `p_extended-tofts`
    and so on, the p value of the F test against the models nested in it, the highest where these
    are several; and `ktrans_averaged` over all models, whose standard error holds the choice too.

    Attributes
    ----------
    models
        Names of two kinetic models or more.
    bounds
        Quantity name to (lowest, highest), to replace the default box.
    fit_delay, fit_dispersion
        Whether every voxel gets an arterial delay of its own, or a dispersion.
    device
        Where to compute: "cpu", "cuda"; two compartments on the CPU alone.
    progress
        Called with the number of voxels done and of all in the mask.

    Raises
    ------
    ValueError
        If there is no such model, one is given twice, there are fewer than two, or a dispersion is
        asked for beside a delay or of a model that has none.

    References
    ----------
    Burnham and Anderson, Model Selection and Multimodel Inference, 2002.
    """

    models: tuple[str, ...] = USUAL_MODELS
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    fit_delay: bool = False
    fit_dispersion: bool = False
    device: str = CPU
    progress: Callable[[int, int], None] | None = None

    needs_concentration: ClassVar[bool] = True

    def __post_init__(self) -> None:
        require_models(self.models)
        if self.fit_dispersion:
            self._box()

    def estimate(self, exam: Exam) -> ParameterMaps:
        """Maps of every voxel in the mask of `exam`; NaN elsewhere, with a reason.

        Raises
        ------
        ValueError
            If there are too few frames, the bounds are not a box or the arterial input is not
            positive anywhere during the series.
        """
        t = exam.series.t
        plasma = np.interp(t, exam.aif.t, exam.aif.plasma)

        def chosen(slab: ConcentrationSlab) -> CurveFit:
            return choose_models(
                slab.concentration,
                t,
                plasma,
                self.models,
                bounds=self.bounds,
                fit_delay=self.fit_delay,
                fit_dispersion=self.fit_dispersion,
                device=self.device,
            ).fit

        found = collected(exam, chosen, self.progress)
        return found.maps(
            exam,
            estimator="least-squares",
            model=CHOICE,
            settings={
                "models": list(self.models),
                "bounds": self._box(),
            },
        )

    def _box(self) -> dict[str, tuple[float, float]]:
        return box_of_models(
            self.models,
            self.bounds,
            fit_delay=self.fit_delay,
            fit_dispersion=self.fit_dispersion,
        )
