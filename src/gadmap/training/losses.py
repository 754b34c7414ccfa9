"""What training makes small."""

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
