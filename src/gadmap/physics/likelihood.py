"""How likely a magnitude image's samples are: Gaussian noise, or Rician, which never is below 0.

Each gives -2 log likelihood of a sample, but for what does not depend on the noise-free signal,
with half its slope and half its curvature by that signal: least squares for Gaussian noise.

References
----------
Rice, Bell Syst Tech J 1944;23:282-332. Gudbjartsson and Patz, Magn Reson Med 1995;34:910-914.
Sijbers, den Dekker, Scheunders and Van Dyck, IEEE Trans Med Imaging 1998;17:357-361 (maximum
likelihood of Rician samples).
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

LEAST_CURVATURE = 0.02
"""Of a Gaussian's: near no signal a Rician sample's curvature is nothing, or below."""


class Misfit(NamedTuple):
    """Of each sample: -2 log likelihood, half its slope, half its curvature."""

    loss: Float[Tensor, "..."]
    slope: Float[Tensor, "..."]
    curvature: Float[Tensor, "..."]


class Noise(NamedTuple):
    """A kind of noise.

    Attributes
    ----------
    misfit
        Samples, noise-free signal and the noise's variance to the misfit.
    variance
        Samples, noise-free signal, an earlier variance and the number of fitted parameters to the
        noise's variance.
    """

    misfit: Callable[[Tensor, Tensor, Tensor], Misfit]
    variance: Callable[[Tensor, Tensor, Tensor, int], Tensor]


def gaussian_misfit(
    samples: Float[Tensor, "..."], signal: Float[Tensor, "..."], variance: Float[Tensor, "..."]
) -> Misfit:
    """Squares over the variance."""
    off = (signal - samples) / variance
    return Misfit(off * (signal - samples), off, (1 / variance).expand_as(off))


def gaussian_variance(
    samples: Float[Tensor, "voxel time"], signal: Float[Tensor, "voxel time"], parameters: int
) -> Float[Tensor, " voxel"]:
    """Of the residuals."""
    return (samples - signal).square().sum(dim=1) / (samples.shape[1] - parameters)


def rician_misfit(
    samples: Float[Tensor, "..."], signal: Float[Tensor, "..."], variance: Float[Tensor, "..."]
) -> Misfit:
    """Of magnitudes of complex samples with Gaussian noise of `variance` in both channels.

    With x = samples signal / variance the likelihood holds the Bessel function I0(x), and the
    ratio I1 / I0 is what the noise-free signal's share of a sample is expected to be.
    """
    x = samples * signal / variance
    ratio = bessel_ratio(x)
    bend = samples.square() / variance * _ratio_slope(x, ratio)
    return Misfit(
        (signal - samples).square() / variance - 2 * torch.log(torch.special.i0e(x)),
        (signal - samples * ratio) / variance,
        (1 - bend).clamp(min=LEAST_CURVATURE) / variance,
    )


def rician_variance(
    samples: Float[Tensor, "voxel time"],
    signal: Float[Tensor, "voxel time"],
    variance: Float[Tensor, " voxel"],
    parameters: int,
) -> Float[Tensor, " voxel"]:
    """Of a channel's noise: one step of expectation and maximisation from an earlier `variance`.

    Both channels count, so twice the samples less the parameters; where the signal is strong this
    is the residuals' variance.
    """
    ratio = bessel_ratio(samples * signal / variance[:, None])
    apart = (samples - signal).square() + 2 * samples * signal * (1 - ratio)
    return apart.sum(dim=1) / (2 * samples.shape[1] - parameters)


def bessel_ratio(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """I1(x) / I0(x)."""
    return torch.special.i1e(x) / torch.special.i0e(x)


def _ratio_slope(x: Tensor, ratio: Tensor) -> Tensor:
    """Derivative of I1 / I0 by x: 1 - ratio / x - ratio², which is 1/2 at 0."""
    near = x < 1e-6
    return torch.where(near, 0.5, 1 - ratio / torch.where(near, 1.0, x) - ratio.square())


NOISES: dict[str, Noise] = {
    "gaussian": Noise(
        gaussian_misfit, lambda samples, signal, _, count: gaussian_variance(samples, signal, count)
    ),
    "rician": Noise(rician_misfit, rician_variance),
}
