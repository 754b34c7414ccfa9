"""Several models of the same curves, and which of them the curves call for."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from gadmap.data.frozen import freeze, freeze_arrays_of
from gadmap.data.maps import CurveFit


@dataclass(frozen=True, eq=False, kw_only=True)
class ChosenModels:
    """Kinetic models of concentration curves, weighed against each other.

    Attributes
    ----------
    models
        Names of the models, in the order in which they were given.
    fits
        Model to its exact fit.
    aicc
        Model to its Akaike criterion, corrected for few samples; differences alone mean anything.
    weight
        Model to its Akaike weight: how likely it is the best of these, 0 to 1. They sum to 1.
    p_value
        (Smaller, larger) to the chance that noise alone favours the larger model as much, for each
        pair of which the larger one contains the smaller. At a bound, as a plasma volume of 0 is,
        the true chance is smaller.
    best
        Place in `models`, from 1, of the model with the highest weight; 0 where none was fitted.
    fit
        Parameters of the best model, NaN where it has none of that name, with `best_model`, the
        weights and p values as maps have them, and `ktrans_averaged` over all models with its
        unconditional standard error.
    """

    models: tuple[str, ...]
    fits: Mapping[str, CurveFit]
    aicc: Mapping[str, Float[np.ndarray, "*grid"]]
    weight: Mapping[str, Float[np.ndarray, "*grid"]]
    p_value: Mapping[tuple[str, str], Float[np.ndarray, "*grid"]]
    best: UInt8[np.ndarray, "*grid"]
    fit: CurveFit

    def __post_init__(self) -> None:
        freeze(self, "best")
        freeze_arrays_of(self, "aicc", "weight", "p_value")
