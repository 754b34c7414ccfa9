"""Maps of a trained network, in the quantities' units."""

import numpy as np
import torch
from jaxtyping import Bool, Float

from gadmap.networks.checkpoint import TrainedNetwork

_AT_ONCE = 16 * 32 * 32
"""Voxels a pass: with their features a few hundred megabytes at most."""


def predicted(
    trained: TrainedNetwork,
    signal: Float[np.ndarray, "image h w frames"],
    inside: Bool[np.ndarray, "image h w"] | None,
) -> dict[str, Float[np.ndarray, "image h w"]]:
    """Quantity name to its maps, of images on the network's frames over the signal's scale.

    At least 0, as the maps of `NetworkEstimator`.

    Parameters
    ----------
    inside
        Voxels of the body, as for a whole slice; None for regions, as in training.

    Raises
    ------
    ValueError
        If the images have another number of frames than the network knows.
    """
    frames = trained.grid.frames
    if signal.shape[-1] != frames:
        raise ValueError(f"images of {signal.shape[-1]} frames; the network knows {frames}")
    count = max(1, _AT_ONCE // (signal.shape[1] * signal.shape[2]))
    outputs = [
        _passed(trained, signal[i : i + count], None if inside is None else inside[i : i + count])
        for i in range(0, len(signal), count)
    ]
    shape = (0, len(trained.quantities), *signal.shape[1:3])
    maps = np.concatenate(outputs) if outputs else np.empty(shape, dtype=np.float32)
    return {
        quantity: np.maximum(maps[:, i], 0) * np.float32(trained.scales[quantity])
        for i, quantity in enumerate(trained.quantities)
    }


def _passed(
    trained: TrainedNetwork, signal: np.ndarray, inside: np.ndarray | None
) -> Float[np.ndarray, "image quantity h w"]:
    with torch.inference_mode():
        x = torch.tensor(signal).permute(0, 3, 1, 2)  # a view: channels last in memory
        body = None if inside is None else torch.tensor(inside)
        return trained.module(x, body).numpy().astype(np.float32)
