"""The plasma curve convolved with an exponential transport function, and that with an exchange."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from gadmap.physics.convolution import (
    dispersed,
    dispersed_exponential_convolution,
    exponential_convolution,
)

T = torch.tensor([3.0, 3.5, 5.0, 5.2, 9.0, 10.0, 10.1, 17.0], dtype=torch.float64)
PLASMA = torch.tensor([0.0, 0.5, 6.0, 5.0, 1.5, 1.4, 1.6, 0.2], dtype=torch.float64)
TAUS = (1e-5, 0.004, 0.3, 2.0, 40.0)
RATES = (0.0, 0.02, 0.5, 3.0, 250.0)


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize("tau", TAUS)
def test_dispersion_is_an_exponential_convolution(tau):
    """Of rate 1 / tau, over tau."""
    found = dispersed(PLASMA, T, tensor(tau))
    expected = exponential_convolution(PLASMA, T, tensor(1 / tau)) / tau
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("tau", TAUS)
def test_two_exponentials_are_one_less_the_other(tau, rate):
    """(plasma * exp(-k t) - plasma * exp(-t / tau)) / (1 - k tau), where that is not 0 / 0."""
    one, other = (exponential_convolution(PLASMA, T, tensor(k)) for k in (rate, 1 / tau))
    found = dispersed_exponential_convolution(PLASMA, T, tensor(rate), tensor(tau))
    if abs(1 - rate * tau) > 1e-3:
        expected = (one - other) / (1 - rate * tau)
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)
    else:  # from either side
        near = [
            dispersed_exponential_convolution(PLASMA, T, tensor(rate * (1 + by)), tensor(tau))
            for by in (-1e-5, 1e-5)
        ]
        torch.testing.assert_close(found, (near[0] + near[1]) / 2, rtol=1e-8, atol=1e-10)


def test_both_solve_their_mass_balances():
    """tau dp/dt = plasma - p and du/dt = p - k u, integrated segment by segment."""
    tau, rate = 1.7, 1 / 1.7
    state, expected = np.zeros(2), [np.zeros(2)]
    for i in range(1, T.numel()):
        (start, end), (here, there) = T[i - 1 : i + 1].tolist(), PLASMA[i - 1 : i + 1].tolist()

        def slope(t, y, start=start, end=end, here=here, there=there):
            c = here + (there - here) * (t - start) / (end - start)
            return [(c - y[0]) / tau, y[0] - rate * y[1]]

        state = solve_ivp(slope, (start, end), state, rtol=1e-11, atol=1e-13).y[:, -1]
        expected.append(state)
    found = torch.stack(
        [
            dispersed(PLASMA, T, tensor(tau)),
            dispersed_exponential_convolution(PLASMA, T, tensor(rate), tensor(tau)),
        ],
        dim=1,
    )
    np.testing.assert_allclose(found.numpy(), np.stack(expected), rtol=1e-8, atol=1e-10)


def test_level_plasma_stays_level():
    level = torch.full_like(T, 2.5)
    torch.testing.assert_close(dispersed(level, T, tensor(TAUS)), level.expand(len(TAUS), -1))


def test_all_agent_arrives_tau_later_on_average():
    t = torch.arange(0, 400, 0.1, dtype=torch.float64)
    plasma = torch.relu(1 - (t - 12).abs() / 10)
    late = dispersed(plasma, t, tensor(6.0))
    area, area_late = torch.trapezoid(plasma, t), torch.trapezoid(late, t)
    assert area_late.item() == pytest.approx(area.item(), rel=1e-5)
    centres = [float(torch.trapezoid(t * c, t) / area) for c in (plasma, late)]
    assert centres[1] - centres[0] == pytest.approx(6, rel=1e-4)


def test_single_precision_keeps_five_digits():
    for tau in TAUS:
        single = dispersed(PLASMA.float(), T.float(), tensor(tau).float())
        torch.testing.assert_close(
            single.double(), dispersed(PLASMA, T, tensor(tau)), rtol=1e-5, atol=1e-5
        )
