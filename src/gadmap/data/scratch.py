"""Arrays in scratch files, for what memory cannot hold.

A scratch file is mapped, so it is an array like any other: the system reads and writes its pages as
they are touched. What has been walked through is let go of, so that it does not count as memory.
What is made of such an array, another series or maps, lies in a scratch file too.
"""

import mmap
import os
import shutil
import tempfile
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped


class _Pages(mmap.mmap):
    """A mapped file that knows where it came from."""

    scratch: "Scratch"


@dataclass(frozen=True, kw_only=True)
class Scratch:
    """Where arrays lie that are too large for memory.

    Attributes
    ----------
    folder
        Folder of the files. They have no name in it: nothing is left behind, whatever happens.
    slab_bytes
        Memory that a step may take for the piece of the array that it works on.
    """

    folder: Path
    slab_bytes: int

    def empty(self, shape: tuple[int, ...], dtype: Any = np.float32) -> Shaped[np.ndarray, "..."]:
        """A new array, the first index fastest, as in NIfTI and DICOM files.

        The room on the disk is taken at once: a disk that fills up later would end the program.

        Raises
        ------
        OSError
            If the disk has not so much room.
        """
        size = max(prod(shape) * np.dtype(dtype).itemsize, mmap.PAGESIZE)
        _require_room(self.folder, size)
        with tempfile.TemporaryFile(dir=self.folder) as file:
            _take(file.fileno(), size)
            pages = _Pages(file.fileno(), size)
        pages.scratch = self
        return np.ndarray(shape, dtype, buffer=pages, order="F")


def in_memory(shape: tuple[int, ...], dtype: Any = np.float32) -> Shaped[np.ndarray, "..."]:
    """A new array in memory, the first index fastest."""
    return np.empty(shape, dtype, order="F")


def scratch_of(array: Shaped[np.ndarray, "..."]) -> Scratch | None:
    """Where the array lies; None for memory."""
    pages = _pages(array)
    return None if pages is None else pages.scratch


def empty_beside(
    array: Shaped[np.ndarray, "..."], shape: tuple[int, ...], dtype: Any = np.float32
) -> Shaped[np.ndarray, "..."]:
    """A new array where another one lies: in memory, the last index fastest, or in scratch."""
    scratch = scratch_of(array)
    return np.empty(shape, dtype) if scratch is None else scratch.empty(shape, dtype)


def full_beside(
    array: Shaped[np.ndarray, "..."], shape: tuple[int, ...], value: Any, dtype: Any = np.float32
) -> Shaped[np.ndarray, "..."]:
    """The same, filled."""
    new = empty_beside(array, shape, dtype)
    new.fill(value)
    let_go(new)
    return new


def let_go(*arrays: Shaped[np.ndarray, "..."]) -> None:
    """Take the pages of scratch files out of this process' memory; their content stays.

    Who touches the array again gets them back from the system's cache or the disk. Arrays in memory
    stay as they are.
    """
    for array in arrays:
        pages = _pages(array)
        if pages is not None and hasattr(mmap, "MADV_DONTNEED"):
            pages.madvise(mmap.MADV_DONTNEED)


def _pages(array: Any) -> _Pages | None:
    while array is not None and not isinstance(array, _Pages):
        array = getattr(array, "base", None)
    return array


def _require_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size:
        raise OSError(
            f"{folder.parent}: {size / 1e9:.2f} GB of scratch needed there, but only "
            f"{free / 1e9:.2f} GB are free on that disk; free some space, choose another folder or "
            "allow more memory"
        )


def _take(file: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
    else:  # as on macOS: sparse, the check above must do
        os.truncate(file, size)
