"""The disc's examination and maps, for the page."""

import pytest

from disc import disc_exam, disc_maps
from gadmap.data import Exam, ParameterMaps


@pytest.fixture(scope="session")
def exam() -> Exam:
    """Noise-free signal of the disc."""
    return disc_exam()


@pytest.fixture(scope="session")
def maps() -> ParameterMaps:
    """The truth as a result, with a voxel of three kinds of reason."""
    return disc_maps()
