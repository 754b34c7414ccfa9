"""Exact least squares for any number of concentration curves."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.data import CurveFit, Reason
from gadmap.data.frozen import require_rising
from gadmap.fitting.by_input import fit_chunk_by_input, problems_of_input
from gadmap.fitting.chunk import Weighting, fit_chunk, weighting
from gadmap.fitting.fitted import FittedCurves
from gadmap.fitting.problem import make_problem
from gadmap.fitting.results import Results
from gadmap.fitting.rows import rows_of_chunks
from gadmap.physics.device import CPU, require_device
from gadmap.physics.kinetics import (
    KINETIC_MODELS,
    REFERENCE_REGION,
    Bounds,
    CompartmentForm,
    KineticModel,
    LinearForm,
)
from gadmap.physics.side_by_side import one_by_one, side_by_side
from gadmap.quantities import DELAY, DISPERSION, SSE, VE, Quantity

CURVES_A_CHUNK = 1 << 14
CURVES_A_SMALL_CHUNK = 1 << 12  # with weights of their own, or steps


def fit_curves(
    concentration: Float[np.ndarray, "*grid time"],
    t: Float[np.ndarray, " time"],
    cp: Float[np.ndarray, " time"],
    model: str | KineticModel = "tofts",
    *,
    weights: Float[np.ndarray, "..."] | None = None,
    bounds: Bounds | None = None,
    fit_delay: bool = False,
    fit_dispersion: bool = False,
    standard_error: bool = True,
    device: str = CPU,
    progress: Callable[[int, int], None] | None = None,
) -> CurveFit:
    """Parameters of the kinetic `model` that fit each curve best, in the least squares sense.

    The optimum is the global one in the box of `bounds`. The plasma curve is taken as linear
    between its samples, and the convolution with it is exact on any time grid. A curve with a
    sample that is not finite is not fitted: NaN, `valid` false, with a reason.

    Parameters
    ----------
    concentration
        Tissue concentration [mmol/L], time last; float32 or float64, the results have its type.
    t
        Times of the samples [s], rising; need not be even nor start at 0.
    cp
        Plasma concentration [mmol/L] at `t`; the reference's for "reference-region".
    model
        "tofts", "extended-tofts", "patlak", "2cum", "2cxm", "vascular" or "reference-region"; or a
        `KineticModel`.
    weights
        Weight of each sample in the sum of squares, at least 0: one for all curves (time,) or one
        a curve, shaped like `concentration`. Equal weights by default.
    bounds
        Quantity name to (lowest, highest), to replace the default box of `gadmap.quantities`.
    fit_delay
        Whether to fit an arterial delay [s] too: how much later than `t` says the plasma curve
        reaches the tissue. There is nothing before its first sample, and its last one lasts.
    fit_dispersion
        Whether to fit an arterial dispersion [s] too: the time constant of the exponential by which
        the plasma curve is smeared before it reaches the tissue. At 0 it is not. Instead of a
        delay, and for the models of one rate alone.
    standard_error
        Whether to give standard errors.
    device
        Where to compute: "cpu", "cuda"; two compartments ("2cum", "2cxm") on the CPU alone.
    progress
        Called with the number of curves done and of all curves.

    Returns
    -------
    CurveFit
        `fit["ktrans"]` and the other parameters of the model, what follows from them (`fit["kep"]`,
        or `fit["ktrans"]` of a flow), `fit["delay"]` or `fit["dispersion"]` where it was asked for,
        and `fit["r2"]`, shaped like `concentration` without time;
        `fit.standard_error`, `fit.sse`, `fit.valid` and `fit.reason` likewise.

    Raises
    ------
    ValueError
        If the model is unknown or not for that device, shapes disagree, times do not rise, the
        plasma curve is not finite or never above 0, a weight is below 0, bounds are not a box, or a
        dispersion is asked for beside a delay or of another model.

    References
    ----------
    Golub and Pereyra, SIAM J Numer Anal 1973;10:413-432 (variable projection).
    Calamante, Gadian and Connelly, Magn Reson Med 2000;44:466-473 (dispersion).

    Examples
    --------
    >>> fit = fit_curves(concentration, t, cp, model="extended-tofts")
    >>> fit["ktrans"], fit.standard_error["ktrans"]
    """
    kinetic_model = _model(model, device)
    of_input = fitted_of_input(kinetic_model, fit_delay=fit_delay, fit_dispersion=fit_dispersion)
    box = _box(kinetic_model, bounds, of_input)
    check_curves(kinetic_model, concentration, t, cp)
    shared, own = _split_weights(weights, concentration)
    curves = concentration.reshape(-1, t.size)
    tabled = isinstance(kinetic_model.form, LinearForm) and torch.device(device).type == CPU
    by_steps = of_input is DISPERSION or (of_input is DELAY and not tabled)

    def weightings(weights: np.ndarray) -> list[Weighting]:
        rows = _tensor(weights, device)
        errors = standard_error and not by_steps  # steps end with errors of their own
        return [weighting(p, rows, standard_error=errors) for p in problems]

    # only errors take derivatives; without them torch need not keep book
    with torch.inference_mode(not standard_error):
        times, plasma = _tensor(t - t[0], device), _tensor(cp, device)
        make = partial(make_problem, kinetic_model, box, times, plasma)
        problems = problems_of_input(make, of_input, box) if by_steps else [make(of_input)]
        weighted = weightings(shared[None])

    def fit_rows(rows: slice) -> Results:
        with torch.inference_mode(not standard_error):
            mine = weighted if own is None else weightings(own[rows])
            samples = torch.from_numpy(np.require(curves[rows], requirements=["C", "W"])).to(device)
            if by_steps:
                return fit_chunk_by_input(problems, mine, samples, standard_error=standard_error)
            return fit_chunk(problems[0], mine[0], samples, standard_error=standard_error)

    largest = CURVES_A_CHUNK if own is None and not by_steps else CURVES_A_SMALL_CHUNK
    chunks = rows_of_chunks(len(curves), largest, problems[0].columns, by_steps=by_steps)
    results: dict[str, dict[str, np.ndarray]] = {}
    in_turn = side_by_side if plasma.device.type == CPU else one_by_one
    for rows, fit in in_turn(fit_rows, chunks):
        _store(results, fit, rows, curves)
        if progress:
            progress(min(rows.stop, len(curves)), len(curves))
    source = FittedCurves(model=kinetic_model, concentration=concentration, t=t, cp=cp)
    return _curve_fit(source, results, concentration.shape[:-1])


def _store(
    results: dict[str, dict[str, np.ndarray]], fit: Results, rows: slice, curves: np.ndarray
) -> None:
    """Put the results of a chunk in their place; the arrays are made with the first."""
    kinds = {
        "values": fit.values,
        "standard_error": fit.errors,
        "curve": {SSE.name: fit.sse, "reason": fit.reason},
    }
    for kind, named in kinds.items():
        arrays = results.setdefault(kind, {})
        for name, values in named.items():
            if name not in arrays:
                dtype = np.uint8 if name == "reason" else curves.dtype
                arrays[name] = np.empty(len(curves), dtype)
            arrays[name][rows] = values


def _curve_fit(
    source: FittedCurves, results: dict[str, dict[str, np.ndarray]], grid: tuple[int, ...]
) -> CurveFit:
    shaped = {
        kind: {name: array.reshape(grid) for name, array in arrays.items()}
        for kind, arrays in results.items()
    }
    reason = shaped["curve"]["reason"]
    return CurveFit(
        model=source.model.name,
        curves=source,
        values=shaped["values"],
        standard_error=shaped["standard_error"],
        sse=shaped["curve"][SSE.name],
        # plain numbers: numpy looks long at what an enum is
        valid=np.asarray(
            (reason == int(Reason.ESTIMATED)) | (reason >= int(Reason.NO_ENHANCEMENT))
        ),
        reason=reason,
    )


def _tensor(values: np.ndarray, device: str) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, device=device)


def _model(which: str | KineticModel, device: str) -> KineticModel:
    named = KINETIC_MODELS | {REFERENCE_REGION.name: REFERENCE_REGION}
    if isinstance(which, str) and which not in named:
        raise ValueError(f"no kinetic model {which!r}; expected one of {', '.join(named)}")
    model = named[which] if isinstance(which, str) else which
    if isinstance(model.form, CompartmentForm) and device != CPU:
        raise ValueError(f"{model.name} is fitted on the CPU only; found device {device!r}")
    require_device(device)
    return model


def fitted_box(
    model: str,
    bounds: Bounds | None = None,
    *,
    fit_delay: bool = False,
    fit_dispersion: bool = False,
) -> Bounds:
    """Bounds of what a fit of that model fits, in its order, the delay or the dispersion last.

    Raises
    ------
    ValueError
        As `fit_curves` does.
    """
    kinetic = _model(model, "cpu")
    of_input = fitted_of_input(kinetic, fit_delay=fit_delay, fit_dispersion=fit_dispersion)
    return _box(kinetic, bounds, of_input)


def fitted_of_input(
    model: KineticModel, *, fit_delay: bool, fit_dispersion: bool
) -> Quantity | None:
    """What of the arterial input is fitted.

    Raises
    ------
    ValueError
        If that is too much, or the model has no such input.
    """
    if not fit_dispersion:
        return DELAY if fit_delay else None
    if fit_delay:
        raise ValueError(
            "a delay and a dispersion are both to be fitted; expected one of them, for curves "
            "hardly tell one from the other"
        )
    if isinstance(model.form, CompartmentForm) or model is REFERENCE_REGION:
        raise ValueError(
            f"no dispersion is fitted with {model.name}; expected tofts, extended-tofts, patlak or "
            "vascular"
        )
    return DISPERSION


def _box(model: KineticModel, bounds: Bounds | None, of_input: Quantity | None) -> Bounds:
    """Bounds of the model's parameters, the default ones where none are given."""
    fitted = {quantity.name: quantity for quantity in model.parameters}
    fitted |= {of_input.name: of_input} if of_input else {}
    box = {name: quantity.bounds for name, quantity in fitted.items()}
    for name, (low, high) in (bounds or {}).items():
        if name not in box:
            raise ValueError(f"bounds of {name!r}, but {model.name} has {', '.join(box)}")
        lowest, highest = fitted[name].bounds
        least = -np.inf if name == DELAY.name else 0
        if not least <= low < high < np.inf or (name == VE.name and low == 0):
            raise ValueError(
                f"bounds of {name} are {low:g} to {high:g}; expected a range within "
                f"{lowest:g} to {highest:g}"
            )
        box[name] = (float(low), float(high))
    return box


