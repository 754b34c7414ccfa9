"""Fixtures for all tests."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import jaxtyping
import pytest
import torch
from hypothesis import settings

from validation.reference_data import MissingDataError, reference_folder

# tests run a process a core, and torch's threads would fight for it
torch.set_num_threads(1)

# the same examples in every run; no deadline, which a busy machine would miss
settings.register_profile("gadmap", deadline=None, derandomize=True)
settings.load_profile("gadmap")


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Folder of the reference data: $GADMAP_DATA, or data in the folder shared beside the code."""
    try:
        return reference_folder()
    except MissingDataError as missing:
        # the data are others' and not part of the repository; the message says how to point to them
        pytest.skip(str(missing))


@pytest.fixture
def as_installed() -> Iterator[None]:
    """The checks of annotations off, as for a user, so that the package's own checks speak."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Exit code, standard output and error of a command."""
    from gadmap.cli import main  # not before pytest has set up the checks of annotations

    def command(*arguments: object) -> SimpleNamespace:
        monkeypatch.setattr(sys, "argv", ["gadmap", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return SimpleNamespace(code=int(end.value.code or 0), out=said.out, err=said.err)

    return command
