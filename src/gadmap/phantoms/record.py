"""What was drawn for a patient, as a row of a table."""

from collections.abc import Iterator
from math import degrees
from typing import NamedTuple

from gadmap.phantoms.case import Case
from gadmap.phantoms.tissues import TISSUES

_PLAIN = {
    "seed": "",
    "baseline_frames": "frames",
    "lead": "frames",
    "tr": "s",
    "snr": "",
    "point_spread": "pixels",
    "hct": "",
    "dose": "",
    "cardiac_output": "",
    "washout": "",
    "dispersion": "s",
    "tumour_radius": "mm",
    "tumour_rim": "mm",
    "tumour_oedema": "mm",
    "b1": "",
    "b1_spread": "",
    "coil_spread": "",
    "drift": "mm",
    "jumps": "",
}
_PLACES = {"centre": "mm", "tumour_centre": "mm", "head_size": ""}
_OF_TISSUES = {"t10": "s", "protons": "", "ktrans": "1/min", "ve": ""}


class Drawn(NamedTuple):
    """One value of a patient.

    Attributes
    ----------
    name
        Its column.
    unit
        Empty where it has none; angles are in degrees.
    value
        The number.
    """

    name: str
    unit: str
    value: int | float


def drawn_values(case: Case) -> tuple[Drawn, ...]:
    """What differs between `case` and other patients of a cohort, in the same columns for each."""
    return tuple(_drawn_values(case))


def _drawn_values(case: Case) -> Iterator[Drawn]:
    for name, unit in _PLAIN.items():
        yield Drawn(name, unit, getattr(case, name))
    for name in ("flip_angle", "drift_angle"):
        yield Drawn(name, "degrees", degrees(getattr(case, name)))
    for name, unit in _PLACES.items():
        for axis, value in zip("xyz", getattr(case, name), strict=True):
            yield Drawn(f"{name}_{axis}", unit, value)
    for axis, value in zip("xyz", case.head_turn, strict=True):
        yield Drawn(f"head_turn_{axis}", "degrees", degrees(value))
    for name, value in zip(("coarse", "fine"), case.bends, strict=True):
        yield Drawn(f"bends_{name}", "mm", value)
    yield Drawn("tumour_lobes", "", len(case.tumour_lobes))
    for tissue, usual in zip(case.tissues, TISSUES, strict=True):
        for name, unit in _OF_TISSUES.items():
            if usual.protons > 0 and getattr(usual, name) > 0:
                column = f"{tissue.name}_{name}".replace(" ", "_")
                yield Drawn(column, unit, getattr(tissue, name))
