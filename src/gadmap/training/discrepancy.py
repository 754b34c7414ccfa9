"""How far apart two samples lie: the maximum mean discrepancy."""

import torch
from jaxtyping import Float
from torch import Tensor

_EXACT = "donot_use_mm_for_euclid_dist"  # products may be rounded to bfloat16
_WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of the kernels, in median distances


def mean_discrepancy(
    one: Float[Tensor, "n feature"], other: Float[Tensor, "m feature"]
) -> Float[Tensor, ""]:
    """Squared maximum mean discrepancy, 0 for samples of one distribution, below 2 for any.

    0 too where either has fewer than two.

    The mean over Gaussian kernels as wide as the median distance in the joint sample, a quarter to
    four times: what of the features' size is common to both does not enter.

    References
    ----------
    Gretton et al., J Mach Learn Res 2012;13:723-773, eq. 3 without the pairs of a point with
    itself.
    """
    n, m = len(one), len(other)
    if min(n, m) < 2:  # too few to tell
        return 0 * (one.sum() + other.sum())
    joint = torch.cat([one, other])
    squared = torch.cdist(joint, joint, compute_mode=_EXACT).square()
    apart = ~torch.eye(len(joint), dtype=torch.bool, device=joint.device)
    median = squared.detach()[apart].median().clamp(min=1e-12)
    kernel = torch.stack([torch.exp(-squared / (2 * width**2 * median)) for width in _WIDTHS])
    kernel = kernel.mean(dim=0) * apart
    within = kernel[:n, :n].sum() / (n * (n - 1)) + kernel[n:, n:].sum() / (m * (m - 1))
    return within - 2 * kernel[:n, n:].mean()
