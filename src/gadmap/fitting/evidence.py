"""What sums of squares say of models: Akaike's criterion, its weights, F tests, averages."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from scipy.special import fdtrc

RESOLVED = 1e-5
"""Misfit, over the curve's norm, below which a fit's own table errs; no measurement comes near."""
NEGLIGIBLE = 0.01
"""Weight below which a model without a standard error does not spoil that of the average."""


def corrected_akaike(
    sse: Float[np.ndarray, "*grid"], frames: Int[np.ndarray, "..."] | int, parameters: int
) -> Float[np.ndarray, "*grid"]:
    """Akaike's information criterion for few samples, of Gaussian noise of unknown variance.

    `frames` are the samples with a weight; the variance is one more unknown than the `parameters`.
    Only differences between models of the same samples mean anything.

    References
    ----------
    Burnham and Anderson, Model Selection and Multimodel Inference, 2002, section 2.4.
    """
    unknowns = parameters + 1
    few = 2 * unknowns * (unknowns + 1) / (frames - unknowns - 1)
    return np.asarray(frames * np.log(sse / frames) + 2 * unknowns + few)


def akaike_weights(
    criteria: Float[np.ndarray, "model *grid"],
) -> Float[np.ndarray, "model *grid"]:
    """How likely each model is the best of these, 0 to 1; NaN where no model has a criterion.

    A model without a criterion has no weight.

    References
    ----------
    Burnham and Anderson, 2002, section 2.9.
    """
    known = np.where(np.isnan(criteria), np.inf, criteria)
    lowest = known.min(axis=0)
    with np.errstate(invalid="ignore"):  # none is known: inf - inf
        likelihood = np.exp(-(known - lowest) / 2)
    return likelihood / likelihood.sum(axis=0)


def f_test(
    smaller: Float[np.ndarray, "*grid"],
    larger: Float[np.ndarray, "*grid"],
    parameters: tuple[int, int],
    frames: Int[np.ndarray, "..."] | int,
) -> Float[np.ndarray, "*grid"]:
    """Chance that noise alone lowers the sum of squares as much from a model to a larger one.

    `parameters` are those of the `smaller` and of the `larger` one, which contains it.

    References
    ----------
    Seber and Wild, Nonlinear Regression, 1989, section 5.4.
    """
    few, many = parameters
    freedom = frames - many
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (smaller / larger - 1) * freedom / (many - few)
    chance = fdtrc(many - few, freedom, np.maximum(ratio, 0))
    return np.asarray(np.where(np.isnan(ratio), np.nan, chance))


def averaged(
    weights: Float[np.ndarray, "model *grid"],
    values: Float[np.ndarray, "model *grid"],
    errors: Float[np.ndarray, "model *grid"],
) -> tuple[Float[np.ndarray, "*grid"], Float[np.ndarray, "*grid"]]:
    """Average over models of a parameter that all of them have, and its unconditional error.

    The error holds the choice of the model too: how far each lies from the average. It is NaN where
    a model without one has more weight than a hundredth.

    References
    ----------
    Burnham and Anderson, 2002, eqs. 4.1 and 4.9.
    """
    counted = weights > 0
    average = _sum(np.where(counted, weights * values, 0), weights)
    own = np.where(np.isnan(errors) & (weights < NEGLIGIBLE), 0, errors)
    spread = np.hypot(own, values - average)
    return average, _sum(np.where(counted, weights * spread, 0), weights)


def _sum(terms: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum over models, NaN where these have no weights."""
    return np.asarray(np.where(np.isnan(weights).any(axis=0), np.nan, terms.sum(axis=0)))


def resolved(sse: Sequence[np.ndarray], squares: np.ndarray) -> Float[np.ndarray, "model *grid"]:
    """Sums of squared residuals, none below what the fit's own table resolves.

    `squares` is the sum of the squared samples. Without this, models that all describe a curve
    without noise would be told apart by rounding.
    """
    least = np.maximum(RESOLVED**2 * squares, np.finfo(float).tiny)
    return np.maximum(np.stack(sse).astype(np.float64), least)
