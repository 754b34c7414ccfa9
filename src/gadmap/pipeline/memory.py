"""How much memory a run may take, and room in a scratch file so that it keeps to that."""

import ctypes
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path

import numpy as np
from jaxtyping import Float

from gadmap.data.scratch import Scratch
from gadmap.io.room import Room
from gadmap.physics.voxels import FEWEST_A_SLAB, slab_bytes
from gadmap.pipeline.stages import Progress, Watch

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)

_VOXEL_BYTES = 45
"""Of every voxel of the grid, however many the frames: T1, B1 and mask, and what steps make of a
whole map while they work. Measured, as the others here: benchmarks/streaming.py."""

_LATER_BYTES = 250 << 20
"""What libraries take when they are first used: machine code of the fit, figures of the report."""

_PIECE = 10 * (1 << 12)
"""Curves in double precision that the search for an artery and the residuals hold at a time."""


def memory_bytes(mem: int | str) -> int:
    """Bytes of "1G", "800M" or a number; a G is 1024 M.

    Raises
    ------
    ValueError
        If it is no such size.
    """
    found = _SIZE.fullmatch(str(mem).strip())
    if found is None or not float(found[1]):
        raise ValueError(f"memory is {mem!r}; expected a size like 1G, 800M or 2.5G")
    return int(float(found[1]) * _UNITS[found[2].upper()])


def room_within(memory: int, folder: Path) -> Room:
    """Room for a series in a scratch file of `folder`, so that a run takes at most `memory` bytes.

    The room raises ValueError where that is not enough for the series, OSError where the disk has
    no room.

    Raises
    ------
    ValueError
        If the system cannot take mapped pages back.
    """
    if os.name != "posix":
        raise ValueError("memory can be limited on Linux and macOS only; leave out --mem (mem=)")

    def room(shape: tuple[int, int, int, int]) -> Float[np.ndarray, "x y z time"]:
        held = _held()
        whole = held + _LATER_BYTES + _VOXEL_BYTES * prod(shape[:3])
        least = _least_piece(shape)
        if memory < whole + least:
            size = " x ".join(map(str, shape[:3]))
            raise ValueError(
                f"memory of {_shown(memory)} is too little for {size} voxels and {shape[3]} frames;"
                f" expected at least {_shown(whole + least)}, of which {_shown(held)} are held "
                "already, by libraries above all"
            )
        return Scratch(folder=folder, slab_bytes=memory - whole).empty(shape)

    return room


def giving_back(watch: Watch) -> Watch:
    """The same, handing freed memory back to the system after each stage, which glibc keeps."""

    @contextmanager
    def giving(name: str) -> Iterator[Progress | None]:
        with watch(name) as progress:
            yield progress
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)

    return giving


def _least_piece(shape: tuple[int, int, int, int]) -> int:
    """Memory [byte] of the largest piece of the series that any step holds at a time."""
    x, y, _, frames = shape
    single, double = (np.dtype(kind).itemsize for kind in (np.float32, np.float64))
    return max(slab_bytes(FEWEST_A_SLAB, frames), double * frames * _PIECE, single * frames * x * y)


def _held() -> int:
    """Memory [byte] that this process holds: resident, the code of libraries included."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource  # not on every system

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _shown(size: int) -> str:
    return f"{-(-size >> 20)}M"
