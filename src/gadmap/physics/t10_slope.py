"""What an error of native T1 does to concentration."""

import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.physics.relaxivity import relaxation_rate
from gadmap.physics.spgr import spgr_signal, spgr_slope


def t10_slope(
    concentration: Float[Tensor, "..."],
    t10: Float[Tensor, "..."],
    flip_angle: Float[Tensor, "..."],
    tr: float,
    relaxivity: float,
) -> Float[Tensor, "..."]:
    """Derivative of log concentration by log T1, the measured signal over its baseline held.

    About -1 where the flip angle is large and TR short against T1: there the signal follows the
    rate, and enhancement is relative to the native one. Otherwise it depends on both, and on the
    concentration.

    Parameters
    ----------
    concentration
        Concentration [mmol/L]; not 0.
    t10
        Native T1 [s].
    flip_angle
        Actual flip angle [rad].
    tr
        Repetition time [s].
    relaxivity
        r1 [1/s per mmol/L].
    """
    r10 = 1 / t10
    s0 = torch.ones_like(r10)

    def steepness(rate: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Derivative of the signal's logarithm by the rate [s]."""
        return spgr_slope(rate, s0, flip_angle, tr) / spgr_signal(rate, s0, flip_angle, tr)

    rate = relaxation_rate(concentration, r10, relaxivity)
    return (1 - steepness(r10) / steepness(rate)) * r10 / (relaxivity * concentration)
