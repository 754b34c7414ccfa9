"""How far a prediction is from its label."""

import torch
from jaxtyping import Float
from torch import Tensor


def squared_error(
    predicted: Float[Tensor, "b outputs h w"],
    target: Float[Tensor, "b outputs h w"],
    weight: Float[Tensor, "b outputs h w"],
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Sum of weighted squared errors, and the sum of the weights.

    Their ratio is the mean squared error; both apart, so that processes or parts of a data set can
    add theirs first. In single precision, whatever the network computed in.
    """
    return (weight * (predicted.float() - target).square()).sum(), weight.sum()


_WEIGHTS = (1.0, 0.5, 0.5)  # of ktrans, ve and vp
_FREEDOM = 4.0  # of the t distribution: far from normal, so that no stray fit governs a step


def surprise(
    predicted: Float[Tensor, "b both h w"],
    target: Float[Tensor, "b quantity h w"],
    weight: Float[Tensor, "b 1 h w"],
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Weighted sum of minus the logarithm of the target's likelihood, and the sum of the weights.

    `predicted` holds values and the logarithms of their errors; the likelihood is Student's t.
    """
    value, width = predicted.float().chunk(2, dim=1)
    away = ((target - value) * torch.exp(-width)).square()
    each = width + (_FREEDOM + 1) / 2 * torch.log1p(away / _FREEDOM)
    shares = torch.tensor(_WEIGHTS).to(each)[:, None, None]
    return (each * shares * weight).sum() / sum(_WEIGHTS), weight.sum()
