"""How often which kinetic model is the best of several, and where a simple one is not enough."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from gadmap.data import ParameterMaps
from gadmap.evaluation.curves import enhancing
from gadmap.fitting.choice import nested_pairs
from gadmap.quantities import BEST_MODEL, p_value_of, weight_of

LEVEL = 0.05
"""Of the tests."""
TIMES_AS_LIKELY = 20.0
"""Ratio of the weights from which the data speak for the best model against another."""
SIMPLE = "tofts"
LITTLE = 0.02
"""Share of the voxels up to which tofts is enough nearly everywhere."""


@dataclass(frozen=True, kw_only=True)
class ModelShare:
    """A model's share of the voxels.

    Attributes
    ----------
    model
        Its name.
    estimated, enhancing
        Share of the voxels estimated, and of those that enhance, in which it is the best.
    weight
        Its mean Akaike weight where there is enhancement.
    """

    model: str
    estimated: float
    enhancing: float
    weight: float


@dataclass(frozen=True, kw_only=True)
class NestedTest:
    """F tests of a model against those nested in it.

    Attributes
    ----------
    larger, smaller
        The model, and those tested against.
    share
        Of the voxels that enhance in which all of these are refused at the level of 5 %.
    """

    larger: str
    smaller: tuple[str, ...]
    share: float


@dataclass(frozen=True, kw_only=True)
class ModelShares:
    """What maps of the best model say of an examination.

    Attributes
    ----------
    shares
        Of each model, in the order in which they were compared.
    tests
        Of each model with others nested in it.
    not_enough
        Share of the voxels that enhance in which another model is 20 times as likely as tofts, or
        more; NaN where tofts was not compared.
    instead
        The model that is the best in most of these; empty where there are none.
    """

    shares: tuple[ModelShare, ...]
    tests: tuple[NestedTest, ...]
    not_enough: float
    instead: str


def model_shares(maps: ParameterMaps) -> ModelShares | None:
    """The shares; None where there was no choice, or nothing enhances."""
    drawn = enhancing(maps)
    models = compared(maps)
    if not models or not drawn.any():
        return None
    best = maps[BEST_MODEL.name]
    shares = tuple(
        ModelShare(
            model=model,
            estimated=float((best[maps.valid] == place).mean()),
            enhancing=float((best[drawn] == place).mean()),
            weight=float(maps[weight_of(model)][drawn].mean()),
        )
        for place, model in enumerate(models, start=1)
    )
    refused = not_enough(maps) & drawn
    chosen = np.bincount(best[refused].astype(int), minlength=len(models) + 1)
    return ModelShares(
        shares=shares,
        tests=tuple(_tests(maps, models, drawn)),
        not_enough=float(refused.sum() / drawn.sum()) if SIMPLE in models else float("nan"),
        instead=models[int(chosen.argmax()) - 1] if refused.any() else "",
    )


def simple_sentence(found: ModelShares) -> str:
    """Where tofts is not enough, in plain words; nothing where it was not compared."""
    share, times = percent(found.not_enough), f"{TIMES_AS_LIKELY:g} times as likely"
    if np.isnan(found.not_enough):
        return ""
    if found.not_enough <= LITTLE:
        return (
            f"{SIMPLE} is enough nearly everywhere: only in {share} of the voxels that enhance is "
            f"another of the models {times} or more."
        )
    return (
        f"{SIMPLE} is not enough in {share} of the voxels that enhance: another model, mostly "
        f"{found.instead}, is {times} or more there."
    )


def percent(share: float) -> str:
    """A share in percent, with a digit more where it is small."""
    return f"{share:.1%}" if share < 0.1 else f"{share:.0%}"


def compared(maps: ParameterMaps) -> tuple[str, ...]:
    """The models that were compared; none where there was no choice, or maps of it are missing."""
    models = maps.settings.get("models")
    if not isinstance(models, list):
        return ()
    tests = (p_value_of(larger) for _, larger in nested_pairs(models))
    needed = {BEST_MODEL.name, *map(weight_of, models), *tests}
    return tuple(models) if needed <= maps.values.keys() else ()


def not_enough(maps: ParameterMaps) -> Bool[np.ndarray, "x y z"]:
    """Voxels in which another model is 20 times as likely as tofts, or more."""
    models = compared(maps)
    if SIMPLE not in models:
        return np.zeros_like(maps.valid)
    highest = np.max([maps[weight_of(model)] for model in models], axis=0)
    return maps.valid & (highest >= TIMES_AS_LIKELY * maps[weight_of(SIMPLE)])


def _tests(
    maps: ParameterMaps, models: tuple[str, ...], drawn: Bool[np.ndarray, "x y z"]
) -> list[NestedTest]:
    pairs = nested_pairs(models)
    return [
        NestedTest(
            larger=larger,
            smaller=tuple(smaller for smaller, other in pairs if other == larger),
            share=float((maps[p_value_of(larger)][drawn] < LEVEL).mean()),
        )
        for larger in dict.fromkeys(other for _, other in pairs)
    ]
