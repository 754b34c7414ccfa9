"""Which kinetic model curves call for: all fitted exactly, then weighed against each other."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from jaxtyping import Float

from gadmap.data import ChosenModels
from gadmap.fitting.curves import fit_curves, fitted_of_input
from gadmap.fitting.evidence import (
    akaike_weights,
    corrected_akaike,
    f_test,
    resolved,
)
from gadmap.fitting.fit_of_best import fit_of_best
from gadmap.physics.device import CPU
from gadmap.physics.kinetics import KINETIC_MODELS, Bounds
from gadmap.quantities import DELAY, DISPERSION

USUAL_MODELS = ("vascular", "patlak", "tofts", "extended-tofts", "2cxm")
"""From plasma alone to exchange with a flow: brain and body."""

_CONTAINED = {
    "patlak": ("vascular",),
    "extended-tofts": ("vascular", "patlak", "tofts"),
    "2cum": ("vascular", "patlak"),
    "2cxm": ("vascular", "patlak", "tofts", "extended-tofts", "2cum"),
}
"""Model to those that it becomes at the end of a parameter's range."""


def choose_models(
    concentration: Float[np.ndarray, "*grid time"],
    t: Float[np.ndarray, " time"],
    cp: Float[np.ndarray, " time"],
    models: Sequence[str] = USUAL_MODELS,
    *,
    weights: Float[np.ndarray, "..."] | None = None,
    bounds: Bounds | None = None,
    fit_delay: bool = False,
    fit_dispersion: bool = False,
    device: str = CPU,
    progress: Callable[[int, int], None] | None = None,
) -> ChosenModels:
    """Kinetic models fitted to each curve, and which of them it calls for.

    Each model is fitted as by `fit_curves`. The number of frames that count is that of those with a
    weight, the number of unknowns that of the parameters and one for the noise. A misfit below
    1e-5 of the curve counts as that: there the tables of the fit end, and no measurement begins.
    A fit that did not converge, or whose parameters the frames do not resolve, has its sum of
    squares like any other, which is at most too high: that speaks against its model. Its ktrans
    enters the average only where it is the best, and then the curve bears that reason: an exchange
    model takes a curve of one compartment for plasma as well as for interstitium.

    Parameters
    ----------
    concentration, t, cp, weights
        As `fit_curves` takes them.
    models
        Names of two kinetic models or more.
    bounds
        Quantity name to (lowest, highest), for every model that has it.
    fit_delay
        Whether every model has an arterial delay, one parameter more.
    fit_dispersion
        Whether every model has an arterial dispersion instead; none of them with two compartments.
    device
        Where to compute: "cpu", "cuda"; two compartments on the CPU alone.
    progress
        Called with the number of fits done and of all fits.

    Returns
    -------
    ChosenModels
        `chosen.fit["ktrans"]` of the best model and `chosen.fit["ktrans_averaged"]` over all of
        them [1/min], `chosen.best`, `chosen.weight["tofts"]`,
        `chosen.p_value["tofts", "extended-tofts"]`, shaped like `concentration` without time.

    Raises
    ------
    ValueError
        As `fit_curves` does; if models are fewer than two or given twice, or there are too few
        frames for their parameters.

    References
    ----------
    Burnham and Anderson, Model Selection and Multimodel Inference, 2002, chapters 2 and 4.
    Ewing and Bagher-Ebadian, NMR Biomed 2013;26:1028-1041: nested models in DCE-MRI.

    Examples
    --------
    >>> chosen = choose_models(concentration, t, cp, ("tofts", "extended-tofts"))
    >>> chosen.best, chosen.fit["ktrans_averaged"]
    """
    models = tuple(models)
    require_models(models)
    box_of_models(models, bounds, fit_delay=fit_delay, fit_dispersion=fit_dispersion)
    fits = {
        model: fit_curves(
            concentration,
            t,
            cp,
            model,
            weights=weights,
            bounds=_bounds_of(model, bounds),
            fit_delay=fit_delay,
            fit_dispersion=fit_dispersion,
            device=device,
            progress=_counting(progress, done, len(models)),
        )
        for done, model in enumerate(models)
    }
    frames, squares = _samples(concentration, weights)
    more = fit_delay or fit_dispersion
    count = {model: len(KINETIC_MODELS[model].parameters) + more for model in models}
    _require_frames(frames, count)
    sse = _by_model(models, resolved([fit.sse for fit in fits.values()], squares))
    aicc = {model: corrected_akaike(sse[model], frames, count[model]) for model in models}
    weight = _by_model(models, akaike_weights(np.stack(list(aicc.values()))))
    p_value = {
        (smaller, larger): f_test(
            sse[smaller], sse[larger], (count[smaller], count[larger]), frames
        )
        for smaller, larger in nested_pairs(models)
    }
    best = _best(np.stack(list(weight.values())))
    return ChosenModels(
        models=models,
        fits=fits,
        aicc=aicc,
        weight=weight,
        p_value=p_value,
        best=best,
        fit=fit_of_best(fits, weight, p_value, best),
    )


