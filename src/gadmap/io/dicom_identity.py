"""What a header says of who was examined, kept out of the one free text that results repeat.

SeriesDescription is typed by people. DICOM counts it among what may identify a patient
(PS3.15, table E.1-1), and allows it to be kept where it is cleaned. Here a word of it is hidden
where it stands in an element of the same header that names a person or a number of one, and where
it is a long number, as dates, record numbers and UIDs are.
"""

import re
from functools import lru_cache

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

HIDDEN = "…"
_IDENTITY = tuple(
    tag
    for keyword in (
        "PatientName", "PatientID", "PatientBirthDate", "PatientBirthName", "OtherPatientIDs",
        "OtherPatientNames", "PatientMotherBirthName", "PatientAddress", "AccessionNumber",
        "ReferringPhysicianName", "PhysiciansOfRecord", "PerformingPhysicianName",
        "NameOfPhysiciansReadingStudy", "OperatorsName", "RequestingPhysician",
        "ResponsiblePerson", "RequestedProcedureID",
    )
    if (tag := tag_for_keyword(keyword)) is not None
)  # fmt: skip
_WORD = re.compile(r"[^\W_]+")
_LONG_NUMBER = re.compile(r"\d[\d.]{4,}\d")
_LEAST, _LEAST_NUMBER, _LEAST_PART = 2, 3, 4  # characters: of a word, a number, a part of a word


def description_of(dataset: Dataset) -> str:
    """SeriesDescription, with what may tell the patient hidden."""
    text = str(dataset.get("SeriesDescription") or "").strip()
    if not text:
        return ""
    return _cleaned(text, tuple(_raw(dataset, tag) for tag in _IDENTITY if tag in dataset))


def _raw(dataset: Dataset, tag: int) -> bytes:
    """An element as it is stored: to convert each in each file would take as long as to read it."""
    value = dataset.get_item(tag).value  # type: ignore[union-attr]
    return value if isinstance(value, bytes) else str(value).encode()


@lru_cache(maxsize=256)
def _cleaned(text: str, identity: tuple[bytes, ...]) -> str:
    names = {
        word.casefold()
        for raw in identity
        for encoding in ("utf-8", "latin-1")
        for word in _WORD.findall(raw.decode(encoding, "ignore"))
        if len(word) >= (_LEAST_NUMBER if word.isdigit() else _LEAST)
    }
    parts = [name for name in names if len(name) >= _LEAST_PART]

    def shown(match: re.Match[str]) -> str:
        word = match[0].casefold()
        return HIDDEN if word in names or any(part in word for part in parts) else match[0]

    return _WORD.sub(shown, _LONG_NUMBER.sub(HIDDEN, text))
