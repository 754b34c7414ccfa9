"""Spoiled gradient-echo signal and its exact inverses.

Every argument broadcasts; `flip_angle` is the actual angle, B1 included.

References
----------
Ernst and Anderson, Rev Sci Instrum 1966;37:93-102. CAPLEX M.SM2.002.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def spgr_signal(
    r1: Float[Tensor, "..."], s0: Float[Tensor, "..."], flip_angle: Float[Tensor, "..."], tr: float
) -> Float[Tensor, "..."]:
    """Steady-state signal [a.u.] of relaxation rate `r1` [1/s] at `flip_angle` [rad], `tr` [s].

    Assumes perfect spoiling and an echo time short against T2*.

    Parameters
    ----------
    r1
        Relaxation rate [1/s].
    s0
        Signal scale [a.u.]: that of full relaxation at 90 degrees.
    flip_angle
        Actual flip angle [rad].
    tr
        Repetition time [s].
    """
    e1 = torch.exp(-tr * r1)
    return s0 * torch.sin(flip_angle) * (1 - e1) / (1 - torch.cos(flip_angle) * e1)


def spgr_slope(
    r1: Float[Tensor, "..."], s0: Float[Tensor, "..."], flip_angle: Float[Tensor, "..."], tr: float
) -> Float[Tensor, "..."]:
    """Derivative [a.u. s] of the signal by the relaxation rate.

    `r1` is in 1/s, `s0` in a.u., `flip_angle` in rad and `tr` in s.
    """
    e1, cosine = torch.exp(-tr * r1), torch.cos(flip_angle)
    return s0 * torch.sin(flip_angle) * tr * e1 * (1 - cosine) / (1 - cosine * e1).square()


def spgr_s0(
    signal: Float[Tensor, "..."],
    r1: Float[Tensor, "..."],
    flip_angle: Float[Tensor, "..."],
    tr: float,
) -> Float[Tensor, "..."]:
    """Signal scale S0 [a.u.] that gives `signal` at relaxation rate `r1` [1/s].

    Parameters
    ----------
    signal
        Signal [a.u.].
    r1
        Relaxation rate [1/s].
    flip_angle
        Actual flip angle [rad].
    tr
        Repetition time [s].
    """
    return signal / spgr_signal(r1, torch.ones_like(r1), flip_angle, tr)


def spgr_r1(
    signal: Float[Tensor, "..."],
    s0: Float[Tensor, "..."],
    flip_angle: Float[Tensor, "..."],
    tr: float,
) -> Float[Tensor, "..."]:
    """Relaxation rate [1/s] that gives `signal`; NaN where no rate does.

    The signal rises with the rate and stays below S0 sin(flip angle), so the inverse is unique
    where it exists. A signal below 0 has a negative rate, which noise around none needs.

    Parameters
    ----------
    signal
        Signal [a.u.].
    s0
        Signal scale [a.u.].
    flip_angle
        Actual flip angle [rad].
    tr
        Repetition time [s].
    """
    full = s0 * torch.sin(flip_angle)
    below = torch.where(signal < full, full - signal, torch.nan)
    return -torch.log(below / (full - signal * torch.cos(flip_angle))) / tr


def spgr_r1_slope(
    signal: Float[Tensor, "..."],
    s0: Float[Tensor, "..."],
    flip_angle: Float[Tensor, "..."],
    tr: float,
) -> Float[Tensor, "..."]:
    """Derivative of `spgr_r1` with the signal [1/s per a.u.]: what a little noise does there.

    `signal` and `s0` are in a.u., `flip_angle` in rad and `tr` in s.
    """
    full, cosine = s0 * torch.sin(flip_angle), torch.cos(flip_angle)
    return full * (1 - cosine) / ((full - signal) * (full - signal * cosine)) / tr
