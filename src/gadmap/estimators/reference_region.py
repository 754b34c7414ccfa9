"""Maps of the reference region model: no arterial input, but a tissue to compare with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import sqrt
from typing import ClassVar, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.optimize import fminbound

from gadmap.data import CurveFit, Exam, ParameterMaps, Reason
from gadmap.data.walk import thinned
from gadmap.estimators.by_slab import collected
from gadmap.fitting import fit_curves
from gadmap.physics.device import CPU
from gadmap.physics.kinetics import REFERENCE_REGION as MODEL
from gadmap.physics.kinetics import constrained
from gadmap.physics.voxels import ConcentrationSlab, mean_concentration, over_slabs
from gadmap.quantities import KEP_RR, KTRANS, R2, RKTRANS, RVE, VE

REFERENCE_REGION = MODEL.name

_MOST_VOXELS, _FEWEST_VOXELS = 20_000, 10
_EXPLAINED = 0.9  # of the variance, least
_RATES, _PLACES = (0.02, 10.0), 16  # 1/min, and how many are tried first
_STEP = 0.02  # in log kep, for the curvature


class ReferenceRate(NamedTuple):
    """The reference's kep [1/min], its standard error, and how many voxels told it."""

    value: float
    error: float
    voxels: int


@dataclass(frozen=True)
class ReferenceRegionFit:
    """Least squares of the reference region model with one kep of the reference for all voxels.

    That rate is the one that explains all voxels best (`common_rate`); or it follows from `ktrans`
    and `ve` of the reference, where both are given. With one of them the maps are absolute too.

    Attributes
    ----------
    ktrans, ve
        Of the reference tissue [1/min] and [1], from the literature; None where not assumed.
    device
        Where to compute: "cpu", "cuda".
    progress
        Called with the number of voxels done and of all in the mask.
    """

    ktrans: float | None = None
    ve: float | None = None
    device: str = CPU
    progress: Callable[[int, int], None] | None = None

    needs_concentration: ClassVar[bool] = True
    needs_arterial_input: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for quantity, value in ((KTRANS, self.ktrans), (VE, self.ve)):
            low, high = quantity.bounds
            if value is not None and not low < value <= high:
                raise ValueError(
                    f"{quantity.name} of the reference region is {value:g}; expected above "
                    f"{low:g}, to {high:g} {quantity.unit}".rstrip()
                )

    def estimate(self, exam: Exam) -> ParameterMaps:
        """Maps of every voxel in the mask of `exam`; NaN elsewhere, with a reason.

        Raises
        ------
        ValueError
            If the examination has no reference region, this has no concentration or does not
            enhance, or the voxels do not tell its kep.
        """
        t, reference = exam.series.t, reference_curve(exam)
        rate = self._given_rate() or common_rate(_some_curves(exam), t, reference)
        model, scales = constrained(rate.value), self._scales(rate.value)

        def fitted(slab: ConcentrationSlab) -> CurveFit:
            fit = fit_curves(slab.concentration, t, reference, model, device=self.device)
            return _absolute(fit, scales) if scales else fit

        found = collected(exam, fitted, self.progress)
        return found.maps(
            exam,
            estimator=REFERENCE_REGION,
            model=MODEL.name,
            settings={
                "model_code": MODEL.code,
                "bounds": {q.name: q.bounds for q in model.parameters},
                KEP_RR.name: rate.value,
                f"{KEP_RR.name}_se": rate.error,
                f"{KEP_RR.name}_voxels": rate.voxels,
                "reference": dict(scales),
                "remarks": tuple(self._remarks(rate, scales)),
            },
        )

    def _given_rate(self) -> ReferenceRate | None:
        if self.ktrans is None or self.ve is None:
            return None
        return ReferenceRate(self.ktrans / self.ve, 0.0, 0)

    def _scales(self, rate: float) -> Mapping[str, float]:
        """Values of the reference [1/min] and [1], as far as anything is known of them."""
        if self.ktrans is None and self.ve is None:
            return {}
        ktrans = rate * self.ve if self.ktrans is None and self.ve is not None else self.ktrans
        assert ktrans is not None
        return {KTRANS.name: ktrans, VE.name: ktrans / rate}

    def _remarks(self, rate: ReferenceRate, scales: Mapping[str, float]) -> list[str]:
        """Sentences for the reader."""
        told = f"Reference region: its kep is {rate.value:.3g} 1/min"
        if rate.voxels:
            told += (
                f" ± {rate.error:.2g}, which explains {rate.voxels:,} voxels best, and is held in "
                "all; the standard errors take it as exact."
            )
        else:
            told += ", from its ktrans and ve as they were given."
        if not scales:
            scale = "rktrans and rve are ratios to the reference region's ktrans and ve."
        else:
            scale = (
                "ktrans and ve hold as far as the reference region's are "
                f"{scales[KTRANS.name]:.3g} 1/min and {scales[VE.name]:.3g}, which nobody measured."
            )
        return [told, scale]


