from pathlib import Path

import pytest

from gadmap.data import DceSeries, FlipAngleSeries
from gadmap.io import read_flip_angles, read_series
from gadmap.phantoms import Phantom, reference_object


@pytest.fixture(scope="session")
def phantom() -> Phantom:
    """A quick phantom whose sinus still holds voxels of blood only."""
    return reference_object(matrix=192, slices=5, frames=40)


@pytest.fixture(scope="session")
def abdomen(reference_data: Path) -> DceSeries:
    return read_series(reference_data / "abdomen" / "dce.nii.gz")


@pytest.fixture(scope="session")
def abdomen_vfa(reference_data: Path, abdomen: DceSeries) -> FlipAngleSeries:
    folder = reference_data / "abdomen"
    return read_flip_angles([folder / f"vfa_fa{a:02d}.nii.gz" for a in (2, 10, 20)], abdomen)
