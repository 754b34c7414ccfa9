"""What a trained guided network says of itself: how sure it is, and what it knows."""

from collections.abc import Mapping

import numpy as np
import torch

from gadmap.estimators.guided_input import GUIDED
from gadmap.networks.fcsa_guided import FcsaGuided
from gadmap.networks.guided_file import Calibration
from gadmap.training.scenes import SceneBatch

COVERED = 0.9
_NORMAL = 1.6449  # half width of the interval of a normal distribution that holds COVERED
_GROUPS = 10  # of voxels, by the error that the network predicts
_EDGE = 0.99  # quantile of the distance at which a voxel is no longer usual


@torch.no_grad()
def calibration(network: FcsaGuided, batches: tuple[SceneBatch, ...]) -> Mapping[str, Calibration]:
    """What makes the 90 % interval of each quantity hold 90 % of the truths, small errors or large.

    Split conformal prediction on scenes of neither training nor choice, by groups of the predicted
    error (Vovk et al., 2005; Lei et al., J Am Stat Assoc 2018;113:1094-1111).
    """
    found: dict[str, list[np.ndarray]] = {name: [] for name in GUIDED}
    for signal, target, weight in batches:
        value, width = network(signal).chunk(2, dim=1)
        away = (target - value).abs() * torch.exp(-width)
        pairs = torch.stack([width, away])
        for channel, name in enumerate(GUIDED):
            found[name].append(pairs[:, :, channel][:, weight[:, 0] > 0].numpy())
    return {name: _table(*np.concatenate(parts, axis=1)) for name, parts in found.items()}


def _table(width: np.ndarray, away: np.ndarray) -> Calibration:
    """One pair a group of voxels: its middle, and the logarithm of the factor that it needs."""
    groups = np.array_split(np.argsort(width), _GROUPS)
    pairs = [
        (float(np.median(width[g])), float(np.log(np.quantile(away[g], COVERED) / _NORMAL)))
        for g in groups
    ]
    return tuple(pair for k, pair in enumerate(pairs) if not k or pair[0] > pairs[k - 1][0])


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
