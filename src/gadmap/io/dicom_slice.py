"""One 2-D image of a DICOM file: where it lies, how it was acquired, where its samples are."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from gadmap.io.dicom_identity import description_of

PHILIPS_BLOCK = 0x20050010
PHILIPS_CREATOR = "Philips MR Imaging DD 001"
PHILIPS_SCALE_SLOPE = 0x2005100E
PHILIPS_BEGIN_TIME = 0x200510A0


@dataclass(frozen=True, slots=True)
class Samples:
    """Where the stored samples of a file are.

    Attributes
    ----------
    path
        The file; it may be called by the patient's name or a UID, so no message has it.
    name
        What messages call it: its number in the folder.
    offset
        Byte at which uncompressed samples begin; None where a decoder is needed.
    dtype
        Type of a stored sample.
    shape
        Rows and columns of an image.
    syntax
        Name of the transfer syntax, for messages.
    """

    path: Path
    name: str
    offset: int | None
    dtype: np.dtype
    shape: tuple[int, int]
    syntax: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One 2-D image. Times are in s, angles in degrees, TR and TE in ms as DICOM stores them.

    Attributes
    ----------
    samples, frame
        The file's samples and the index of this image among them.
    slope, intercept
        Signal = slope * stored + intercept; Philips' own scaling is already in it.
    philips_scaled
        True where the private scale slope (2005,100E) is in `slope`.
    times
        Keyword of a tag to its time; one of them becomes the frame time.
    order
        Keyword of a tag to its number; says which image is earlier, not when.
    """

    samples: Samples
    frame: int
    sop_uid: str
    series_uid: str
    series_number: int
    description: str
    vendor: str
    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, ...] | None
    slice_distance: float | None
    slope: float
    intercept: float
    philips_scaled: bool
    tr_ms: float | None
    te_ms: float | None
    flip_degrees: float | None
    field_strength: float | None
    image_type: tuple[str, ...]
    sequence: tuple[str, ...]
    colour: bool
    times: Mapping[str, float]
    order: Mapping[str, int]


def number(dataset: Dataset, tag: str | int) -> float | None:
    """First value of an element as a number; None where it is absent, empty or no number."""
    value = first(dataset, tag)
    if isinstance(value, bytes):  # implicit VR does not tell that a private element is a float
        return float(np.frombuffer(value, "<f4")[0]) if len(value) == 4 else None
    try:
        result = float(value)
    except (TypeError, ValueError):
        return None
    return result if np.isfinite(result) else None


def numbers(dataset: Dataset, tag: str, count: int) -> tuple[float, ...] | None:
    """All values of an element as numbers; None unless there are `count` of them."""
    value = dataset.get(tag)
    if value is None or isinstance(value, str | bytes):
        return None
    try:
        result = tuple(float(v) for v in value)
    except (TypeError, ValueError):
        return None
    return result if len(result) == count and np.isfinite(result).all() else None


def words(dataset: Dataset, tag: str) -> tuple[str, ...]:
    """All values of an element in upper case."""
    value = dataset.get(tag)
    if value in (None, ""):
        return ()
    return (value.upper(),) if isinstance(value, str) else tuple(str(v).upper() for v in value)


def first(dataset: Dataset, tag: str | int) -> Any:
    """First value of an element, or None."""
    value = dataset.get(tag)
    if isinstance(value, DataElement):
        value = value.value
    if isinstance(value, MultiValue):
        return value[0] if len(value) else None
    return value


def philips_number(dataset: Dataset, tag: int) -> float | None:
    """A number of Philips' private block 2005,10xx; None where that block is another's."""
    creator = first(dataset, PHILIPS_BLOCK)
    if not str(creator or "").upper().startswith("PHILIPS MR IMAGING"):
        return None
    return number(dataset, tag)


def signal_scale(
    slope: float | None, intercept: float | None, philips_slope: float | None
) -> tuple[float, float, bool]:
    """Slope, intercept and whether Philips' scaling is in them.

    Philips rescales each series to the display range; only (stored * slope + intercept) /
    (slope * scale slope) can be compared between series, as flip-angle volumes must be.

    References
    ----------
    Chenevert et al., Transl Oncol 2014;7:65-71.
    """
    slope = slope or 1.0
    intercept = intercept or 0.0
    if not philips_slope:
        return slope, intercept, False
    return 1 / philips_slope, intercept / (slope * philips_slope), True


def vendor_of(dataset: Dataset) -> str:
    """Short name of the manufacturer."""
    name = str(dataset.get("Manufacturer") or "")
    for word, short in (("GE ", "GE"), ("SIEMENS", "Siemens"), ("PHILIPS", "Philips")):
        if f"{name.upper()} ".startswith(word):
            return short
    return name


def file_facts(dataset: Dataset) -> dict[str, Any]:
    """What a file says once for all of its images, as fields of `Slice`."""
    monochrome = str(dataset.get("PhotometricInterpretation", "")) == "MONOCHROME2"
    return {
        "sop_uid": str(dataset.get("SOPInstanceUID", "")),
        "series_uid": str(dataset.get("SeriesInstanceUID", "")),
        "series_number": int(number(dataset, "SeriesNumber") or 0),
        "description": description_of(dataset),
        "vendor": vendor_of(dataset),
        "field_strength": number(dataset, "MagneticFieldStrength"),
        "colour": not monochrome or int(dataset.get("SamplesPerPixel") or 1) != 1,
    }
