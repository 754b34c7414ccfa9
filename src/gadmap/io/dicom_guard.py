"""DICOM headers that anyone may have written: believed as far as the file bears them out."""

from dataclasses import dataclass
from typing import Any, BinaryIO

_LARGE = 2**16  # bytes; a longer read is compared with what the file still holds
_PACKED, _SMALL = 1000, 2**24  # the most that a codec packs into a byte; bytes that any file may be


class RefusedError(ValueError):
    """Why a file is not read, in words that quote nothing from its header but numbers."""


@dataclass(frozen=True, kw_only=True)
class DeclaredSize:
    """How many samples a header declares, and the bytes of each."""

    frames: int
    rows: int
    columns: int
    per_pixel: int
    item: int

    def __post_init__(self) -> None:
        if min(self.frames, self.rows, self.columns, self.per_pixel, self.item) < 1:
            raise RefusedError(
                f"image size {self}; expected 1 or more of each. Is the header damaged?"
            )

    def __str__(self) -> str:
        return f"{self.frames} x {self.rows} x {self.columns}"

    @property
    def bytes(self) -> int:
        """Of all samples."""
        return self.frames * self.rows * self.columns * self.per_pixel * self.item

    def require_native(self, found: int) -> None:
        """Raise `RefusedError` unless so many bytes hold the samples."""
        if found < self.bytes:
            raise RefusedError(
                f"{max(found, 0)} bytes of samples; expected {self.bytes} for {self}. "
                "The file is cut short; copy it again"
            )

    def require_packed(self, size: int) -> None:
        """Raise `RefusedError` unless a file of that size may hold the samples compressed."""
        if self.bytes > max(_SMALL, _PACKED * size):
            raise RefusedError(
                f"{size} bytes; its header declares {self} samples, {self.bytes} bytes, and no "
                "image is compressed so far. Is the header damaged?"
            )


class _Clamped:
    """A file whose reads never ask for more than it holds: memory is allocated for what is asked.

    Elements declare their length, which may be 4 GB in a file of 1 kB. And the parser asks for all
    that there is in one case only, to unpack a deflated file in memory, be it gigabytes.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size
        self.seek, self.tell, self.name = file.seek, file.tell, "input"

    def read(self, count: int | None = None) -> bytes:
        """So many bytes, or all that there are."""
        if count is None or count < 0:
            raise RefusedError(
                "deflated DICOM; expected samples and header as they are. Unpack it first"
            )
        if count > _LARGE:
            count = max(min(count, self._size - self._file.tell()), 0)
        return self._file.read(count)


def clamped(file: BinaryIO) -> Any:
    """The file, for a parser that believes what elements say of their length."""
    here = file.tell()
    size = file.seek(0, 2)
    file.seek(here)
    return _Clamped(file, size)
