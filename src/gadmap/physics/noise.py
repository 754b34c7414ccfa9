"""Noise of magnitude images."""

import torch
from jaxtyping import Float
from torch import Tensor


def rician(
    signal: Float[Tensor, "*shape"], sd: float, generator: torch.Generator
) -> Float[Tensor, "*shape"]:
    """Magnitude of `signal` [a.u.] with Gaussian noise of `sd` in both receiver channels.

    References
    ----------
    Gudbjartsson and Patz, Magn Reson Med 1995;34:910-914.
    """
    noise = torch.randn(
        (2, *signal.shape), generator=generator, dtype=signal.dtype, device=signal.device
    )
    noise *= sd
    noise[0] += signal
    return torch.hypot(noise[0], noise[1])
