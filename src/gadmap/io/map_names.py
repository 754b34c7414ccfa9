"""What the files of maps are called: plainly, or as derivatives in a BIDS dataset."""

from dataclasses import dataclass

from gadmap.data import ParameterMaps
from gadmap.quantities import (
    BEST_MODEL,
    KTRANS,
    KTRANS_AVERAGED,
    MODEL_NAMES,
    p_value_of,
    weight_of,
)

_SUFFIXES = {"t10": "T1map", "r2": "rsquaredmap", "reason": "reason", BEST_MODEL.name: "modelmap"}
"""R2map is BIDS' name of a relaxation rate."""
_OF_A_MODEL = {
    **{weight_of(model): (model, "weightmap") for model in MODEL_NAMES},
    **{p_value_of(model): (model, "pmap") for model in MODEL_NAMES},
    KTRANS_AVERAGED.name: ("averaged", f"{KTRANS.name}map"),
}
"""Maps of one of several models: its name, and what is mapped."""


@dataclass(frozen=True, kw_only=True)
class BidsOrigin:
    """Of which examination of a BIDS dataset maps are, so that they are named after it.

    Attributes
    ----------
    name
        Entities of the dynamic series' file: "sub-01_ses-02".
    sources
        BIDS URIs of the files that the maps were estimated from.
    """

    name: str
    sources: tuple[str, ...] = ()


def image_stem(name: str, maps: ParameterMaps, origin: BidsOrigin | None) -> str:
    """File name without extension of a map: `ktrans`, or `sub-01_desc-tofts_ktransmap`.

    `name` is a quantity, a quantity with `_se` for its standard error, or "reason".
    """
    if origin is None:
        return name
    quantity = name.removesuffix("_se")
    plain = _SUFFIXES.get(quantity, f"{quantity}map")
    model, suffix = _OF_A_MODEL.get(quantity, (maps.model, plain))
    if quantity == "t10":  # is of no kinetic model
        return f"{origin.name}_{suffix}"
    of_error = "SE" if name.endswith("_se") else ""
    return f"{origin.name}_desc-{_label(model or maps.estimator)}{of_error}_{suffix}"


def aif_stem(origin: BidsOrigin | None) -> str:
    """File name without extension of the arterial input."""
    return "aif" if origin is None else f"{origin.name}_aif"


def _label(name: str) -> str:
    """A name as BIDS' labels are, letters and digits: extended-tofts is extendedTofts."""
    first, *rest = name.split("-")
    return first + "".join(word.capitalize() for word in rest)
