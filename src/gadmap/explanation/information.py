"""What each frame is worth to ktrans, by Fisher's information of the exact model.

Under white noise of standard deviation sigma on the concentration, a frame adds J_t' J_t / sigma²
to the information on a model's parameters, with J_t the derivative of the model curve by them. What
it adds to the information on ktrans once the other parameters are fitted too is r_t² / sigma², with
r the part of ktrans' derivative that those of the others do not explain: these add up to
1 / variance of ktrans, the fit's own.

References
----------
Seber and Wild, Nonlinear Regression, 1989, section 5.1. The efficient score: Bickel et al.,
Efficient and Adaptive Estimation for Semiparametric Models, 1993, section 2.4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from gadmap.data import Exam, Reason
from gadmap.explanation.region import Region
from gadmap.fitting import fit_curves
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.voxels import exam_concentration
from gadmap.quantities import KTRANS


@dataclass(frozen=True, eq=False, kw_only=True)
class Sampling:
    """What the frames of an examination are worth to ktrans in a region.

    Attributes
    ----------
    model
        Kinetic model.
    since
        Times of the frames since the first enhanced one [s].
    parameters
        Fitted to the region's mean curve, by name.
    standard_error
        Of ktrans [1/min], from Fisher's information; the fit's own.
    worth
        Share of each frame in the information on ktrans; they add up to 1.
    thinned_from
        Times [s] from which on every second frame is left out.
    factor
        What that multiplies ktrans' standard error by.
    late, early
        The same factor where the later half of the time since arrival is thinned, and where the
        earlier half is.
    late_frames, early_frames
        Frames left out there.
    """

    model: str
    since: Float[np.ndarray, " time"]
    parameters: Mapping[str, float]
    standard_error: float
    worth: Float[np.ndarray, " time"]
    thinned_from: Float[np.ndarray, " start"]
    factor: Float[np.ndarray, " start"]
    late: float
    early: float
    late_frames: int
    early_frames: int


def region_sampling(exam: Exam, region: Region, model: str = "tofts") -> Sampling:
    """What each frame is worth in the region, and what sampling it less would cost.

    Raises
    ------
    ValueError
        If the model does not fit ktrans, no voxel of the region has a concentration, or its mean
        curve does not determine the model's parameters.
    """
    names = [quantity.name for quantity in KINETIC_MODELS[model].parameters]
    if KTRANS.name not in names:
        raise ValueError(f"{model} has {', '.join(names)}; expected one that fits {KTRANS.name}")
    curve = _mean_curve(exam, region)
    t = exam.series.t
    plasma = np.interp(t, exam.aif.t, exam.aif.plasma)
    fit = fit_curves(curve, t, plasma, model)
    parameters = {name: float(fit[name]) for name in names}
    if int(fit.reason) != Reason.ESTIMATED or not parameters[KTRANS.name] > 0:
        raise ValueError(
            f"the mean curve of the region does not determine {model} "
            f"({Reason(int(fit.reason)).sentence}); what a frame is worth cannot be told there"
        )
    noise = float(np.sqrt(fit.sse / (t.size - len(names))))
    slopes = sensitivities(model, parameters, t, plasma)
    information = frame_information(slopes, noise)
    since = t - t[exam.baseline_frames]
    worth = information_on(slopes, noise, names.index(KTRANS.name))
    starts = since[since >= 0]
    middle = since[-1] / 2

    def cost(where: Bool[np.ndarray, " time"]) -> tuple[float, int]:
        kept = ~every_second(where)
        errors = standard_errors(information[kept].sum(axis=0))
        full = standard_errors(information.sum(axis=0))
        place = names.index(KTRANS.name)
        return float(errors[place] / full[place]), int((~kept).sum())

    late, late_frames = cost(since >= middle)
    early, early_frames = cost((since >= 0) & (since < middle))
    return Sampling(
        model=model,
        since=since,
        parameters=parameters,
        standard_error=float(1 / np.sqrt(worth.sum())),
        worth=worth / worth.sum(),
        thinned_from=starts,
        factor=np.array([cost(since >= start)[0] for start in starts]),
        late=late,
        early=early,
        late_frames=late_frames,
        early_frames=early_frames,
    )


def sensitivities(
    model: str,
    parameters: Mapping[str, float],
    t: Float[np.ndarray, " time"],
    plasma: Float[np.ndarray, " time"],
) -> Float[np.ndarray, "time parameter"]:
    """Derivatives of the tissue concentration [mmol/L] by the model's parameters."""
    kinetic = KINETIC_MODELS[model]
    names = [quantity.name for quantity in kinetic.parameters]
    times = torch.tensor(t - t[0], dtype=torch.float64)
    curve = torch.tensor(plasma, dtype=torch.float64)

    def tissue(values: Float[Tensor, " parameter"]) -> Float[Tensor, " time"]:
        return tissue_concentration(
            kinetic, dict(zip(names, values.unbind(), strict=True)), times, curve
        )

    at = torch.tensor([parameters[name] for name in names], dtype=torch.float64)
    return torch.autograd.functional.jacobian(tissue, at).numpy()


def frame_information(
    slopes: Float[np.ndarray, "time parameter"], noise: float
) -> Float[np.ndarray, "time parameter parameter"]:
    """Fisher's information that each frame adds, for noise of that standard deviation [mmol/L]."""
    return slopes[:, :, None] * slopes[:, None, :] / noise**2


def standard_errors(
    information: Float[np.ndarray, "parameter parameter"],
) -> Float[np.ndarray, " parameter"]:
    """Standard error of each parameter, infinite where the frames do not determine them."""
    if np.linalg.matrix_rank(information) < len(information):
        return np.full(len(information), np.inf)
    return np.sqrt(np.diag(np.linalg.inv(information)))


def information_on(
    slopes: Float[np.ndarray, "time parameter"], noise: float, which: int
) -> Float[np.ndarray, " time"]:
    """What each frame adds to 1 / variance of one parameter while the others are fitted too."""
    others = np.delete(slopes, which, axis=1)
    shared = np.linalg.lstsq(others, slopes[:, which], rcond=None)[0]
    return ((slopes[:, which] - others @ shared) / noise) ** 2


def every_second(where: Bool[np.ndarray, " time"]) -> Bool[np.ndarray, " time"]:
    """The second, fourth, ... of the frames there: those left out at half the rate."""
    left_out = np.zeros(where.size, dtype=bool)
    left_out[np.flatnonzero(where)[1::2]] = True
    return left_out


def _mean_curve(exam: Exam, region: Region) -> Float[np.ndarray, " time"]:
    """Mean concentration [mmol/L] of the region's voxels that have one."""
    concentration, _ = exam_concentration(replace(exam, mask=region.mask))
    known = concentration[region.mask & np.isfinite(concentration).all(axis=-1)]
    if not len(known):
        raise ValueError(
            "no voxel of the region has a concentration; is T1 known there? Give --t10 or --vfa"
        )
    return known.astype(np.float64).mean(axis=0)
