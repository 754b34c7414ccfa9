"""Noise of magnitude images."""

import torch
from jaxtyping import Float
from torch import Tensor


def rician(
    signal: Float[Tensor, "*shape"],
    sd: float,
    generator: torch.Generator,
    room: Float[Tensor, "2 *shape"] | None = None,
) -> Float[Tensor, "*shape"]:
    """Magnitude of `signal` [a.u.] with Gaussian noise of `sd` in both receiver channels.

    `generator` decides the noise. `room`, for who calls often, is overwritten by the noise and
    holds the result.

    References
    ----------
    Gudbjartsson and Patz, Magn Reson Med 1995;34:910-914.
    """
    noise = signal.new_empty((2, *signal.shape)) if room is None else room
    noise.normal_(generator=generator).mul_(sd)
    noise[0] += signal
    return torch.hypot(noise[0], noise[1], out=None if room is None else room[0])
