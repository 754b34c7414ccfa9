import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp

from gadmap.physics.convolution import exponential_convolution, running_integral

UNEVEN = torch.tensor([3.0, 3.5, 5.0, 5.2, 9.0, 10.0, 10.1, 17.0], dtype=torch.float64)
PLASMA = torch.tensor([0.4, 0.0, 6.0, 5.0, 1.5, 1.4, 1.6, 0.2], dtype=torch.float64)
RATES = (0.0, 1e-9, 1e-3, 0.04, 0.06, 0.3, 1.0, 7.0, 120.0)


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


@st.composite
def curves(draw):
    """Times from anywhere, unevenly spaced, and any plasma samples there."""
    steps = draw(st.lists(st.floats(0.01, 20), min_size=3, max_size=12))
    t = np.concatenate([[0.0], np.cumsum(steps)]) + draw(st.floats(-50, 500))
    plasma = draw(st.lists(st.floats(-2, 10), min_size=t.size, max_size=t.size))
    return tensor(t), tensor(plasma)


def by_quadrature(plasma, t, rate):
    """The integral by adaptive quadrature, knot by knot."""
    t, plasma = t.numpy(), plasma.numpy()
    values = [0.0]
    for end in range(1, t.size):
        pieces = [
            quad(
                lambda s, end=end: np.interp(s, t, plasma) * np.exp(-rate * (t[end] - s)),
                t[i],
                t[i + 1],
                epsabs=1e-13,
                epsrel=1e-12,
                limit=200,
            )[0]
            for i in range(end)
        ]
        values.append(sum(pieces))
    return tensor(values)


@pytest.mark.parametrize("rate", RATES)
def test_the_convolution_is_the_integral_that_quadrature_gives(rate):
    found = exponential_convolution(PLASMA, UNEVEN, tensor(rate))
    torch.testing.assert_close(found, by_quadrature(PLASMA, UNEVEN, rate), rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("rate", [0.05, 0.8, 6.0])
def test_the_convolution_fills_and_empties_a_compartment(rate):
    """dC/dt = plasma - rate C, solved by Runge and Kutta."""
    t, plasma = UNEVEN.numpy(), PLASMA.numpy()
    solution = solve_ivp(
        lambda s, c: np.interp(s, t, plasma) - rate * c,
        (t[0], t[-1]),
        [0.0],
        t_eval=t,
        rtol=1e-8,
        atol=1e-9,
        max_step=0.01,
    )
    found = exponential_convolution(PLASMA, UNEVEN, tensor(rate))
    np.testing.assert_allclose(found.numpy(), solution.y[0], rtol=1e-5, atol=1e-6)


@given(curves())
def test_rate_0_gives_the_running_integral(curve):
    t, plasma = curve
    expected = np.concatenate([[0], np.cumsum(np.diff(t) * (plasma[1:] + plasma[:-1]).numpy() / 2)])
    found = exponential_convolution(plasma, t, tensor(0.0))
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(running_integral(plasma, t), found, rtol=1e-9, atol=1e-9)


@given(curve=curves(), rate=st.floats(1e-3, 50))
def test_constant_plasma_gives_a_saturating_exponential(curve, rate):
    """plasma (1 - exp(-rate (t - t0))) / rate."""
    t, _ = curve
    found = exponential_convolution(torch.full_like(t, 2.0), t, tensor(rate))
    expected = -2 * torch.expm1(-rate * (t - t[0])) / rate
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


@given(curve=curves(), rate=st.floats(1e-2, 50))
def test_rising_plasma_gives_the_ramp_response(curve, rate):
    """s/rate - (1 - exp(-rate s)) / rate² for plasma s = t - t0."""
    t, _ = curve
    s = t - t[0]
    found = exponential_convolution(s, t, tensor(rate))
    expected = s / rate + torch.expm1(-rate * s) / rate**2
    torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-9)


@given(curve=curves(), rate=st.floats(0, 50), where=st.data())
def test_a_sample_on_the_line_between_two_changes_nothing(curve, rate, where):
    t, plasma = curve
    segment = where.draw(st.integers(0, t.numel() - 2))
    place = where.draw(st.floats(0.01, 0.99))
    more_t, more_plasma = (
        torch.cat(
            [
                a[: segment + 1],
                torch.lerp(a[segment], a[segment + 1], place)[None],
                a[segment + 1 :],
            ]
        )
        for a in (t, plasma)
    )
    found = exponential_convolution(more_plasma, more_t, tensor(rate))
    kept = torch.arange(more_t.numel()) != segment + 1
    expected = exponential_convolution(plasma, t, tensor(rate))
    torch.testing.assert_close(found[kept], expected, rtol=1e-9, atol=1e-9)


