from math import exp, pi

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gadmap.physics.relaxivity import concentration_of_rate
from gadmap.physics.spgr import spgr_r1, spgr_s0, spgr_signal
from validation.reference_data import signal_cases

rates = st.floats(0.05, 100)  # 1/s
angles = st.floats(0.02, pi / 2)  # rad
repetition_times = st.floats(1e-3, 0.05)  # s
scales = st.floats(1e-3, 1e6)


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def test_flip_angle_0_gives_no_signal():
    assert spgr_signal(tensor(1.0), tensor(1e3), tensor(0.0), 5e-3) == 0


def test_tissue_that_never_relaxes_gives_no_signal():
    assert spgr_signal(tensor(0.0), tensor(1e3), tensor(0.3), 5e-3) == 0


def test_fully_relaxed_tissue_gives_s0_times_the_sine_of_the_angle():
    """The signal of one pulse from equilibrium."""
    angle = tensor(0.3)
    signal = spgr_signal(tensor(1e5), tensor(1e3), angle, 5e-3)
    torch.testing.assert_close(signal, 1e3 * torch.sin(angle), rtol=1e-12, atol=0)


@given(r1=rates, tr=repetition_times)
def test_the_signal_is_highest_at_the_ernst_angle(r1, tr):
    """Ernst and Anderson 1966: cos(angle) = exp(-TR R1)."""
    ernst = tensor(np.arccos(exp(-tr * r1)))
    angles = ernst * tensor([0.9, 1.0, 1.1])
    below, highest, above = spgr_signal(tensor(r1), tensor(1.0), angles, tr)
    assert below < highest > above
    slope = torch.func.grad(lambda a: spgr_signal(tensor(r1), tensor(1.0), a, tr))(ernst)
    assert abs(slope) < 1e-12


@given(r1=rates, s0=scales, angle=angles, tr=repetition_times)
def test_the_rate_comes_back_from_the_signal(r1, s0, angle, tr):
    signal = spgr_signal(tensor(r1), tensor(s0), tensor(angle), tr)
    back = spgr_r1(signal, tensor(s0), tensor(angle), tr)
    assert back.item() == pytest.approx(r1, rel=1e-8)


@given(r1=rates, s0=scales, angle=angles, tr=repetition_times)
def test_the_scale_comes_back_from_the_signal(r1, s0, angle, tr):
    signal = spgr_signal(tensor(r1), tensor(s0), tensor(angle), tr)
    back = spgr_s0(signal, tensor(r1), tensor(angle), tr)
    assert back.item() == pytest.approx(s0, rel=1e-12)


@given(angle=angles, tr=repetition_times, excess=st.floats(1, 1e6))
def test_a_signal_above_that_of_full_relaxation_has_no_rate(angle, tr, excess):
    full = 100 * torch.sin(tensor(angle)) * excess
    assert spgr_r1(full, tensor(100.0), tensor(angle), tr).isnan()


def test_a_signal_below_0_has_a_negative_rate():
    """Noise around no signal averages to no rate only if both sides have one."""
    above, below = spgr_r1(tensor([1.0, -1.0]), tensor(1e4), tensor(0.3), 5e-3)
    assert below < 0 < above
    assert below.item() == pytest.approx(-above.item(), rel=0.01)


def test_signal_and_inverses_broadcast_over_voxels_and_frames():
    r1 = torch.linspace(0.5, 5, 12, dtype=torch.float64).reshape(3, 4)
    s0, angle = tensor([[10.0], [20.0], [30.0]]), tensor([[0.2], [0.3], [0.4]])
    signal = spgr_signal(r1, s0, angle, 5e-3)
    assert signal.shape == (3, 4)
    torch.testing.assert_close(spgr_r1(signal, s0, angle, 5e-3), r1)
    torch.testing.assert_close(spgr_s0(signal, r1, angle, 5e-3), s0.expand(3, 4))


def test_signal_and_inverses_are_differentiable():
    r1 = tensor([0.5, 1.0, 4.0]).requires_grad_()
    s0, angle = tensor(2.0).requires_grad_(), tensor(0.35).requires_grad_()
    signal = spgr_signal(r1, s0, angle, 0.02).detach().requires_grad_()
    assert torch.autograd.gradcheck(lambda *x: spgr_signal(*x, 0.02), (r1, s0, angle))
    assert torch.autograd.gradcheck(lambda *x: spgr_r1(*x, 0.02), (signal, s0, angle))
    assert torch.autograd.gradcheck(lambda *x: spgr_s0(*x, 0.02), (signal, r1, angle))


@pytest.mark.data
def test_signals_become_the_concentrations_of_osipi(reference_data):
    """OSIPI code collection, SI2Conc: the baseline is frames 1 to n - 1, the first is left out."""
    cases = signal_cases(reference_data)
    assert len(cases) == 5
    for case in cases:
        signal, expected = (tensor([float(v) for v in case[k].split()]) for k in ("s", "conc"))
        angle, tr = torch.deg2rad(tensor(float(case["FA"]))), float(case["TR"])
        r10 = 1 / tensor(float(case["T1base"]))
        s0 = spgr_s0(signal[1 : int(case["numbaselinepts"])].mean(), r10, angle, tr)
        found = concentration_of_rate(spgr_r1(signal, s0, angle, tr), r10, float(case["r1"]))
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
