"""Fixtures for all tests."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Folder of the reference data: $GADMAP_DATA, or data in the folder shared beside the code."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("GADMAP_DATA") or beside)
    if not folder.is_dir():
        pytest.skip(f"no reference data: {folder} does not exist; set GADMAP_DATA")
    return folder
