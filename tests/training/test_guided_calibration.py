"""Calibrated errors cover what they say, the small ones and the large ones."""

import numpy as np
import torch

from gadmap.networks.fcsa_guided import Guidance
from gadmap.networks.guided_file import built_guided, calibrated
from gadmap.training.guided_calibration import calibration
from gadmap.training.scenes import SceneBatch


def batch(seed: int) -> SceneBatch:
    """Small errors are taken for half of what they are, large ones for twice."""
    generator = torch.Generator().manual_seed(seed)
    shape = (8, 3, 32, 32)
    small = torch.rand(8, 1, 32, 32, generator=generator) < 0.5
    spread = torch.where(small, 0.02, 0.6) * torch.exp(
        0.1 * torch.randn(shape, generator=generator)
    )
    wrong = torch.where(small, 2.0, 0.5)
    base = torch.zeros(shape)
    target = wrong * spread * torch.randn(shape, generator=generator)
    frames = tuple(torch.zeros(30, 32, 32) for _ in range(8))
    seen = Guidance(
        torch.zeros(8, 27, 32, 32),
        base,
        spread,
        frames,
        tuple(torch.zeros(30, 6) for _ in range(8)),
    )
    return SceneBatch(seen, target, torch.ones(8, 1, 32, 32))


def test_nine_of_ten_truths_lie_inside_whatever_error_is_predicted():
    network = built_guided(3)
    tables = calibration(network, (batch(0), batch(1)))
    signal, target, _ = batch(2)
    value, width = network(signal).chunk(2, dim=1)
    for channel, table in enumerate(tables.values()):
        log_error = calibrated(width[:, channel].numpy(), table)
        away = (target - value)[:, channel].abs().numpy()
        inside = away < 1.645 * np.exp(log_error)
        for group in (width[:, channel] < -2, width[:, channel] > -2):
            assert 0.88 < inside[group.numpy()].mean() < 0.92


def test_beyond_its_ends_a_table_goes_on_as_at_them():
    table = ((-2.0, 0.5), (0.0, -0.5))
    found = calibrated(np.array([-9.0, -2.0, -1.0, 0.0, 5.0]), table)
    np.testing.assert_allclose(found, [-8.5, -1.5, -1.0, -0.5, 4.5])
