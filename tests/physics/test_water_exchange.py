"""Both limits of water exchange: what they share, where they meet, and that agent is kept."""

import numpy as np
import pytest
import torch

from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.water_exchange import WATER_EXCHANGES, water_exchange_of

HCT = 0.42
T = 4.8 * torch.arange(65).double()
PLASMA = POPULATION_AIFS["parker"].plasma(T - 37.0, HCT)
WITH_SPACES = [name for name, model in KINETIC_MODELS.items() if model.spaces]
VALUES = {"ktrans": 0.2, "ve": 0.3, "vp": 0.05, "fp": 40.0, "ps": 0.2}
each_model = pytest.mark.parametrize("name", WITH_SPACES)
each_exchange = pytest.mark.parametrize("exchange", WATER_EXCHANGES)


def parameters(name, **other):
    values = VALUES | other
    return {
        q.name: torch.tensor([values[q.name]], dtype=torch.float64)
        for q in KINETIC_MODELS[name].parameters
    }


def pools(name, exchange, **other):
    model, given = KINETIC_MODELS[name], parameters(name, **other)
    limit = WATER_EXCHANGES[exchange]
    volumes = limit.volumes(model, given, HCT)
    return volumes, limit.concentrations(model, given, T, PLASMA, HCT)


@each_model
@each_exchange
def test_pools_fill_the_voxel_and_hold_the_agent_of_the_tissue(name, exchange):
    volumes, concentrations = pools(name, exchange)
    assert volumes.sum().item() == pytest.approx(1, abs=1e-15)
    tissue = tissue_concentration(KINETIC_MODELS[name], parameters(name), T, PLASMA)
    held = (volumes[..., None] * concentrations).sum(dim=-2)
    np.testing.assert_allclose(held, tissue, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ["extended-tofts", "2cxm", "vascular"])
def test_blood_takes_the_volume_of_its_cells_too(name):
    volumes, concentrations = pools(name, "none")
    assert volumes[0, 0].item() == pytest.approx(VALUES["vp"] / (1 - HCT))
    if name != "2cxm":  # whose flow is not endless
        np.testing.assert_allclose(concentrations[0, 0], (1 - HCT) * PLASMA)


def test_interstitium_under_constant_plasma_fills_up():
    """c_e(t) = C (1 - exp(-kep t))."""
    model, given = KINETIC_MODELS["extended-tofts"], parameters("extended-tofts")
    constant = torch.full_like(PLASMA, 2.0)
    found = WATER_EXCHANGES["none"].concentrations(model, given, T, constant, HCT)[0, 1]
    expected = 2 * (1 - torch.exp(-VALUES["ktrans"] / VALUES["ve"] * T / 60))
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def test_spaces_of_endless_flow_are_those_of_extended_tofts():
    fast = pools("2cxm", "none", fp=1e7, ps=VALUES["ktrans"])[1]
    tofts = pools("extended-tofts", "none")[1]
    np.testing.assert_allclose(fast[0, :2], tofts[0, :2], rtol=1e-4, atol=1e-4)


@each_model
def test_cells_hold_no_agent(name):
    assert not pools(name, "none")[1][0, -1].any()


@pytest.mark.parametrize("name", ["patlak", "2cum"])
def test_a_model_without_an_interstitial_volume_is_refused(name):
    with pytest.raises(ValueError, match=f"with model {name}, which leaves the interstitium's"):
        water_exchange_of("none", KINETIC_MODELS[name])
    assert water_exchange_of("fast", KINETIC_MODELS[name]) is WATER_EXCHANGES["fast"]


def test_a_limit_that_is_not_known_is_said():
    with pytest.raises(ValueError, match="water_exchange is 'slow'; expected fast or none"):
        water_exchange_of("slow", KINETIC_MODELS["tofts"])
