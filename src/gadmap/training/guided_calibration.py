"""What a trained guided network says of itself: how sure it is, and what it knows."""

from collections.abc import Mapping

import numpy as np
import torch

from gadmap.estimators.guided_input import GUIDED
from gadmap.networks.fcsa_guided import FcsaGuided
from gadmap.training.scenes import SceneBatch

COVERED = 0.9
_NORMAL = 1.6449  # half width of the interval of a normal distribution that holds COVERED
_EDGE = 0.99  # quantile of the distance at which a voxel is no longer usual


@torch.no_grad()
def calibration(network: FcsaGuided, batches: tuple[SceneBatch, ...]) -> Mapping[str, float]:
    """Factor of each quantity's error that makes its 90 % interval hold 90 % of the truths.

    Split conformal prediction on scenes of neither training nor choice (Vovk et al., 2005; Lei et
    al., J Am Stat Assoc 2018;113:1094-1111).
    """
    ratios: dict[str, list[np.ndarray]] = {name: [] for name in GUIDED}
    for signal, target, weight in batches:
        value, width = network(signal).chunk(2, dim=1)
        away = ((target - value) * torch.exp(-width)).abs()
        for channel, name in enumerate(GUIDED):
            ratios[name].append(away[:, channel][weight[:, 0] > 0].numpy())
    return {
        name: float(np.quantile(np.concatenate(parts), COVERED) / _NORMAL)
        for name, parts in ratios.items()
    }


@torch.no_grad()
def remember(network: FcsaGuided, batches: tuple[SceneBatch, ...]) -> None:
    """Put the mean and the spread of what the network is told into it, for `unlike`."""
    told = torch.cat(
        [network.told(signal).movedim(1, -1)[weight[:, 0] > 0] for signal, _, weight in batches]
    ).double()
    usual = told.mean(dim=0)
    covariance = torch.cov(told.T) + 1e-4 * torch.eye(told.shape[1])
    apart = torch.linalg.cholesky(torch.linalg.inv(covariance))
    distance = torch.linalg.vector_norm((told - usual) @ apart, dim=1).numpy()
    network.usual.copy_(usual)
    network.apart.copy_(apart / np.quantile(distance, _EDGE))
