"""Results folders to look at: the disc's fit, another estimate, and maps alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from disc import disc_exam, disc_maps
from gadmap.data.aif import STAND_IN
from gadmap.io import write_maps


@pytest.fixture(scope="module")
def fit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The disc's fit with its examination."""
    folder = tmp_path_factory.mktemp("viewer") / "fit"
    write_maps(folder, disc_maps(), disc_exam(), {})
    return folder


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another estimate of the same examination, lower by a fifth, without arterial input."""
    folder = tmp_path_factory.mktemp("viewer") / "other"
    maps, exam = disc_maps(), disc_exam()
    lower = replace(
        maps,
        values={name: 0.8 * values for name, values in maps.values.items()},
        standard_error={},
        estimator="lower",
        settings={"uses_concentration": False},
    )
    stand_in = replace(exam.aif, source=f"{STAND_IN}parker", voxels=np.empty((0, 3), np.int64))
    write_maps(folder, lower, replace(exam, aif=stand_in), {})
    return folder


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Maps without their examination."""
    folder = tmp_path_factory.mktemp("viewer") / "bare"
    write_maps(folder, disc_maps(), disc_exam(), {}, keep_exam=False)
    return folder
