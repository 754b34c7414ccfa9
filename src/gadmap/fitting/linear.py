"""Linear least squares of the models' integrated equations, as other tools fit them.

Integrated over time, a compartment model is linear in combinations of its parameters, with
integrals of the measured curve itself among the columns. That needs no search; but noise in these
columns biases what is found, and integrals by the trapezium between frames err where frames are
far apart. It is here to compare with; `fit_curves` has neither fault.

References
----------
Murase, Magn Reson Med 2004;51:858-862 (both Tofts models). Flouri, Lesnic and Sourbron, Magn Reson
Med 2016;76:998-1006 (two-compartment exchange). Patlak, Blasberg and Fenstermacher, J Cereb Blood
Flow Metab 1983;3:1-7.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from scipy.special import fdtri
from torch import Tensor

from gadmap.data import CurveFit, Reason
from gadmap.fitting.chunk import SIGNIFICANCE
from gadmap.fitting.curves import check_curves
from gadmap.fitting.fitted import FittedCurves
from gadmap.physics.convolution import running_integral
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import (
    EXCHANGE,
    EXTENDED_TOFTS,
    KINETIC_MODELS,
    PATLAK,
    TOFTS,
    KineticModel,
)
from gadmap.physics.kinetics.uptake import PER_100_ML
from gadmap.quantities import FP, KTRANS, PS, R2, SECONDS_PER_MINUTE, VE, VP

CURVES_A_CHUNK = 1 << 14

Parameters = dict[str, Float[Tensor, " voxel"]]


class Integrals(NamedTuple):
    """The curves and the plasma, and their integrals once and twice over time [min]."""

    curve: Float[Tensor, "voxel time"]
    once: Float[Tensor, "voxel time"]
    twice: Float[Tensor, "voxel time"]
    plasma: Float[Tensor, " time"]
    plasma_once: Float[Tensor, " time"]
    plasma_twice: Float[Tensor, " time"]


class LinearEquation(NamedTuple):
    """Columns whose sum is the curve, and the parameters from their coefficients."""

    columns: Callable[[Integrals], tuple[Tensor, ...]]
    parameters: Callable[..., Parameters]


def _tofts(ktrans: Tensor, kep: Tensor) -> Parameters:
    return {KTRANS.name: ktrans, VE.name: ktrans / kep}


def _extended(both: Tensor, kep: Tensor, vp: Tensor) -> Parameters:
    """The first coefficient is ktrans + kep vp."""
    return _tofts(both - kep * vp, kep) | {VP.name: vp}


def _patlak(ktrans: Tensor, vp: Tensor) -> Parameters:
    return {KTRANS.name: ktrans, VP.name: vp}


def _exchange(alpha: Tensor, beta: Tensor, flow: Tensor, delta: Tensor) -> Parameters:
    """From alpha = fp ps / (vp ve), beta = (fp + ps) / vp + ps / ve and delta = alpha (vp + ve)."""
    volume = delta / alpha
    time = beta / alpha - volume / flow
    vp = flow / (alpha * time)
    ve = volume - vp
    return {FP.name: flow * PER_100_ML, PS.name: ve / time, VE.name: ve, VP.name: vp}


class _Fitted(NamedTuple):
    """Of some curves."""

    values: Parameters
    sse: Float[Tensor, " voxel"]
    reason: UInt8[np.ndarray, " voxel"]


LINEAR_MODELS: Mapping[str, LinearEquation] = {
    TOFTS.name: LinearEquation(lambda i: (i.plasma_once, -i.once), _tofts),
    EXTENDED_TOFTS.name: LinearEquation(lambda i: (i.plasma_once, -i.once, i.plasma), _extended),
    PATLAK.name: LinearEquation(lambda i: (i.plasma_once, i.plasma), _patlak),
    EXCHANGE.name: LinearEquation(
        lambda i: (-i.twice, -i.once, i.plasma_once, i.plasma_twice), _exchange
    ),
}


def fit_linear(
    concentration: Float[np.ndarray, "*grid time"],
    t: Float[np.ndarray, " time"],
    cp: Float[np.ndarray, " time"],
    model: str = "tofts",
) -> CurveFit:
    """Parameters of the kinetic `model` by linear least squares of its integrated equation.

    Without bounds: what is outside of the exact fit's is kept and flagged as at its bound. There
    are no standard errors, as columns that hold the curve's own noise have no honest ones. `sse`
    and `r2` are those of the model's curve at the parameters.

    Parameters
    ----------
    concentration, t, cp
        Tissue [mmol/L], time last; times [s]; plasma [mmol/L] at these; as in `fit_curves`.
    model
        "tofts", "extended-tofts", "patlak" or "2cxm".

    Raises
    ------
    ValueError
        If the model has no linear form, shapes disagree, times do not rise, or the plasma curve is
        not finite or never above 0.
    """
    require_linear(model)
    kinetic = KINETIC_MODELS[model]
    check_curves(kinetic, concentration, t, cp)
    curves, grid = concentration.reshape(-1, t.size), concentration.shape[:-1]
    with torch.inference_mode():
        pieces = [
            _fitted(torch.tensor(curves[first : first + CURVES_A_CHUNK]).double(), t, cp, model)
            for first in range(0, max(len(curves), 1), CURVES_A_CHUNK)
        ]
    reason = np.concatenate([piece.reason for piece in pieces])

    def whole(parts: list[Tensor]) -> np.ndarray:
        return torch.cat(parts).numpy().astype(concentration.dtype).reshape(grid)

    return CurveFit(
        model=model,
        values={name: whole([p.values[name] for p in pieces]) for name in pieces[0].values},
        standard_error={},
        sse=whole([piece.sse for piece in pieces]),
        valid=((reason == Reason.ESTIMATED) | (reason >= Reason.NO_ENHANCEMENT)).reshape(grid),
        reason=reason.reshape(grid),
        curves=FittedCurves(model=kinetic, concentration=concentration, t=t, cp=cp),
    )


def require_linear(model: str) -> None:
    """Raise ValueError if the model has no linear form."""
    if model not in LINEAR_MODELS:
        raise ValueError(f"no linear form of {model!r}; expected one of {', '.join(LINEAR_MODELS)}")


def _fitted(
    curves: Float[Tensor, "voxel time"], t: np.ndarray, cp: np.ndarray, model: str
) -> _Fitted:
    kinetic = KINETIC_MODELS[model]
    finite = torch.isfinite(curves).all(dim=1)
    curves = curves.where(finite[:, None], 0.0)
    times, plasma = torch.tensor(t - t[0]).double(), torch.tensor(cp).double()
    parameters = _solved(curves, times / SECONDS_PER_MINUTE, plasma, LINEAR_MODELS[model])
    ordered = [parameters[q.name] for q in kinetic.parameters]
    sse = (curves - tissue_concentration(kinetic, parameters, times, plasma)).square().sum(dim=1)
    known = finite & torch.isfinite(torch.stack([*ordered, sse])).all(dim=0)
    spread = (curves - curves.mean(dim=1, keepdim=True)).square().sum(dim=1)
    values = parameters | kinetic.derived(*ordered) | {R2.name: 1 - sse / spread}
    reason = np.zeros(len(curves), np.uint8)
    for found, code in (
        (_outside(kinetic, ordered), Reason.AT_BOUND),
        (~_enhancing(curves, sse, len(ordered)), Reason.NO_ENHANCEMENT),
        (~known, Reason.NOT_DETERMINED),
        (~finite, Reason.NOT_FINITE),
    ):
        reason[found.numpy()] = code
    shown = {name: found.where(known, torch.nan) for name, found in values.items()}
    return _Fitted(shown, sse.where(known, torch.nan), reason)


def _outside(model: KineticModel, parameters: list[Tensor]) -> Bool[Tensor, " voxel"]:
    """Where a parameter lies outside of the exact fit's bounds."""
    outside = torch.zeros_like(parameters[0], dtype=torch.bool)
    for quantity, values in zip(model.parameters, parameters, strict=True):
        low, high = quantity.bounds
        outside |= (values < low) | (values > high)
    return outside


