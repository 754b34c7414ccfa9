from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from containers import FRAMES, GRID, aif, exam, flip_angles, maps, series

ARRAYS = [
    (series, "signal", np.ones((*GRID, FRAMES), dtype=np.float32)),
    (series, "t", np.arange(float(FRAMES))),
    (series, "affine", np.eye(4)),
    (flip_angles, "signal", np.random.default_rng(0).random((*GRID, 3))),
    (flip_angles, "affine", np.eye(4)),
    (aif, "t", np.arange(float(FRAMES))),
    (aif, "plasma", np.ones(FRAMES)),
    (aif, "voxels", np.zeros((1, 3), dtype=np.int64)),
    (exam, "t10", np.ones(GRID)),
    (exam, "t10_se", np.ones(GRID)),
    (exam, "b1", np.ones(GRID)),
    (exam, "mask", np.ones(GRID, dtype=bool)),
    (maps, "valid", np.ones(GRID, dtype=bool)),
    (maps, "reason", np.zeros(GRID, dtype=np.uint8)),
    (maps, "affine", np.eye(4)),
]
every_array = pytest.mark.parametrize(
    ("make", "name", "array"), ARRAYS, ids=[f"{make.__name__}-{name}" for make, name, _ in ARRAYS]
)


@every_array
def test_an_array_in_a_container_cannot_be_written(make, name, array):
    held = getattr(make(**{name: array}), name)
    np.testing.assert_array_equal(held, array)
    with pytest.raises(ValueError, match="read-only"):
        held[...] = 0


@every_array
def test_the_array_of_the_caller_stays_writable(make, name, array):
    make(**{name: array})
    assert array.flags.writeable


@every_array
def test_a_container_shares_the_memory_of_the_caller(make, name, array):
    assert np.shares_memory(getattr(make(**{name: array}), name), array)


@pytest.mark.parametrize("make", [series, flip_angles, aif, exam, maps])
def test_an_attribute_cannot_be_rebound(make):
    container = make()
    with pytest.raises(FrozenInstanceError):
        container.notes = ()


def test_a_changed_copy_is_checked_like_a_new_one():
    with pytest.raises(ValueError, match="percent"):
        replace(exam(), hct=42.0)
    assert replace(exam(), hct=0.4).hct == 0.4
