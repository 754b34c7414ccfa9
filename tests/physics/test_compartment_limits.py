"""Flow-limited models: mass balance, closed forms, and the simpler models that are their limits."""

import numpy as np
import pytest
import torch
from scipy.linalg import expm

from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS

T = torch.tensor([2.0, 4, 9, 13, 20, 24, 40, 44, 60, 110, 300], dtype=torch.float64)
PLASMA = torch.tensor([0, 0, 1, 7, 4, 2, 2.2, 1.5, 1.2, 1.0, 0.6], dtype=torch.float64)
MINUTES = (T - T[0]) / 60


def tissue(name, plasma=PLASMA, t=T, **parameters):
    values = {k: torch.as_tensor(v, dtype=torch.float64) for k, v in parameters.items()}
    return tissue_concentration(KINETIC_MODELS[name], values, t, plasma)


def balance(fp, ps, ve, vp, plasma):
    """Tissue under a linear plasma curve between samples, from the two mass balances as such.

    The state is plasma and interstitial concentration, inflow and its slope; one matrix
    exponential a segment (Van Loan, IEEE Trans Autom Control 1978;23:395-404).
    """
    flow, state, curve = fp / 100, np.zeros(2), [0.0]
    system = np.array([[-(flow + ps) / vp, ps / vp], [ps / ve, -ps / ve]])
    for step, here, there in zip(np.diff(MINUTES), plasma[:-1], plasma[1:], strict=True):
        whole = np.zeros((4, 4))
        whole[:2, :2], whole[0, 2], whole[2, 3] = system, flow / vp, 1.0
        before = np.array([*state, here, (there - here) / step])
        state = (expm(whole * float(step)) @ before)[:2]
        curve.append(vp * state[0] + ve * state[1])
    return np.array(curve)


@pytest.mark.parametrize(
    ("fp", "ps", "ve", "vp"),
    [(5.0, 0.05, 0.1, 0.02), (40.0, 0.15, 0.2, 0.1), (150.0, 3.0, 0.6, 0.3), (20.0, 0.0, 0.2, 0.1)],
)
def test_exchange_keeps_the_balance_of_both_compartments(fp, ps, ve, vp):
    expected = balance(fp, ps, ve, vp, PLASMA.numpy())
    found = tissue("2cxm", fp=fp, ps=ps, ve=ve, vp=vp)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_uptake_under_constant_plasma_has_its_closed_form():
    """Plasma fills with its rate, and what it loses adds up in a line."""
    flow, ps, vp = 0.3, 0.1, 0.05
    extracted = ps / (flow + ps)
    rate = (flow + ps) / vp
    found = tissue("2cum", torch.ones_like(T), fp=100 * flow, ps=ps, vp=vp)
    filled = flow * (1 - extracted) / rate * -torch.expm1(-rate * MINUTES)
    expected = extracted * flow * MINUTES + filled
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-15)


def test_vascular_is_its_share_of_the_plasma():
    assert torch.equal(tissue("vascular", vp=0.07), 0.07 * PLASMA)


@pytest.mark.parametrize("model", ["2cum", "2cxm"])
def test_all_that_flows_in_is_there_before_anything_can_leave(model):
    """At first the tissue fills at the rate of the flow: C = fp t, whatever the exchange."""
    t = torch.tensor([0.0, 1e-4], dtype=torch.float64)
    values = {"fp": 30.0, "ps": 0.5, "ve": 0.2, "vp": 0.1}
    values = {q.name: values[q.name] for q in KINETIC_MODELS[model].parameters}
    curve = tissue(model, torch.ones(2).double(), t, **values)
    assert float(curve[1]) == pytest.approx(0.3 * 1e-4 / 60, rel=1e-4)


def test_exchange_fills_both_volumes():
    """Under a constant plasma concentration of 1 mmol/L tissue ends at vp + ve."""
    t = torch.tensor([0.0, 1e5], dtype=torch.float64)
    curve = tissue("2cxm", torch.ones(2).double(), t, fp=30.0, ps=0.3, ve=0.2, vp=0.1)
    assert float(curve[1]) == pytest.approx(0.3, rel=1e-9)