def reference_curve(exam: Exam) -> Float[np.ndarray, " time"]:
    """Mean concentration [mmol/L] of the reference region.

    Raises
    ------
    ValueError
        If there is none, or it has no concentration or none above 0.
    """
    if exam.reference is None:
        raise ValueError(
            "the examination has no reference region; expected a mask of a tissue, as muscle, with "
            "--reference (reference=)"
        )
    try:
        curve = mean_concentration(exam, exam.reference.voxels)
    except ValueError as error:
        raise ValueError(f"reference region: {error}") from None
    if not curve[exam.baseline_frames :].mean() > 0:
        raise ValueError(
            "reference region: its mean concentration does not rise; expected a tissue that takes "
            "up contrast agent. Does the mask lie on muscle?"
        )
    return curve


def common_rate(
    curves: Float[np.ndarray, "voxel time"],
    t: Float[np.ndarray, " time"],
    reference: Float[np.ndarray, " time"],
) -> ReferenceRate:
    """The kep of the reference that explains all curves best, each having its own noise.

    The likeliest rate, every curve's parameters and noise projected out: the lowest sum of the
    logarithms of their sums of squares. Only curves count that the model explains well with a rate
    of their own; to ask that they tell the rate well would favour high rates. Its standard error is
    that of the curvature there.

    Raises
    ------
    ValueError
        If these curves are too few, or do not tell the rate.
    """
    fit = fit_curves(curves, t, reference, MODEL, standard_error=False)
    told = curves[(fit.reason == Reason.ESTIMATED) & (fit[R2.name] >= _EXPLAINED)]
    if len(told) < _FEWEST_VOXELS:
        raise ValueError(
            f"only {len(told)} voxels follow the reference region model closely enough to tell the "
            f"reference's kep; expected {_FEWEST_VOXELS} or more. Give its ktrans and ve"
        )

    def misfit(position: float) -> float:
        model = constrained(float(np.exp(position)))
        squares = fit_curves(told, t, reference, model, standard_error=False).sse
        return float(np.log(np.maximum(squares, np.finfo(np.float64).tiny)).sum())

    places = np.linspace(np.log(_RATES[0]), np.log(_RATES[1]), _PLACES)
    lowest = int(np.argmin([misfit(place) for place in places]))
    if lowest in (0, _PLACES - 1):
        raise ValueError(
            f"the voxels do not tell the kep of the reference region: none from {_RATES[0]:g} to "
            f"{_RATES[1]:g} 1/min explains them best. Give its ktrans and ve"
        )
    around = (places[lowest - 1], places[lowest + 1])
    best = float(np.asarray(fminbound(misfit, *around)))
    rise = misfit(best - _STEP) + misfit(best + _STEP) - 2 * misfit(best)
    freedom = t.size - len(constrained(1.0).parameters)
    spread = _STEP / sqrt(max(rise, 1e-12) * freedom / 2)
    return ReferenceRate(float(np.exp(best)), float(np.exp(best)) * spread, len(told))


def _some_curves(exam: Exam) -> Float[np.ndarray, "voxel time"]:
    """Concentration [mmol/L] of some thousand voxels of the mask, evenly chosen."""
    few = np.zeros_like(exam.mask)
    few[tuple(thinned(exam.mask, _MOST_VOXELS).T)] = True
    slabs = list(over_slabs(replace(exam, mask=few), lambda slab: slab.concentration))
    return np.concatenate(slabs) if slabs else np.empty((0, exam.series.t.size), np.float32)


def _absolute(fit: CurveFit, scales: Mapping[str, float]) -> CurveFit:
    """The fit with the relative parameters times the reference's values, by their names, first."""

    def named(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        pairs = ((RKTRANS.name, KTRANS.name), (RVE.name, VE.name))
        own = {name: np.float32(scales[name]) * arrays[relative] for relative, name in pairs}
        return own | dict(arrays)

    return replace(fit, values=named(fit.values), standard_error=named(fit.standard_error))