def _enhancing(
    curves: Float[Tensor, "voxel time"], sse: Float[Tensor, " voxel"], parameters: int
) -> Bool[Tensor, " voxel"]:
    """Where the model takes more off the sum of squares than noise alone would let it."""
    freedom = curves.shape[1] - parameters
    needed = fdtri(parameters, freedom, SIGNIFICANCE) * parameters / freedom
    return curves.square().sum(dim=1) - sse > needed * sse


def _solved(
    curves: Float[Tensor, "voxel time"],
    minutes: Float[Tensor, " time"],
    plasma: Float[Tensor, " time"],
    equation: LinearEquation,
) -> Parameters:
    """Parameters from the least squares of the equation, by QR: its columns are nearly alike."""
    once, plasma_once = running_integral(curves, minutes), running_integral(plasma, minutes)
    integrals = Integrals(
        curves,
        once,
        running_integral(once, minutes),
        plasma,
        plasma_once,
        running_integral(plasma_once, minutes),
    )
    columns = equation.columns(integrals)
    q, r = torch.linalg.qr(torch.stack([c.expand_as(curves) for c in columns], dim=-1))
    coefficients = torch.linalg.solve_triangular(r, q.mT @ curves[..., None], upper=True)
    return equation.parameters(*coefficients[..., 0].unbind(dim=-1))
