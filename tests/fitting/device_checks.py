"""What is computed on $GADMAP_DEVICE is what the CPU computes; `test_devices` runs this."""

import os

import numpy as np
import pytest
import torch
from fit_cases import noisy_curves
from other_device import NAME, other_device

import gadmap
from gadmap.data import CurveFit, Reason
from gadmap.estimators import named_estimator, on_device
from gadmap.fitting import rows
from gadmap.phantoms import reference_object
from gadmap.phantoms.scene import SceneChoices, scene

NOISY = SceneChoices(noise=0.05, t10_error=0.0)


@pytest.fixture
def device() -> str:
    """A device that is not the CPU."""
    name = os.environ["GADMAP_DEVICE"]
    if name == NAME:
        other_device()
    return name


def same_fit(here: CurveFit, there: CurveFit) -> None:
    np.testing.assert_allclose(there.sse, here.sse, rtol=1e-8)
    assert (here.reason == there.reason).mean() > 0.99  # a bound is met within rounding
    for name, error in here.standard_error.items():
        apart = np.abs(there[name] - here[name])
        assert np.nanmax(apart / error) < 1e-3, name


@pytest.mark.parametrize("own_weights", [False, True], ids=["equal weights", "own weights"])
@pytest.mark.parametrize("model", ["tofts", "extended-tofts", "patlak", "vascular"])
def test_a_fit_is_the_same_there(model: str, own_weights: bool, device: str):
    curves, t, cp = noisy_curves(model, 60, noise=0.1)
    curves[3, 5] = np.nan
    weights = np.random.default_rng(1).random(curves.shape) + 0.1 if own_weights else None
    here = gadmap.fit_curves(curves, t, cp, model, weights=weights)
    there = gadmap.fit_curves(curves, t, cp, model, weights=weights, device=device)
    same_fit(here, there)
    assert there.reason[3] == Reason.NOT_FINITE


def test_a_delay_is_the_same_there(device: str):
    curves, t, cp = noisy_curves("tofts", 20, noise=0.1)
    options = {"fit_delay": True, "bounds": {"delay": (-2.0, 2.0)}}
    here = gadmap.fit_curves(curves, t, cp, **options)
    same_fit(here, gadmap.fit_curves(curves, t, cp, device=device, **options))


def test_a_dispersion_is_the_same_there(device: str):
    curves, t, cp = noisy_curves("tofts", 20, noise=0.1)
    here = gadmap.fit_curves(curves, t, cp, fit_dispersion=True)
    same_fit(here, gadmap.fit_curves(curves, t, cp, fit_dispersion=True, device=device))


def test_chunks_follow_the_memory_of_the_device(device: str, monkeypatch: pytest.MonkeyPatch):
    curves, t, cp = noisy_curves("tofts", 50, noise=0.1)
    whole = gadmap.fit_curves(curves, t, cp, device=device)
    monkeypatch.setattr(rows, "FEWEST_ELSEWHERE", 7)
    monkeypatch.setattr(rows, "free_memory", lambda _: 1)
    counted = []
    parts = gadmap.fit_curves(
        curves, t, cp, device=device, progress=lambda *now: counted.append(now)
    )
    assert counted == [(done, 50) for done in (7, 14, 21, 28, 35, 42, 49, 50)]
    np.testing.assert_allclose(parts["ktrans"], whole["ktrans"], rtol=1e-9)


@pytest.mark.parametrize("name", ["tofts", "fcsa-net", "fcsa-net-guided", "best"])
def test_maps_are_the_same_there(name: str, device: str, monkeypatch: pytest.MonkeyPatch):
    if device == NAME:  # torch's inference mode makes no views of a tensor that is made in Python
        monkeypatch.setattr(torch, "inference_mode", lambda _=True: torch.no_grad())
    long = name == "fcsa-net"
    exam = (reference_object(matrix=48, slices=1) if long else scene((5, 0, 0), NOISY)).exam
    here = named_estimator(name).estimate(exam)
    there = on_device(named_estimator(name), device).estimate(exam)
    assert (here.valid == there.valid).all()
    for quantity, values in here.values.items():
        np.testing.assert_allclose(there[quantity], values, rtol=1e-4, atol=1e-5, err_msg=quantity)
