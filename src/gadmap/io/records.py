"""What the records of a results folder must hold to be read: maps.json and exam/exam.json.

Keys that are not listed here pass: a record tells people more than the package reads back.
"""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gadmap.quantities import QUANTITIES
from gadmap.untrusted import shown

Voxel = Annotated[list[Annotated[int, Field(ge=0, lt=2**31)]], Field(min_length=3, max_length=3)]
Axes = Annotated[list[float], Field(min_length=3, max_length=3)]
Row = Annotated[list[float], Field(min_length=4, max_length=4)]


class _Record(BaseModel):
    """Types as JSON has them: no text for a number; numbers are finite."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False, frozen=True)


class MapFile(_Record):
    """A map's entry."""

    file: str


class Sourced(_Record):
    """What says where it came from."""

    source: str


class Settings(_Record):
    """What is read of an estimator's settings; a bound that is infinite is null in JSON."""

    bounds: dict[str, Annotated[list[float | None], Field(min_length=2, max_length=2)]] = {}
    remarks: list[str] = []
    models: list[str] = []


class MapsRecord(_Record):
    """What is read of maps.json."""

    maps: dict[str, MapFile]
    standard_errors: dict[str, MapFile]
    reason_file: str
    estimator: str
    model: str
    settings: dict[str, Any]
    aif: Sourced | None = None
    t10: Sourced | None = None
    hct: float | None = None
    relaxivity_per_s_per_mmol_per_l: float | None = None
    cautions: list[str] = []
    created: str = ""
    options: dict[str, Any] = {}
    versions: dict[str, str] = {}
    seconds: dict[str, float] = {}


class AcquisitionRecord(_Record):
    """The settings of the dynamic frames."""

    tr_s: float
    flip_angle_rad: float
    te_s: float | None
    field_strength_t: float | None


class AifRecord(_Record):
    """The arterial input."""

    t_s: list[float]
    plasma_mmol_per_l: list[float]
    source: str
    voxels: list[Voxel]
    rationale: list[str]
    relative_error: float = 0.0  # folders of before there was one


class ReferenceRecord(_Record):
    """The reference region."""

    voxels: Annotated[list[Voxel], Field(min_length=1)]
    source: str


class ExamRecord(_Record):
    """What is read of exam.json."""

    affine: Annotated[list[Row], Field(min_length=4, max_length=4)]
    t_s: list[float]
    time_source: str
    description: str
    series_relaxivity_per_s_per_mmol_per_l: float | None
    series_hct: float | None
    injection_frame: int | None
    notes: list[str]
    acquisition: AcquisitionRecord
    t10_source: str
    b1_source: str
    b1_error: float = 0.0
    mask_source: str
    aif: AifRecord
    baseline_frames: int
    arrival_s: float | None = None
    relaxivity_per_s_per_mmol_per_l: float
    hct: float
    assumptions: list[str]
    reference: ReferenceRecord | None = None
    motion_mm: list[float] | None
    motion_corrected: list[bool] | None = None
    motion_shifts_mm: list[Axes] | None = None
    motion_rotations_rad: list[Axes] | None = None


_Kind = TypeVar("_Kind", bound=_Record)


def checked(kind: type[_Kind], value: Any, what: str) -> _Kind:
    """The record that a JSON value is.

    Raises
    ------
    ValueError
        In one line, if something in it is missing or of another type.
    """
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in fault["loc"]) or "its whole"
        said = f"{fault['msg'][:1].lower()}{fault['msg'][1:]}"
        found = "" if fault["type"] == "missing" else f" is {shown(fault['input'])}"
        raise ValueError(f"{what}: damaged: {place[:80]}{found}; {said}") from None


def checked_maps(value: Any, what: str) -> MapsRecord:
    """The record of maps that a JSON value is.

    Raises
    ------
    ValueError
        In one line, if it is damaged, or a map is of no quantity: its name becomes that of files.
    """
    record = checked(MapsRecord, value, what)
    checked(Settings, record.settings, f"{what}: settings")
    for name in (*record.maps, *record.standard_errors):
        if name not in QUANTITIES:
            raise ValueError(f"{what}: damaged: a map of {shown(name)}, which is no quantity")
    return record
