"""Laws of arrays in scratch files: arrays like any other, that leave nothing behind."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from containers import FRAMES, series

from gadmap.data.scratch import (
    Scratch,
    empty_beside,
    full_beside,
    in_memory,
    let_go,
    scratch_of,
)


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(folder=tmp_path, slab_bytes=1 << 20)


def test_what_was_let_go_of_is_still_there(scratch):
    array = scratch.empty((30, 20, 10, 5))
    array[:] = np.arange(array.size).reshape(array.shape)
    let_go(array)
    np.testing.assert_array_equal(array.ravel(), np.arange(array.size))


def test_memory_is_given_back_when_an_array_is_let_go_of(scratch):
    """Of 64 MB that were written, none stays resident."""
    status = Path("/proc/self/statm")
    # macOS maps files too, but has no file that tells what of them is resident.
    if not status.exists():
        pytest.skip("resident memory is told by Linux only")

    def resident() -> int:
        return int(status.read_text().split()[1]) * 4096

    array, before = scratch.empty((1 << 24,)), resident()
    array.fill(1)
    assert resident() - before > 60e6
    let_go(array)
    assert resident() - before < 10e6


def test_no_file_is_seen_in_the_folder_even_while_the_array_is_used(scratch):
    array = scratch.empty((4, 4))
    array.fill(3)
    assert list(scratch.folder.iterdir()) == []


def test_files_of_scans_and_scratch_run_alike_in_memory(scratch):
    for array in (scratch.empty((2, 3, 4)), in_memory((2, 3, 4))):
        assert array.flags.f_contiguous
        assert array.shape == (2, 3, 4)
        assert array.dtype == np.float32


def test_what_is_made_of_a_scratch_array_lies_in_scratch_too(scratch):
    signal = series(signal=scratch.empty((4, 4, 2, FRAMES))).signal
    assert scratch_of(signal) is scratch
    assert scratch_of(signal[..., 2].T) is scratch
    assert scratch_of(empty_beside(signal, (4, 4, 2), np.uint8)) is scratch
    filled = full_beside(signal, (4, 4, 2), 7, np.uint8)
    assert scratch_of(filled) is scratch
    assert (filled == 7).all()


def test_what_is_made_of_an_array_in_memory_lies_in_memory():
    array = np.zeros((4, 4, 2, 8), np.float32)
    assert scratch_of(array) is None
    assert scratch_of(full_beside(array, (4, 4, 2), np.nan)) is None
    let_go(array)


def test_a_disk_without_room_is_told_before_anything_is_written(scratch, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with pytest.raises(OSError, match=r"4\.00 GB of scratch.*only 0\.00 GB are free"):
        scratch.empty((1_000_000_000,))
