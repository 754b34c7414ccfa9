"""Does an ensemble tell its errors better than one network's own? Eight attitudes of each scene.

The guided network sees each scene turned and mirrored in all eight ways; values are averaged, and
the spread between the answers is added to the predicted variance. Both are calibrated on other
scenes, then compared where neither was calibrated.
"""

import argparse
from functools import partial

import numpy as np
import torch
from torch import Tensor

from curves import table
from gadmap.estimators.guided_input import GUIDED
from gadmap.networks.fcsa_guided import FcsaGuided
from gadmap.networks.shipped import trained_guided
from gadmap.training.losses import surprise
from gadmap.training.real_regions import ATTITUDES, each_plane, in_attitude
from gadmap.training.scenes import SceneBatch, Scenes

SEED, NORMAL, COVERED = 770_077, 1.6449, 0.9


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=6, help="of 16 scenes, of either part")
    options = parser.parse_args()
    network, scenes = trained_guided().module, Scenes(16, SEED)
    calibration = scenes.calibration(options.batches, part=0)
    test = scenes.calibration(options.batches, part=1)
    rows = []
    for name, attitudes in (("one network", 1), ("eight attitudes", ATTITUDES)):
        factors = [
            np.quantile(ratios, COVERED) / NORMAL
            for ratios in away(calibration, [answer(network, b, attitudes) for b in calibration])
        ]
        answers = [answer(network, batch, attitudes) for batch in test]
        shifts = torch.log(torch.tensor(factors, dtype=torch.float32))[:, None, None]
        told = [(value, width + shifts) for value, width in answers]
        ratios = away(test, told)
        sums = [
            surprise(torch.cat(pair, dim=1), batch.target, batch.weight)
            for pair, batch in zip(told, test, strict=True)
        ]
        nats = sum(float(error) for error, _ in sums) / sum(float(weight) for _, weight in sums)
        errors = [
            (pair[0] - batch.target)[:, 0][batch.weight[:, 0] > 0]
            for pair, batch in zip(told, test, strict=True)
        ]
        rows.append(
            (
                name,
                f"{torch.cat(errors).square().mean().sqrt():.4f}",
                f"{nats:.4f}",
                *(f"{np.mean(part < NORMAL):.3f}" for part in ratios),
            )
        )
    table(
        f"{16 * options.batches} scenes: RMS error of log ktrans, surprise, cover of 90 %",
        ("", "RMS", "nats", *GUIDED),
        rows,
    )


@torch.no_grad()
def answer(network: FcsaGuided, batch: SceneBatch, attitudes: int) -> tuple[Tensor, Tensor]:
    """Values and logarithms of their errors, over some attitudes."""
    values, variances = [], []
    for attitude in range(attitudes):
        value, width = network(
            each_plane(batch.signal, partial(in_attitude, attitude=attitude))
        ).chunk(2, dim=1)
        values.append(back(value, attitude))
        variances.append(torch.exp(2 * back(width, attitude)))
    stacked = torch.stack(values)
    variance = torch.stack(variances).mean(dim=0) + stacked.var(dim=0, correction=0)
    return stacked.mean(dim=0), variance.log() / 2


def back(values: Tensor, attitude: int) -> Tensor:
    """A turned plane as it was."""
    mirrored = values.flip(-1) if attitude >= ATTITUDES // 2 else values
    return mirrored.rot90(-(attitude % 4), (-2, -1))


def away(batches: tuple[SceneBatch, ...], told: list[tuple[Tensor, Tensor]]) -> list[np.ndarray]:
    """Distance of the truth in predicted errors, of each quantity."""
    ratios = [
        ((batch.target - value) * torch.exp(-width)).abs().movedim(1, -1)[batch.weight[:, 0] > 0]
        for batch, (value, width) in zip(batches, told, strict=True)
    ]
    return list(torch.cat(ratios).T.numpy())


if __name__ == "__main__":
    main()
