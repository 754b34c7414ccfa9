"""Parameter maps by exact least squares."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from gadmap.data import CurveFit, Exam, ParameterMaps, Reason
from gadmap.data.scratch import full_beside, let_go
from gadmap.fitting import fit_curves
from gadmap.physics.device import CPU
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.voxels import ConcentrationSlab, over_slabs
from gadmap.quantities import DELAY


@dataclass(frozen=True)
class LeastSquares:
    """Voxelwise least squares of a kinetic model, the global optimum in its bounds.

    Attributes
    ----------
    model
        Name of the kinetic model.
    bounds
        Quantity name to (lowest, highest), to replace the default box.
    fit_delay
        Whether every voxel gets an arterial delay of its own.
    device
        Where to compute: "cpu", "cuda".
    progress
        Called with the number of voxels done and of all in the mask.
    """

    model: str = "tofts"
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    fit_delay: bool = False
    device: str = CPU
    progress: Callable[[int, int], None] | None = None

    needs_concentration: ClassVar[bool] = True

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
        total = int(exam.mask.sum())
        values: dict[str, np.ndarray] = {}
        errors: dict[str, np.ndarray] = {}
        grid, signal = exam.series.grid, exam.series.signal
        reason = full_beside(signal, grid, Reason.OUTSIDE_MASK, np.uint8)
        done = 0

        def fitted(slab: ConcentrationSlab) -> tuple[np.ndarray, np.ndarray, CurveFit]:
            return (
                slab.voxels,
                slab.reason,
                fit_curves(
                    slab.concentration,
                    t,
                    plasma,
                    self.model,
                    bounds=self.bounds,
                    fit_delay=self.fit_delay,
                    device=self.device,
                ),
            )

        for voxels, before, fit in over_slabs(exam, fitted):
            at = np.unravel_index(voxels, grid)
            _put(values, fit.values, at, exam)
            _put(errors, fit.standard_error, at, exam)
            reason[at] = _first_reason(before, fit)
            let_go(reason, *values.values(), *errors.values())
            done += voxels.size
            if self.progress:
                self.progress(done, total)
        return ParameterMaps(
            values=values,
            standard_error=errors,
            valid=(reason == Reason.ESTIMATED) | (reason >= Reason.NO_ENHANCEMENT),
            reason=reason,
            affine=exam.series.affine,
            estimator="least-squares",
            model=self.model,
            settings={"model_code": KINETIC_MODELS[self.model].code, "bounds": self._box()},
        )

    def _box(self) -> dict[str, tuple[float, float]]:
        parameters = (*KINETIC_MODELS[self.model].parameters, *((DELAY,) if self.fit_delay else ()))
        return {q.name: self.bounds.get(q.name, q.bounds) for q in parameters}


def _put(
    maps: dict[str, np.ndarray],
    fitted: Mapping[str, np.ndarray],
    at: tuple[np.ndarray, ...],
    exam: Exam,
) -> None:
    """Put the values of some voxels into their maps, which start as NaN."""
    for name, found in fitted.items():
        if name not in maps:
            maps[name] = full_beside(exam.series.signal, exam.series.grid, np.nan)
        maps[name][at] = found


def _first_reason(before: np.ndarray, fit: CurveFit) -> np.ndarray:
    """Why there is no concentration where there is none, else what the fit says."""
    return np.where(before == Reason.ESTIMATED, fit.reason, before)