def check_curves(
    model: KineticModel, concentration: np.ndarray, t: np.ndarray, cp: np.ndarray
) -> None:
    """Raise ValueError if these cannot be fitted; the message says why."""
    if concentration.ndim < 1 or concentration.shape[-1] != t.size or cp.shape != t.shape:
        raise ValueError(
            f"concentration has shape {concentration.shape}, t {t.shape}, cp {cp.shape}; expected "
            "time last in concentration and the same times in all. Is time the first axis?"
        )
    if t.size < len(model.parameters):
        raise ValueError(f"{t.size} samples for the {len(model.parameters)} of {model.name}")
    if concentration.dtype not in (np.float32, np.float64):
        raise ValueError(f"concentration is {concentration.dtype}; expected float32 or float64")
    require_rising(t, "t")
    if not 0 < cp.max() < np.inf or cp.min() == -np.inf:  # NaN where one is
        raise ValueError("cp is not finite everywhere, or never above 0; is it the plasma curve?")


def _split_weights(
    weights: np.ndarray | None, concentration: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    """Weights of all curves, and one row a curve where they have their own."""
    frames = concentration.shape[-1]
    if weights is None:
        return np.ones(frames), None
    if weights.shape not in ((frames,), concentration.shape):
        raise ValueError(
            f"weights have shape {weights.shape}; expected ({frames},) or {concentration.shape}"
        )
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("a weight is below 0 or not finite; expected 0 or more, as 1 / variance")
    if weights.ndim == 1:
        return weights, None
    return np.ones(frames), weights.reshape(-1, frames)
