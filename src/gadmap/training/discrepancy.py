"""How far apart two samples lie: the maximum mean discrepancy."""

import torch
from jaxtyping import Float
from torch import Tensor

_WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of the kernels, in median distances


def mean_discrepancy(
    one: Float[Tensor, "n feature"], other: Float[Tensor, "m feature"]
) -> Float[Tensor, ""]:
    """Squared maximum mean discrepancy, 0 for samples of one distribution, below 2 for any.

    The mean over Gaussian kernels as wide as the median distance in the joint sample, a quarter to
    four times: what of the features' size is common to both does not enter.

    References
    ----------
    Gretton et al., J Mach Learn Res 2012;13:723-773, eq. 3 without the pairs of a point with
    itself.
    """
    joint = torch.cat([one, other])
    norms = joint.square().sum(dim=1)
    squared = (norms[:, None] + norms[None] - 2 * joint @ joint.T).clamp(min=0)
    apart = ~torch.eye(len(joint), dtype=torch.bool, device=joint.device)
    median = squared.detach()[apart].median().clamp(min=1e-12)
    kernel = torch.stack([torch.exp(-squared / (2 * width**2 * median)) for width in _WIDTHS])
    kernel = kernel.mean(dim=0) * apart
    n, m = len(one), len(other)
    within = kernel[:n, :n].sum() / (n * (n - 1)) + kernel[n:, n:].sum() / (m * (m - 1))
    return within - 2 * kernel[:n, n:].mean()
