"""Codes and texts that say what a DICOM map is and how it came about.

Codes of DICOM PS3.16 where it has one, else of OSIPI's lexicon under the private scheme 99OSIPI.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from gadmap.data import ParameterMaps
from gadmap.quantities import QUANTITIES, Quantity

_QUANTITIES = {
    "ktrans": Code("126312", "DCM", "Ktrans"),
    "kep": Code("126313", "DCM", "kep"),
    "ve": Code("126314", "DCM", "ve"),
    "vp": Code("126331", "DCM", "vp"),
    "r2": Code("126220", "DCM", "R2-Coefficient"),
    "iauc60": Code("126321", "DCM", "IAUC60"),
    "iauc90": Code("126322", "DCM", "IAUC90"),
    "iauc60bn": Code("126325", "DCM", "IAUC60BN"),
    "iauc90bn": Code("126326", "DCM", "IAUC90BN"),
}
_MODELS = {
    "tofts": Code("126340", "DCM", "Standard Tofts Model"),
    "extended-tofts": Code("126341", "DCM", "Extended Tofts Model"),
    "patlak": Code("M.IC1.006", "99OSIPI", "Patlak Model"),
    "2cum": Code("M.IC1.007", "99OSIPI", "Two Compartment Uptake Model"),
    "2cxm": Code("M.IC1.009", "99OSIPI", "Two Compartment Exchange Model"),
    "reference-region": Code("M.IC1.999", "99OSIPI", "Reference Region Model"),
    "vascular": Code("M.IC1.999", "99OSIPI", "Steady-State Vascular Model"),
}
_LONGEST = 16
_UNITS = {
    "1/min": Code("/min", "UCUM", "/min"),
    "": Code("1", "UCUM", "no units"),
    "s": Code("s", "UCUM", "second"),
    "mmol/L": Code("mmol/l", "UCUM", "millimole per liter"),
    "mmol/L·s": Code("mmol.s/l", "UCUM", "millimole second per liter"),
    "mmol/L/s": Code("mmol/l/s", "UCUM", "millimole per liter per second"),
    "mL/100mL/min": Code("ml/[100]mL/min", "UCUM", "milliliter per 100 milliliter per minute"),
}
_QUANTITY = Code("246205007", "SCT", "Quantity")
_METHOD = Code("370129005", "SCT", "Measurement Method")
_DERIVATION = Code("121401", "DCM", "Derivation")
_STANDARD_ERROR = Code("113061", "DCM", "Standard Deviation")
_RELAXIVITY = Code("126380", "DCM", "Contrast Longitudinal Relaxivity")
_PER_CONCENTRATION = Code("/mmol/l/s", "UCUM", "/millimole/liter/second")
_T1 = Code("126353", "DCM", "T1 Used For Calculation")
_NOTE = Code("121106", "DCM", "Comment")


def unit_code(quantity: Quantity) -> Code:
    """The unit of a quantity in UCUM."""
    if quantity.unit not in _UNITS:
        raise ValueError(f"{quantity.name} is in {quantity.unit}; there is no code for that unit")
    return _UNITS[quantity.unit]


def quantity_items(name: str) -> Iterator[Dataset]:
    """What is mapped, and that it is a standard error where it is one."""
    plain = name.removesuffix("_se")
    quantity = QUANTITIES[plain]
    known = _QUANTITIES.get(plain)
    code = known or Code(quantity.code or quantity.name, "99OSIPI", quantity.description)
    yield _coded(_QUANTITY, code)
    if name.endswith("_se"):
        yield _coded(_DERIVATION, _STANDARD_ERROR)


def method_items(maps: ParameterMaps, record: Mapping[str, Any]) -> Iterator[Dataset]:
    """Model, arterial input, T1, relaxivity and haematocrit, as far as the record tells."""
    if maps.model in _MODELS:
        yield _coded(_METHOD, _MODELS[maps.model])
    yield _text(_NOTE, f"estimated by {maps.estimator}, gadmap")
    if "aif" in record:
        source = str(record["aif"]["source"])
        yield _coded(_METHOD, _input_code(source))
        yield _text(_NOTE, f"arterial input: {source}")
    if "t10" in record:
        source = str(record["t10"]["source"])
        measured = "flip" in source
        name = "T1 by Multiple Flip Angles" if measured else "T1 by Fixed Value"
        yield _coded(_T1, Code("126350" if measured else "126352", "DCM", name))
        yield _text(_NOTE, f"T1: {source}")
    if "relaxivity_per_s_per_mmol_per_l" in record:
        yield _number(_RELAXIVITY, record["relaxivity_per_s_per_mmol_per_l"], _PER_CONCENTRATION)
    if "hct" in record:
        yield _text(_NOTE, f"haematocrit {record['hct']:g}")


def _input_code(source: str) -> Code:
    if source.startswith("auto"):
        return Code("126363", "DCM", "Automatically Detected AIF ROI")
    if source.startswith(("parker", "georgiou", "weinmann")):
        return Code("126361", "DCM", "Population Averaged AIF")
    if source.startswith("stand-in"):
        return Code("126360", "DCM", "AIF Ignored")
    return Code("126362", "DCM", "User-defined AIF ROI")


def _coded(concept: Code, value: Code) -> Dataset:
    item = _item("CODE", concept)
    item.ConceptCodeSequence = [_code(value)]
    return item


def _text(concept: Code, value: str) -> Dataset:
    item = _item("TEXT", concept)
    item.TextValue = value
    return item


def _number(concept: Code, value: float, unit: Code) -> Dataset:
    item = _item("NUMERIC", concept)
    item.NumericValue = f"{value:.10g}"
    item.MeasurementUnitsCodeSequence = [_code(unit)]
    return item


def _item(kind: str, concept: Code) -> Dataset:
    item = Dataset()
    item.ValueType = kind
    item.ConceptNameCodeSequence = [_code(concept)]
    return item


def _code(code: Code) -> Dataset:
    item = Dataset()
    long = len(code.value) > _LONGEST  # PS3.3 8.8
    setattr(item, "LongCodeValue" if long else "CodeValue", code.value)
    item.CodingSchemeDesignator = code.scheme_designator
    item.CodeMeaning = code.meaning
    return item
