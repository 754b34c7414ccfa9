"""Agreement of two estimates: closed forms."""

from dataclasses import replace

import numpy as np
import pytest

from disc import disc_maps
from gadmap.evaluation.comparison import compared, concordance


def other(factor: float = 1.0, shift: float = 0.0):
    maps = disc_maps()
    values = dict(maps.values) | {"ktrans": factor * maps["ktrans"] + shift}
    return replace(maps, values=values, estimator="other")


def test_an_estimate_agrees_with_itself():
    maps = disc_maps()
    same = compared(maps, maps, "ktrans", maps.valid)
    assert (same.bias, same.low, same.high) == (0, 0, 0)
    assert same.concordance == pytest.approx(1)
    assert same.beyond == 0
    assert same.errors_of == ("least-squares", "least-squares")


def test_a_shift_is_the_bias_and_leaves_no_width():
    maps = disc_maps()
    shifted = compared(other(shift=0.01), maps, "ktrans", maps.valid)
    assert shifted.bias == pytest.approx(0.01, rel=1e-4)
    assert shifted.high - shifted.low == pytest.approx(0, abs=1e-7)
    assert shifted.concordance < 1


def test_the_limits_hold_95_percent_of_normal_differences():
    maps = disc_maps()
    noise = np.random.default_rng(0).normal(0.02, 0.05, maps.valid.shape)
    noisy = replace(maps, values=dict(maps.values) | {"ktrans": maps["ktrans"] + noise})
    found = compared(noisy, maps, "ktrans", maps.valid)
    within = (found.difference > found.low) & (found.difference < found.high)
    assert within.mean() == pytest.approx(0.95, abs=0.02)


def test_voxels_apart_are_counted_by_both_standard_errors():
    maps = disc_maps()
    errors = {"ktrans": np.full(maps.valid.shape, 0.01)}
    first = replace(maps, standard_error=errors)
    second = replace(other(shift=0.025), standard_error=errors)
    assert compared(first, second, "ktrans", maps.valid).beyond == 0  # 1.96 sqrt(2) .01 = .0277
    alone = compared(first, replace(second, standard_error={}), "ktrans", maps.valid)
    assert alone.beyond == 1
    assert alone.errors_of == ("least-squares",)


def test_without_standard_errors_nothing_is_said_of_them():
    maps = replace(disc_maps(), standard_error={})
    found = compared(maps, maps, "ktrans", maps.valid)
    assert found.beyond is None
    assert found.errors_of == ()


def test_two_voxels_are_too_few():
    maps = disc_maps()
    where = np.zeros_like(maps.valid)
    where[tuple(np.argwhere(maps.valid)[:2].T)] = True
    assert compared(maps, maps, "ktrans", where) is None


def test_concordance_is_lins():
    """Of a = 1..5 and twice that: 2 * 2 * 2 / (2 + 8 + 9)."""
    a = np.arange(1.0, 6.0)
    assert concordance(a, 2 * a) == pytest.approx(2 * 4 / (2 + 8 + 9))
    assert concordance(a, -a) < 0
