import torch
from hypothesis import given
from hypothesis import strategies as st

from gadmap.physics.relaxivity import concentration_of_rate, relaxation_rate


def tensor(value):
    return torch.tensor(value, dtype=torch.float64)


@given(concentration=st.floats(-1, 20), r10=st.floats(0.1, 10), relaxivity=st.floats(1, 50))
def test_the_concentration_comes_back_from_the_rate(concentration, r10, relaxivity):
    rate = relaxation_rate(tensor(concentration), tensor(r10), relaxivity)
    back = concentration_of_rate(rate, tensor(r10), relaxivity)
    torch.testing.assert_close(back, tensor(concentration), rtol=1e-9, atol=1e-12)


def test_without_agent_the_rate_is_the_native_one():
    assert relaxation_rate(tensor(0.0), tensor(0.8), 4.5) == 0.8


def test_one_mmol_per_litre_adds_the_relaxivity():
    assert relaxation_rate(tensor(1.0), tensor(0.5), 4.5) == 5.0
