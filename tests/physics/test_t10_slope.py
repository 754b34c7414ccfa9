"""What an error of T1 does to concentration: by differences of the exact conversion."""

from math import pi

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gadmap.physics.relaxivity import concentration_of_rate, relaxation_rate
from gadmap.physics.spgr import spgr_r1, spgr_s0, spgr_signal
from gadmap.physics.t10_slope import t10_slope

RELAXIVITY = 4.5


def tensor(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64)


@given(
    concentration=st.floats(0.01, 8),
    t10=st.floats(0.2, 3),
    angle=st.floats(0.05, pi / 2),
    tr=st.floats(1e-3, 0.03),
)
def test_it_is_the_change_of_the_converted_concentration(
    concentration: float, t10: float, angle: float, tr: float
):
    c, native, flip = tensor(concentration), tensor(t10), tensor(angle)
    one = tensor(1.0)
    before = spgr_signal(1 / native, one, flip, tr)
    after = spgr_signal(relaxation_rate(c, 1 / native, RELAXIVITY), one, flip, tr)

    def converted(t1: torch.Tensor) -> torch.Tensor:
        rate = spgr_r1(after, spgr_s0(before, 1 / t1, flip, tr), flip, tr)
        return torch.log(concentration_of_rate(rate, 1 / t1, RELAXIVITY))

    step = 1e-5
    change = (converted(native * (1 + step)) - converted(native * (1 - step))) / (2 * step)
    assert t10_slope(c, native, flip, tr, RELAXIVITY).item() == pytest.approx(
        change.item(), rel=1e-4
    )


def test_where_the_signal_follows_the_rate_concentration_goes_as_its_inverse():
    slope = t10_slope(tensor(0.5), tensor(1.5), tensor(pi / 2), 1e-4, RELAXIVITY)
    assert slope.item() == pytest.approx(-1, abs=1e-3)
