"""Numbers and names as the page prints them."""

import re
from collections.abc import Mapping

from markupsafe import Markup, escape

from gadmap.data import ParameterMaps
from gadmap.fitting.fit_of_best import CHOICE
from gadmap.quantities import QUANTITIES, Quantity

_RAISED = re.compile(r"\^\{?(\w+)\}?")
_LOWERED = re.compile(r"_\{?(\w+)\}?")


_TITLES = {
    "2cum": "Two-compartment uptake",
    "2cxm": "Two-compartment exchange",
    CHOICE: "best",
}


def quantity_of(name: str) -> Quantity:
    """The quantity of that name; one without unit where the lexicon here does not hold it."""
    unbounded = (float("-inf"), float("inf"))
    return QUANTITIES.get(name) or Quantity(name, name, "", "", unbounded, "")


def symbol_markup(quantity: Quantity) -> Markup:
    """The symbol with raised and lowered letters."""
    if not quantity.symbol.startswith("$"):
        return escape(quantity.symbol)
    text = _RAISED.sub(r"<sup>\1</sup>", quantity.symbol.strip("$"))
    return Markup("<i>" + _LOWERED.sub(r"<sub>\1</sub>", text) + "</i>")  # noqa: S704


def model_title(name: str) -> str:
    """What a kinetic model is called in a heading."""
    return _TITLES.get(name, name.replace("-", " ").title())


def heading(maps: ParameterMaps) -> str:
    """What the page is about."""
    if not maps.model:
        return "Descriptors of concentration curves"
    return f"Pharmacokinetic maps, {model_title(maps.model)} model"


def unit_text(quantity: Quantity) -> str:
    """The unit, or "fraction" for what has none."""
    return quantity.unit or "fraction"


def number(value: float) -> str:
    """Three digits, or a dash for what is not a number."""
    return "–" if value != value else f"{value:.3g}"


def plus_minus(values: Mapping[str, float], errors: Mapping[str, float], name: str) -> str:
    """A value with its standard error where there is one."""
    error = f" ± {errors[name]:.2g}" if name in errors else ""
    return f"{values[name]:.3g}{error} {quantity_of(name).unit}".rstrip()


def estimator_remarks(maps: ParameterMaps) -> tuple[str, ...]:
    """Sentences that the estimator has for the reader."""
    remarks = maps.settings.get("remarks", ())
    return tuple(map(str, remarks)) if isinstance(remarks, list | tuple) else ()


def plain(value: object) -> str:
    """Any setting as a reader would write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {plain(inner)}" for key, inner in value.items()) or "–"
    if isinstance(value, list | tuple):
        return ", ".join(plain(inner) for inner in value) or "–"
    return str(value)
