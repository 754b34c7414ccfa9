"""The fit of whichever model is the best of a curve, with what is said of the choice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from gadmap.data import CurveFit, Reason
from gadmap.data.curve import CurveSource, FittedCurve
from gadmap.fitting.evidence import averaged
from gadmap.quantities import (
    BEST_MODEL,
    KTRANS,
    KTRANS_AVERAGED,
    R2,
    SSE,
    p_value_of,
    weight_of,
)

CHOICE = "choice"
"""Instead of a kinetic model's name, where the model is another in every curve."""


@dataclass(frozen=True)
class _BestCurves:
    """The curves of whichever model is the best at a place."""

    sources: Sequence[CurveSource | None]

    def curve(self, index: tuple[int, ...], parameters: dict[str, float]) -> FittedCurve:
        source = self.sources[int(parameters[BEST_MODEL.name]) - 1]
        assert source is not None
        return source.curve(index, parameters)


def fit_of_best(
    fits: Mapping[str, CurveFit],
    weight: Mapping[str, np.ndarray],
    p_value: Mapping[tuple[str, str], np.ndarray],
    best: np.ndarray,
) -> CurveFit:
    """The best model's parameters and all that is said of the choice."""
    every, first = list(fits.values()), next(iter(fits.values()))
    kind = first.sse.dtype
    average, error = _averaged_ktrans(every, np.stack(list(weight.values())), best)
    choice = {
        BEST_MODEL.name: np.where(best > 0, best, np.nan),
        **{weight_of(model): values for model, values in weight.items()},
        **{p_value_of(larger): values for larger, values in _hardest(p_value)},
        KTRANS_AVERAGED.name: average,
    }
    values = _of_best([fit.values for fit in every], best)
    errors = _of_best([fit.standard_error for fit in every], best)
    merit = {R2.name: values.pop(R2.name)}
    values |= {name: array.astype(kind) for name, array in choice.items()} | merit
    reasons = np.stack([fit.reason for fit in every])
    chosen = np.maximum(best, 1)[None] - 1
    return CurveFit(
        model=CHOICE,
        values=values,
        standard_error=errors | {KTRANS_AVERAGED.name: error.astype(kind)},
        sse=_of_best([{SSE.name: fit.sse} for fit in every], best)[SSE.name],
        valid=np.asarray(best > 0),
        reason=np.take_along_axis(reasons, chosen, axis=0)[0, ...],
        curves=_BestCurves([fit.curves for fit in every]),
    )


def _of_best(named: Sequence[Mapping[str, np.ndarray]], best: np.ndarray) -> dict[str, np.ndarray]:
    """Each named array, in every place that of the best model; NaN where that has none."""
    found: dict[str, np.ndarray] = {}
    for place, arrays in enumerate(named, start=1):
        for name, array in arrays.items():
            whole = found.setdefault(name, np.full(best.shape, np.nan, array.dtype))
            np.copyto(whole, array, where=best == place)
    return found


def _averaged_ktrans(
    fits: Sequence[CurveFit], weight: Float[np.ndarray, "model *grid"], best: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Over the models that tell it; one without exchange has a ktrans of 0."""
    none = np.zeros(best.shape)
    untold = [
        np.isin(fit.reason, (Reason.NOT_CONVERGED, Reason.UNRESOLVED)) & (best != place)
        for place, fit in enumerate(fits, start=1)
    ]
    weight = np.where(untold, 0, weight)
    weight = weight / weight.sum(axis=0)
    ktrans = [fit.values.get(KTRANS.name, none) for fit in fits]
    errors = [fit.standard_error.get(KTRANS.name, none) for fit in fits]
    return averaged(weight, np.stack(ktrans), np.stack(errors))


def _hardest(
    p_value: Mapping[tuple[str, str], np.ndarray],
) -> Iterator[tuple[str, np.ndarray]]:
    """Each larger model with its highest p value: it is called for if every smaller one fails."""
    for larger in dict.fromkeys(pair[1] for pair in p_value):
        found = [p for pair, p in p_value.items() if pair[1] == larger]
        yield larger, np.asarray(np.max(found, axis=0))
