"""One DICOM file to its slices: the header is parsed once, the samples are only located."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
import pydicom
from pydicom import config
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException
from pydicom.uid import (
    UID,
    EnhancedMRImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
)

from gadmap.io.dicom_clock import classic_times
from gadmap.io.dicom_enhanced import enhanced_slices
from gadmap.io.dicom_guard import DeclaredSize, RefusedError, clamped
from gadmap.io.dicom_slice import (
    PHILIPS_SCALE_SLOPE,
    Samples,
    Slice,
    file_facts,
    number,
    numbers,
    philips_number,
    signal_scale,
    words,
)
from gadmap.untrusted import by_name

_IMAGES = (MRImageStorage, EnhancedMRImageStorage, LegacyConvertedEnhancedMRImageStorage)
# What the parser raises on bytes that are no DICOM; each ends as a ValueError naming the file. A
# length that lies asks for any memory, sequences in sequences for any depth, and pydicom answers
# some encodings with NotImplementedError: all say the same of the file.
_DAMAGE = (
    EOFError, struct.error, ValueError, TypeError, KeyError, AttributeError, IndexError,
    NotImplementedError, OverflowError, BytesLengthException, RecursionError, MemoryError,
)  # fmt: skip
_PIXEL_DATA = 0x7FE00010
_Read = TypeVar("_Read")
_NATIVE = {
    ImplicitVRLittleEndian: ("<", 8),
    ExplicitVRLittleEndian: ("<", 12),
    ExplicitVRBigEndian: (">", 12),
}


@dataclass(frozen=True)
class Ignored:
    """A file that holds no MR image, and why."""

    path: Path
    reason: str


def read_slices(path: Path, name: str) -> list[Slice] | Ignored:
    """Slices of a DICOM file, without their samples, or why it is none of our business.

    Parameters
    ----------
    name
        What messages call the file.

    Raises
    ------
    ValueError
        If the file is an MR image but damaged or cut short.
    """
    return _opened(path, name, lambda file: _parse(file, path, name))


def read_tags(path: Path, name: str, keywords: Sequence[str]) -> Dataset | Ignored:
    """Some elements of an MR image's header, or why the file is none of our business.

    Raises
    ------
    ValueError
        If the header is damaged or cut short.
    """
    return _opened(path, name, lambda file: _elements(file, path, keywords))


def _opened(path: Path, name: str, read: Callable[[BinaryIO], _Read]) -> _Read | Ignored:
    if path.exists() and not path.is_file():
        return Ignored(path, "no regular file")
    with by_name(path, name), path.open("rb") as file:
        if file.read(132)[128:] != b"DICM":
            return Ignored(path, "not DICOM")
        try:
            file.seek(0)
            return read(file)
        except RefusedError as error:
            raise ValueError(f"{name}: {error}") from None
        except _DAMAGE as error:  # what the parser says of it may quote the header: name, UID
            raise ValueError(
                f"{name}: damaged DICOM header ({type(error).__name__}); copy it again"
            ) from None


def _parse(file: BinaryIO, path: Path, name: str) -> list[Slice] | Ignored:
    dataset = pydicom.dcmread(clamped(file), stop_before_pixels=True)
    sop_class = _sop_class(dataset)
    if sop_class not in _IMAGES:
        return _no_image(path, sop_class)
    samples = _locate(file, dataset, path, name)
    if sop_class == MRImageStorage and int(dataset.get("NumberOfFrames") or 1) == 1:
        return [_classic_slice(dataset, samples)]
    return enhanced_slices(dataset, samples)


def _elements(file: BinaryIO, path: Path, keywords: Sequence[str]) -> Dataset | Ignored:
    wanted: list = ["SOPClassUID", *keywords]
    dataset = pydicom.dcmread(clamped(file), stop_before_pixels=True, specific_tags=wanted)
    sop_class = _sop_class(dataset)
    return dataset if sop_class in _IMAGES else _no_image(path, sop_class)


def _sop_class(dataset: Dataset) -> str:
    return str(dataset.file_meta.get("MediaStorageSOPClassUID") or dataset.get("SOPClassUID") or "")


def _no_image(path: Path, sop_class: str) -> Ignored:
    uid = UID(sop_class, validation_mode=config.IGNORE)
    known = uid.name if uid.type else "DICOM"  # an unknown one is told by nothing of the file
    return Ignored(path, f"{known}, no MR image")


def _locate(file: BinaryIO, dataset: Dataset, path: Path, name: str) -> Samples:
    """Where the samples lie: the parser stopped in front of their element."""
    syntax = dataset.file_meta.get("TransferSyntaxUID", ImplicitVRLittleEndian)
    try:
        rows, columns, bits = int(dataset.Rows), int(dataset.Columns), int(dataset.BitsAllocated)
        kind = "i" if dataset.PixelRepresentation else "u"
        order, header_bytes = _NATIVE.get(syntax, ("<", 0))
        dtype = np.dtype(f"{order}{kind}{bits // 8}")
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        raise RefusedError(
            "an MR image without a readable image size; is the file cut short?"
        ) from error
    size = DeclaredSize(
        frames=int(dataset.get("NumberOfFrames") or 1),
        rows=rows,
        columns=columns,
        per_pixel=int(dataset.get("SamplesPerPixel") or 1),
        item=dtype.itemsize,
    )
    if not header_bytes or (order == ">" and bits == 8):
        size.require_packed(path.stat().st_size)
        return Samples(path, name, None, dtype, (rows, columns), syntax.name)
    start = file.tell()
    element = file.read(header_bytes)
    group, number_ = (
        struct.unpack(f"{order}HH", element[:4]) if len(element) == header_bytes else (0, 0)
    )
    if group << 16 | number_ != _PIXEL_DATA:
        raise RefusedError("an MR image without integer samples; is the file cut short?")
    size.require_native(path.stat().st_size - start - header_bytes)
    return Samples(path, name, start + header_bytes, dtype, (rows, columns), syntax.name)


def _classic_slice(dataset: Dataset, samples: Samples) -> Slice:
    slope, intercept, scaled = signal_scale(
        number(dataset, "RescaleSlope"),
        number(dataset, "RescaleIntercept"),
        philips_number(dataset, PHILIPS_SCALE_SLOPE),
    )
    order = {
        keyword: int(value)
        for keyword in ("TemporalPositionIdentifier", "AcquisitionNumber", "InstanceNumber")
        if (value := number(dataset, keyword)) is not None
    }
    return Slice(
        samples=samples,
        frame=0,
        position=numbers(dataset, "ImagePositionPatient", 3),
        orientation=numbers(dataset, "ImageOrientationPatient", 6),
        spacing=numbers(dataset, "PixelSpacing", 2),
        slice_distance=number(dataset, "SpacingBetweenSlices") or number(dataset, "SliceThickness"),
        slope=slope,
        intercept=intercept,
        philips_scaled=scaled,
        tr_ms=number(dataset, "RepetitionTime"),
        te_ms=number(dataset, "EchoTime"),
        flip_degrees=number(dataset, "FlipAngle"),
        image_type=words(dataset, "ImageType"),
        sequence=words(dataset, "ScanningSequence"),
        times=classic_times(dataset),
        order=order,
        **file_facts(dataset),
    )
