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
        The numbers of these files.
    """

    path: Path
    slices: tuple[Slice, ...]
    notes: tuple[str, ...]
    skipped: tuple[str, ...]


def scan_dicom(path: Path, name: str, part: str = "") -> Scan:
    """Slices of all DICOM files at or below `path`; each file is opened and parsed once.

    Parameters
    ----------
    name
        What messages call the path.
    part
        What stands before a file's number in messages, where several paths are one input.

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
        files = files_below(path, name)
        for number, file in enumerate(files, start=1):
            label = numbered(number, len(files), part)
            found = read_slices(file, label)
            if isinstance(found, Ignored):
                skipped[found.reason].append(label)
            else:
                slices.extend(found)
    notes = tuple(_sentence(len(names), reason) for reason, names in skipped.items())
    names = tuple(name for names in skipped.values() for name in names)
    if not slices:
        found = f"{'; '.join(notes)}: {listed(names)}" if names else "found no file at all"
        raise ValueError(f"{name}: no DICOM MR image there; {found}")
    return Scan(path, tuple(slices), notes, names)


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def numbered(number: int, count: int, part: str = "") -> str:
    """What messages call a DICOM file; archives give files names of patients, and UIDs."""
    return f"{part} file {number} of {count}".lstrip()


def files_below(path: Path, name: str = "input") -> list[Path]:
    """The file itself, or all files of a folder and of those in it, by name.

    Raises
    ------
    FileNotFoundError
        If there is nothing; `name` is what the message calls the path.
    """
    if not path.exists():
        raise FileNotFoundError(f"{name}: no such file or folder")
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


def _sentence(count: int, reason: str) -> str:
    return f"skipped {count} {'file' if count == 1 else 'files'} ({reason})"