def test_exchange_into_an_endless_interstitium_is_uptake():
    found = tissue("2cxm", fp=30.0, ps=0.3, ve=1e8, vp=0.07)
    expected = tissue("2cum", fp=30.0, ps=0.3, vp=0.07)
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=0)


@pytest.mark.parametrize(("flowing", "perfused"), [("2cxm", "extended-tofts"), ("2cum", "patlak")])
def test_endless_flow_leaves_plasma_in_step_with_the_artery(flowing, perfused):
    """The highly perfused limit: ktrans is ps."""
    values = {"ve": 0.3} if flowing == "2cxm" else {}
    found = tissue(flowing, fp=1e8, ps=0.2, vp=0.07, **values)
    expected = tissue(perfused, ktrans=0.2, vp=0.07, **values)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_endless_flow_without_exchange_is_the_vascular_model():
    found = tissue("2cum", fp=1e8, ps=0.0, vp=0.07)
    torch.testing.assert_close(found, tissue("vascular", vp=0.07), rtol=1e-4, atol=1e-5)


def test_exchange_without_plasma_volume_is_tofts():
    """The weakly vascularised limit: ktrans is the extracted flow."""
    found = tissue("2cxm", fp=30.0, ps=0.6, ve=0.4, vp=0.0)
    expected = tissue("tofts", ktrans=0.3 * 0.6 / 0.9, ve=0.4)
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("model", ["2cum", "2cxm"])
def test_without_exchange_plasma_alone_is_one_compartment(model):
    """Which is Tofts' curve of flow and plasma volume; ve has no say."""
    values = {"ve": 0.3} if model == "2cxm" else {}
    found = tissue(model, fp=30.0, ps=0.0, vp=0.2, **values)
    torch.testing.assert_close(found, tissue("tofts", ktrans=0.3, ve=0.2), rtol=1e-10, atol=0)


def test_fast_exchange_is_one_compartment_of_both_volumes():
    found = tissue("2cxm", fp=30.0, ps=1e7, ve=0.3, vp=0.1)
    torch.testing.assert_close(found, tissue("tofts", ktrans=0.3, ve=0.4), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("model", ["2cum", "2cxm"])
def test_no_edge_of_the_box_is_without_a_value_or_a_slope(model):
    """Where flow, exchange or plasma volume is 0, or all of them."""
    names = [q.name for q in KINETIC_MODELS[model].parameters]
    corners = torch.cartesian_prod(*[torch.tensor([0.0, 0.2], dtype=torch.float64)] * len(names))
    columns = {name: c.clone().requires_grad_() for name, c in zip(names, corners.T, strict=True)}
    if "ve" in columns:
        columns["ve"] = columns["ve"].detach().clamp(min=0.001).requires_grad_()
    curve = tissue_concentration(KINETIC_MODELS[model], columns, T, PLASMA)
    slopes = torch.autograd.grad(curve.sum(), list(columns.values()))
    assert torch.isfinite(curve).all()
    assert (curve >= 0).all()
    assert all(torch.isfinite(slope).all() for slope in slopes)


@pytest.mark.parametrize("model", ["2cum", "2cxm"])
def test_ktrans_is_what_the_plasma_loses_of_its_flow(model):
    """Small where exchange is slow (ktrans = ps), and never above the flow."""
    count = len(KINETIC_MODELS[model].parameters) - 2

    def ktrans(fp, ps):
        rest = [torch.tensor(0.2).double()] * count
        values = (torch.tensor(fp).double(), torch.tensor(ps).double(), *rest)
        return float(KINETIC_MODELS[model].derived(*values)["ktrans"])

    assert ktrans(30.0, 0.6) == pytest.approx(0.2)
    assert ktrans(100.0, 1e-5) == pytest.approx(1e-5, rel=1e-4)
    assert ktrans(30.0, 1e6) == pytest.approx(0.3, rel=1e-4)
    assert ktrans(0.0, 0.0) == 0
