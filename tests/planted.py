"""The disc as DICOM of a person: name, numbers, dates and UIDs wherever archives put them."""

import base64
import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pydicom

from disc import disc_scan
from gadmap.io import write_dicom

NAME, BIRTH, RECORD, ACCESSION = "QUISTGAARD^MARGRETHE", "19411107", "MRN-730918", "ACC5518823"
ROOT = "1.2.826.0.1.3680043.9.7177."
STUDY, SERIES, FRAME_OF_REFERENCE = (f"{ROOT}{n}.60412277" for n in (11, 12, 13))
FOLDER = f"{NAME.replace('^', '_')}_{BIRTH}"
SECRETS = (
    "quistgaard", "margrethe", BIRTH, "1941-11-07", "730918", "5518823", ROOT, "60412277",
    "holtermann", "winterbourne", "20170322", "77abc-private",
)  # fmt: skip
"""What no output may hold, in lower case."""


def plant(folder: Path) -> Path:
    """The planted folder: as archives deliver it, called by the patient, files called by UIDs."""
    written = write_dicom(folder / "plain", *disc_scan())
    top = folder / FOLDER / STUDY
    for number, file in enumerate(written):
        dataset = pydicom.dcmread(file)
        identify(dataset, number)
        place = top / f"{SERIES}.{dataset.SeriesNumber}"
        place.mkdir(parents=True, exist_ok=True)
        dataset.save_as(place / f"{dataset.SOPInstanceUID}.dcm")
    (top / f"{NAME}.txt").write_text(NAME)
    return folder / FOLDER


def identify(dataset: pydicom.Dataset, number: int) -> None:
    """Give an image to the person."""
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = NAME, RECORD, BIRTH
    dataset.OtherPatientIDs, dataset.AccessionNumber = "77abc-private", ACCESSION
    dataset.ReferringPhysicianName, dataset.OperatorsName = "HOLTERMANN^A", "WINTERBOURNE"
    dataset.PatientComments = dataset.ImageComments = f"{NAME} {BIRTH}"
    dataset.StudyDescription = f"brain of {NAME}"
    dataset.ProtocolName = f"{NAME} dce"
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = "20170322"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = STUDY, f"{SERIES}.{dataset.SeriesNumber}"
    dataset.FrameOfReferenceUID = FRAME_OF_REFERENCE
    dataset.SOPInstanceUID = f"{ROOT}14.60412277.{number}"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.SeriesDescription = f"{dataset.SeriesDescription} Quistgaard 730918 Holtermann"
    block = dataset.private_block(0x0029, "77ABC-PRIVATE", create=True)
    block.add_new(0x10, "LO", NAME)


def found_in(content: bytes, more: tuple[str, ...] = ()) -> list[str]:
    """Which secrets stand in bytes, or in what is packed or encoded in them."""
    layers = [layer.lower() for layer in _layers(content, 3)]
    words = [secret.lower() for secret in (*SECRETS, *more)]
    return [
        word
        for word in words
        if any(word.encode(code) in layer for code in ("utf-8", "utf-16-le") for layer in layers)
    ]


def _layers(content: bytes, depth: int) -> Iterator[bytes]:
    """The bytes, and all gzip streams, base64 texts and compressed texts of pictures in them."""
    yield content
    if depth == 0:
        return
    inner: list[bytes] = []
    if content[:2] == b"\x1f\x8b":
        inner.append(gzip.decompress(content))
    if content[:8] == b"\x89PNG\r\n\x1a\n":
        inner.extend(_texts(content))
    for text in re.findall(rb"[A-Za-z0-9+/]{40,}={0,2}", content):
        inner.append(base64.b64decode(text + b"=" * (-len(text) % 4)))
    for one in inner:
        yield from _layers(one, depth - 1)


def _texts(picture: bytes) -> Iterator[bytes]:
    """All chunks of a PNG but its pixels, unpacked where they are compressed."""
    place = 8
    while place < len(picture):
        length, kind = int.from_bytes(picture[place : place + 4]), picture[place + 4 : place + 8]
        chunk = picture[place + 8 : place + 8 + length]
        if kind != b"IDAT":
            yield chunk
        if kind in (b"zTXt", b"iCCP"):
            yield zlib.decompress(chunk.split(b"\0", 1)[1][1:])
        place += 12 + length