@given(curve=curves(), rate=st.floats(0, 50), where=st.data())
def test_what_has_entered_decays_while_the_rest_comes_in(curve, rate, where):
    """Semigroup: the convolution to t1 decays to t2 and that from t1 on adds."""
    t, plasma = curve
    cut = where.draw(st.integers(1, t.numel() - 2))
    whole = exponential_convolution(plasma, t, tensor(rate))
    rest = exponential_convolution(plasma[cut:], t[cut:], tensor(rate))
    decayed = whole[cut] * torch.exp(-rate * (t[cut:] - t[cut]))
    torch.testing.assert_close(whole[cut:], decayed + rest, rtol=1e-9, atol=1e-9)


@given(curve=curves(), rate=st.floats(0, 50), a=st.floats(-3, 3), b=st.floats(-3, 3))
def test_the_convolution_is_linear_in_the_plasma(curve, rate, a, b):
    t, plasma = curve
    other = plasma.flip(0)
    rate = tensor(rate)
    found = exponential_convolution(a * plasma + b * other, t, rate)
    first, second = (exponential_convolution(p, t, rate) for p in (plasma, other))
    torch.testing.assert_close(found, a * first + b * second, rtol=1e-9, atol=1e-9)


@given(curve=curves(), rate=st.floats(0, 50))
def test_only_the_time_since_the_first_sample_counts(curve, rate):
    t, plasma = curve
    found = exponential_convolution(plasma, t + 128.0, tensor(rate))
    expected = exponential_convolution(plasma, t, tensor(rate))
    torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-8)


def test_a_fast_compartment_follows_the_plasma():
    """rate times the convolution goes to the plasma as the rate grows, its error as 1 / rate."""
    errors = [
        (rate * exponential_convolution(PLASMA, UNEVEN, tensor(rate)) - PLASMA)[1:].abs().max()
        for rate in (1e4, 1e5, 1e9)
    ]
    assert errors[0] < 1e-2
    assert errors[1].item() == pytest.approx(errors[0].item() / 10, rel=0.01)
    assert errors[2] < 1e-6


def test_the_value_does_not_jump_where_the_series_takes_over():
    """Small decays along a segment are summed as a series; every rate follows its neighbours."""
    t, plasma = tensor([0.0, 1.0, 2.0]), tensor([0.0, 3.0, 1.0])
    rate = torch.linspace(0.0499, 0.0501, 401, dtype=torch.float64)
    values = exponential_convolution(plasma, t, rate)[:, -1]
    bend = torch.diff(values, n=2).abs()
    assert bend.max() < 1e-12


def test_a_grid_of_rates_gives_each_rate_its_own_convolution():
    rates = tensor(RATES[:8]).reshape(2, 4)
    found = exponential_convolution(PLASMA, UNEVEN, rates)
    assert found.shape == (2, 4, UNEVEN.numel())
    for i in range(2):
        for j in range(4):
            alone = exponential_convolution(PLASMA, UNEVEN, rates[i, j])
            torch.testing.assert_close(found[i, j], alone, rtol=1e-12, atol=0)


def test_steps_that_are_equal_give_what_each_would_give_by_itself():
    """Equal steps share their exponentials, except where gradients are to reach the times."""
    t = torch.arange(40, dtype=torch.float64) * 4.762
    plasma = torch.exp(-t / 50) * t
    for rate in RATES:
        shared = exponential_convolution(plasma, t, tensor(rate))
        apart = exponential_convolution(plasma, t.clone().requires_grad_(), tensor(rate))
        torch.testing.assert_close(shared, apart.detach(), rtol=1e-14, atol=0)


@settings(max_examples=20)
@given(curves())
def test_plasma_time_and_rate_are_differentiable(curve):
    t, plasma = curve
    rates = tensor([0.0, 0.01, 0.7]).requires_grad_()
    inputs = (plasma.requires_grad_(), t.requires_grad_(), rates)
    assert torch.autograd.gradcheck(exponential_convolution, inputs, eps=1e-6, atol=1e-4, rtol=1e-3)


def test_single_precision_keeps_five_digits():
    for rate in RATES:
        single = exponential_convolution(PLASMA.float(), UNEVEN.float(), tensor(rate).float())
        double = exponential_convolution(PLASMA, UNEVEN, tensor(rate))
        torch.testing.assert_close(single.double(), double, rtol=1e-5, atol=1e-6)
