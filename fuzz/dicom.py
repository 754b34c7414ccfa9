"""DICOM: a file by itself, and as one image of a series."""

from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from fuzz.case import small_series
from fuzz.target import Target
from gadmap.io import describe, read_series, write_dicom, write_enhanced_dicom


@cache
def _classic(vendor: str = "siemens") -> tuple[bytes, ...]:
    with TemporaryDirectory() as folder:
        files = write_dicom(Path(folder), small_series(), vendor=vendor)  # type: ignore[arg-type]
        return tuple(file.read_bytes() for file in files)


@cache
def _enhanced() -> bytes:
    with TemporaryDirectory() as folder:
        return write_enhanced_dicom(Path(folder), small_series())[0].read_bytes()


def _as(content: bytes, change: Callable[[Dataset], None]) -> bytes:
    dataset = pydicom.dcmread(BytesIO(content))
    change(dataset)
    file = BytesIO()
    dataset.save_as(file, implicit_vr=None, enforce_file_format=True)
    return file.getvalue()


def _syntax(uid: str) -> Callable[[Dataset], None]:
    def change(dataset: Dataset) -> None:
        dataset.file_meta.TransferSyntaxUID = uid

    return change


def _big_endian(dataset: Dataset) -> None:
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset["PixelData"].VR = "OW"


def _compressed(dataset: Dataset) -> None:
    # a new identifier would be another at every call, and of another length
    dataset.compress(RLELossless, generate_instance_uid=False)


def seeds() -> list[bytes]:
    """One image of each vendor, an enhanced series, and other transfer syntaxes."""
    siemens, ge, philips = (_classic(vendor)[2] for vendor in ("siemens", "ge", "philips"))
    return [
        siemens,
        ge,
        philips,
        _enhanced(),
        _as(siemens, _syntax(ImplicitVRLittleEndian)),
        _as(siemens, _syntax(DeflatedExplicitVRLittleEndian)),
        _as(siemens, _compressed),
        _as(_enhanced(), _compressed),
        _deflated_later(siemens),
    ]


def _deflated_later(content: bytes) -> bytes:
    """A file that says deflated and is not."""
    return content.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99", 1)


def read(data: bytes, folder: Path) -> None:
    """Describe and read the file; then the series of which it is the third image."""
    alone, series = folder / "alone.dcm", folder / "series"
    alone.write_bytes(data)
    describe(alone)
    series.mkdir(exist_ok=True)
    for number, content in enumerate(_classic()):
        (series / f"{number}.dcm").write_bytes(data if number == 2 else content)
    try:
        read_series(alone)
    except ValueError:  # one image is no series
        read_series(series)


TARGET = Target(
    name="dicom",
    seeds=seeds,
    read=read,
    words=(
        b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.5", b"1.2.840.10008.5.1.4.1.1.4.1",
        b"\x28\x00\x10\x00US\x02\x00", b"\x28\x00\x11\x00US\x02\x00", b"\x28\x00\x08\x00IS",
        b"\xfe\xff\x00\xe0\xff\xff\xff\xff", b"\xfe\xff\xdd\xe0\0\0\0\0", b"SQ\0\0\xff\xff\xff\xff",
        b"\xe0\x7f\x10\x00OW\0\0", b"1e308", b"-1", b"999999999999",
    ),
)  # fmt: skip
