"""Folders whose DICOM headers were read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gadmap.io.dicom_scan import listed, scan_dicom
from gadmap.io.dicom_series import DicomSeries, sort_into_series


@dataclass(frozen=True, eq=False)
class DicomFolder:
    """A folder, or several, whose headers were read; samples are read when they are asked for.

    Attributes
    ----------
    name
        What messages call it: a label, as its path may name a patient.
    series
        Acquisitions in it.
    notes
        How many files were skipped, and why.
    skipped
        Their numbers.
    """

    name: str
    series: tuple[DicomSeries, ...]
    notes: tuple[str, ...]
    skipped: tuple[str, ...] = ()


def open_dicom(
    *paths: Path, name: str = "DICOM input", parts: Sequence[str] | None = None
) -> DicomFolder:
    """The acquisitions at or below `paths`, from one pass over their headers.

    Parameters
    ----------
    name
        What messages call all of it.
    parts
        What messages call each path, where there are several.

    Raises
    ------
    OSError, ValueError
        If a path holds nothing, or a damaged file.
    """
    called = [""] * len(paths) if parts is None else parts
    scans = [scan_dicom(path, name, part) for path, part in zip(paths, called, strict=True)]
    return DicomFolder(
        name=name,
        series=sort_into_series([image for scan in scans for image in scan.slices]),
        notes=tuple(note for scan in scans for note in scan.notes),
        skipped=tuple(file for scan in scans for file in scan.skipped),
    )


@contextmanager
def naming_skipped(folder: DicomFolder) -> Iterator[None]:
    """Let a refusal tell which files were skipped: what is missing may be among them."""
    try:
        yield
    except ValueError as error:
        if not folder.skipped:
            raise
        raise ValueError(
            f"{error} ({'; '.join(folder.notes)}: {listed(folder.skipped)})"
        ) from error
