"""JSON sidecars of maps: what a map is, in the lexicon's words, and what it was estimated from.

Keys are those of BIDS where it has one, else in its style.
"""

from typing import Any

from gadmap.data import Exam, ParameterMaps, Reason
from gadmap.io.aif_table import PLASMA, TIME
from gadmap.io.map_names import BidsOrigin
from gadmap.quantities import BEST_MODEL, QUANTITIES

LEXICON = "OSIPI CAPLEX"


def map_sidecar(
    name: str, maps: ParameterMaps, exam: Exam | None, origin: BidsOrigin | None
) -> dict[str, Any]:
    """Keys of the sidecar of a quantity, of its standard error (`_se`), or of the reasons.

    Units are 1 for a fraction. What the lexicon has no code for has no LexiconCode.

    References
    ----------
    OSIPI CAPLEX: Dickie et al., Magn Reson Med 2024;91:1761-1773. BIDS 1.11.1, derivatives.
    """
    keys = _reasons() if name == "reason" else _quantity(name)
    keys |= _levels(maps) if name == BEST_MODEL.name else {}
    keys |= _method(maps) | ({} if exam is None else _inputs(exam))
    keys["SkullStripped"] = False
    if origin is not None:
        keys["Sources"] = origin.sources
    return {key: value for key, value in keys.items() if value not in ("", None)}


def aif_sidecar(exam: Exam, origin: BidsOrigin | None) -> dict[str, Any]:
    """Keys that tell the columns of the arterial input, and where it came from."""
    keys = {
        TIME: {"Description": "on the clock of the series", "Units": "s"},
        PLASMA: {"Description": "contrast agent in arterial plasma", "Units": "mmol/L"},
        "Description": "arterial input function",
        "ArterialInput": exam.aif.source,
        "Rationale": exam.aif.rationale,
        "Voxels": exam.aif.voxels,
        "Hematocrit": exam.hct,
    }
    return keys if origin is None else keys | {"Sources": origin.sources}


def _quantity(name: str) -> dict[str, Any]:
    quantity = QUANTITIES[name.removesuffix("_se")]
    error = "standard error of " if name.endswith("_se") else ""
    return {
        "Description": f"{error}{quantity.description}",
        "Quantity": quantity.name,
        "Symbol": quantity.symbol.strip("$"),
        "Units": quantity.unit or "1",
        "Lexicon": LEXICON if quantity.code else None,
        "LexiconCode": quantity.code,
        "Statistic": "standard error" if error else None,
    }


def _reasons() -> dict[str, Any]:
    return {
        "Description": "why a voxel has no estimate, or must be read with care",
        "Levels": {str(int(reason)): reason.sentence for reason in Reason},
    }


def _levels(maps: ParameterMaps) -> dict[str, Any]:
    """What the numbers of the best model's map mean."""
    models = maps.settings.get("models")
    names = ("no estimate", *(models if isinstance(models, list) else ()))
    return {"Levels": {str(place): name for place, name in enumerate(names)}}


def _method(maps: ParameterMaps) -> dict[str, Any]:
    return {
        "Estimator": maps.estimator,
        "Model": maps.model,
        "ModelLexiconCode": maps.settings.get("model_code"),
    }


def _inputs(exam: Exam) -> dict[str, Any]:
    return {
        "ArterialInput": exam.aif.source,
        "ReferenceRegion": None if exam.reference is None else exam.reference.source,
        "NativeT1": exam.t10_source,
        "B1": exam.b1_source,
        "Mask": exam.mask_source,
        "Relaxivity": exam.relaxivity,
        "Hematocrit": exam.hct,
    }
