"""Fit and networks on another device than the CPU."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from other_device import NAME

import gadmap
from gadmap.estimators import LeastSquares, on_device

CHECKS = Path(__file__).with_name("device_checks.py")
CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")


@pytest.mark.parametrize("device", [NAME, pytest.param("cuda", marks=CUDA)])
def test_what_is_computed_there_is_what_the_cpu_computes(device: str):
    """In a process of its own: torch must know of a device before it takes its first gradient."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", CHECKS],
        env={**os.environ, "GADMAP_DEVICE": device},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert " passed" in run.stdout
    assert "skipped" not in run.stdout


def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="in double precision on device 'xpu' here"):
        gadmap.fit_curves(np.ones((1, 3)), np.arange(3.0), np.ones(3), device="xpu")
    with pytest.raises(ValueError, match="on device 'nowhere' here"):
        on_device(LeastSquares(), "nowhere")
