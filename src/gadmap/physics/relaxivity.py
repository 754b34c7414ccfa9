"""Contrast agent concentration and relaxation rate: linear in the fast-exchange limit.

References
----------
CAPLEX M.EL1.003.
"""

from jaxtyping import Float
from torch import Tensor


def relaxation_rate(
    concentration: Float[Tensor, "..."], r10: Float[Tensor, "..."], relaxivity: float
) -> Float[Tensor, "..."]:
    """R1 [1/s] of tissue with the native `r10` [1/s] that holds `concentration` [mmol/L] of agent.

    `relaxivity` is r1 of the agent [1/s per mmol/L].
    """
    return r10 + relaxivity * concentration


def concentration_of_rate(
    r1: Float[Tensor, "..."], r10: Float[Tensor, "..."], relaxivity: float
) -> Float[Tensor, "..."]:
    """Concentration [mmol/L] that raises the rate from `r10` to `r1` [1/s].

    `relaxivity` is r1 of the agent [1/s per mmol/L].
    """
    return (r1 - r10) / relaxivity
