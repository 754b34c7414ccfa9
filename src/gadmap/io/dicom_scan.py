"""A folder to the slices in it."""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydicom import config

from gadmap.io.dicom_header import Ignored, read_slices
from gadmap.io.dicom_slice import Slice

_NAMED = 5


@dataclass(frozen=True, eq=False)
class Scan:
    """What a folder holds.

    Attributes
    ----------
    path
        The folder or file.
    slices
        MR images, in the order of the file names.
    notes
        One sentence for each kind of file that was skipped, without names.
    skipped
        The names of these files: they may name the patient, so no result holds them.
    """

    path: Path
    slices: tuple[Slice, ...]
    notes: tuple[str, ...]
    skipped: tuple[str, ...]


def scan_dicom(path: Path) -> Scan:
    """Slices of all DICOM files at or below `path`; each file is opened and parsed once.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `path`.
    ValueError
        If a DICOM file is damaged or cut short, or there is no MR image at all.
    """
    slices: list[Slice] = []
    skipped: dict[str, list[str]] = defaultdict(list)
    with lenient():
        for file in files_below(path):
            found = read_slices(file)
            if isinstance(found, Ignored):
                skipped[found.reason].append(_short(file, path))
            else:
                slices.extend(found)
    notes = tuple(_sentence(len(names), reason) for reason, names in skipped.items())
    names = tuple(name for names in skipped.values() for name in names)
    if not slices:
        found = f"{'; '.join(notes)}: {listed(names)}" if names else "found no file at all"
        raise ValueError(f"{path}: no DICOM MR image there; {found}")
    return Scan(path, tuple(slices), notes, names)


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def files_below(path: Path) -> list[Path]:
    """The file itself, or all files of a folder and of those in it, by name."""
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file or folder")
    if path.is_file():
        return [path]
    return sorted(Path(folder, name) for folder, _, names in os.walk(path) for name in names)


@contextmanager
def lenient() -> Iterator[None]:
    """Let values pass that break DICOM's rules of form; those that matter are checked later."""
    before = config.settings.reading_validation_mode
    config.settings.reading_validation_mode = config.IGNORE
    try:
        yield
    finally:
        config.settings.reading_validation_mode = before


def _short(file: Path, path: Path) -> str:
    return file.relative_to(path).as_posix() if file != path else file.name


def _sentence(count: int, reason: str) -> str:
    return f"skipped {count} {'file' if count == 1 else 'files'} ({reason})"