def nested_pairs(models: Sequence[str]) -> list[tuple[str, str]]:
    """Each (smaller, larger) of `models` with no other of them between the two."""
    inside = {larger: set(_CONTAINED.get(larger, ())) & set(models) for larger in models}
    return [
        (smaller, larger)
        for larger in models
        for smaller in models
        if smaller in inside[larger] and not any(smaller in inside[m] for m in inside[larger])
    ]


def require_models(models: Sequence[str]) -> None:
    """Raise ValueError unless these are two kinetic models or more, each once."""
    unknown = [model for model in models if model not in KINETIC_MODELS]
    if unknown:
        raise ValueError(
            f"no kinetic model {unknown[0]!r}; expected some of {', '.join(KINETIC_MODELS)}"
        )
    if len(models) < 2 or len(set(models)) < len(models):
        raise ValueError(
            f"models to compare are {', '.join(models) or 'none'}; expected two or more, each once"
        )


def box_of_models(
    models: Sequence[str], bounds: Bounds | None, *, fit_delay: bool, fit_dispersion: bool
) -> dict[str, tuple[float, float]]:
    """Bounds of every quantity that one of the models has, the default ones where none are given.

    Raises
    ------
    ValueError
        If there are bounds of what no model has, or a model has no such input.
    """
    fitted = [quantity for model in models for quantity in KINETIC_MODELS[model].parameters]
    of_input = [
        fitted_of_input(KINETIC_MODELS[m], fit_delay=fit_delay, fit_dispersion=fit_dispersion)
        for m in models
    ]
    box = {q.name: q.bounds for q in (*fitted, *of_input) if q}
    unknown = [name for name in bounds or {} if name not in box]
    if unknown:
        raise ValueError(f"bounds of {unknown[0]!r}, but the models have {', '.join(box)}")
    return box | dict(bounds or {})


def _by_model(models: Sequence[str], rows: np.ndarray) -> dict[str, np.ndarray]:
    return {model: rows[place, ...] for place, model in enumerate(models)}


def _best(weight: Float[np.ndarray, "model *grid"]) -> np.ndarray:
    known = ~np.isnan(weight).any(axis=0)
    return np.asarray(np.where(known, weight.argmax(axis=0) + 1, 0), np.uint8)


def _samples(
    concentration: np.ndarray, weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Frames that have a weight, one number or one a curve, and weighted squares of the curves."""
    curves = concentration.astype(np.float64)
    used = np.ones(curves.shape[-1]) if weights is None else weights
    return np.asarray((used > 0).sum(axis=-1)), np.asarray((used * curves**2).sum(axis=-1))


def _require_frames(frames: np.ndarray, count: Mapping[str, int]) -> None:
    largest = max(count, key=lambda model: count[model])
    needed = count[largest] + 3  # the criterion divides by frames - parameters - 2
    if frames.size and frames.min() < needed:
        raise ValueError(
            f"{frames.min()} samples with a weight for the {count[largest]} parameters of "
            f"{largest}; expected {needed} or more to weigh models"
        )


def _bounds_of(model: str, bounds: Bounds | None) -> Bounds:
    own = {q.name for q in KINETIC_MODELS[model].parameters} | {DELAY.name, DISPERSION.name}
    return {name: box for name, box in (bounds or {}).items() if name in own}


def _counting(
    progress: Callable[[int, int], None] | None, before: int, models: int
) -> Callable[[int, int], None] | None:
    """Progress of one of several models, as fits of all of them."""
    if progress is None:
        return None
    return lambda done, total: progress(before * total + done, models * total)
