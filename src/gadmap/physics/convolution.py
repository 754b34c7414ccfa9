"""Convolution of a piecewise linear curve with exponentials, exact on any time grid."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

_SERIES_BELOW = 0.01
_GONE = 1000.0  # decay along a segment after which nothing is left, in any precision


def exponential_convolution(
    plasma: Float[Tensor, "*#grid time"], t: Float[Tensor, " time"], rate: Float[Tensor, "*grid"]
) -> Float[Tensor, "*grid time"]:
    """Integral of plasma(s) exp(-rate (t - s)) from t[0] to t, at every t.

    `rate` is in the inverse unit of `t`; the result has the unit of `plasma` times that of `t`.
    Exact if `plasma` is linear between its samples; nothing came before the first sample.

    References
    ----------
    Flouri, Lesnic and Sourbron, Magn Reson Med 2016;76:998-1006, eq. A5.
    """
    curve = plasma.expand(*rate.shape, t.numel()).movedim(-1, 0)
    steps, which = _different(torch.diff(t))
    step = steps.reshape(-1, *[1] * rate.ndim)
    x = rate * step
    new, old = (weights[which] for weights in _segment_weights(x))
    source = step[which] * (old * curve[:-1] + new * curve[1:])
    decays = torch.exp(-x).unbind()
    values = [torch.zeros_like(rate)]
    for gain, segment in zip(source.unbind(), which.tolist(), strict=True):
        values.append(torch.addcmul(gain, decays[segment], values[-1]))
    return torch.stack(values, dim=-1)


def plasma_at(
    plasma: Float[Tensor, " time"], t: Float[Tensor, " time"], when: Float[Tensor, "*grid when"]
) -> Float[Tensor, "*grid when"]:
    """Plasma curve at times `when`: linear between its samples, 0 before the first, level after.

    `plasma` [mmol/L] is sampled at `t`, in the unit of `when`; the result has the unit of `plasma`.
    """
    segment, beyond = _segment_of(t, when)
    slope = torch.cat([torch.diff(plasma) / torch.diff(t), plasma.new_zeros(1)])
    return torch.where(when >= t[0], plasma[segment] + slope[segment] * beyond, 0.0)


def exponential_convolution_at(
    plasma: Float[Tensor, " time"],
    t: Float[Tensor, " time"],
    rate: Float[Tensor, "*grid"],
    when: Float[Tensor, "*#grid when"],
) -> Float[Tensor, "*grid when"]:
    """`exponential_convolution` at times `when` that need not be the samples'; 0 before the first.

    Exact for the curve of `plasma_at`: `plasma` [mmol/L] at times `t`, in the unit of `when`, under
    `rate`, in the inverse unit.
    """
    segment, beyond = _segment_of(t, when)
    segment, beyond = torch.broadcast_tensors(segment, beyond)
    before = exponential_convolution(plasma, t, rate).gather(
        -1, segment.expand(*rate.shape, when.shape[-1])
    )
    x = rate[..., None] * beyond
    new, old = _segment_weights(x)
    source = beyond * (old * plasma[segment] + new * plasma_at(plasma, t, when))
    return torch.where(when >= t[0], torch.exp(-x) * before + source, 0.0)


def dispersed(
    plasma: Float[Tensor, " time"], t: Float[Tensor, " time"], tau: Float[Tensor, "*grid"]
) -> Float[Tensor, "*grid time"]:
    """Plasma curve convolved with the transport function exp(-t / tau) / tau, at every t.

    `plasma` [mmol/L] is sampled at `t`, in the unit of `tau`; the result has the unit of `plasma`.
    At a `tau` of 0 the curve is left as it is. Exact if `plasma` is linear between its samples.
    Before the first one the artery is taken to have been at its level.

    References
    ----------
    Calamante, Gadian and Connelly, Magn Reson Med 2000;44:466-473.
    """
    lag, _ = _lag(plasma, t, tau)
    return plasma + lag.movedim(0, -1)


def dispersed_exponential_convolution(
    plasma: Float[Tensor, " time"],
    t: Float[Tensor, " time"],
    rate: Float[Tensor, "*#grid"],
    tau: Float[Tensor, "*#grid"],
) -> Float[Tensor, "*grid time"]:
    """`exponential_convolution` of the curve that `dispersed` gives; as exact.

    `plasma` [mmol/L] is sampled at `t`, in the unit of `tau`; `rate` is in its inverse. These are
    two exponentials that may well have one rate, 1 / tau: nothing is divided by the difference.
    """
    rate, tau = torch.broadcast_tensors(rate, tau)
    steps, which = _different(torch.diff(t))
    step = steps.reshape(-1, *[1] * tau.ndim)
    x = rate * step
    lag, toward = _lag(plasma, t, tau)
    alone, beside = _mean_decay(x), _two_decays(x, tau / step)
    source = step[which] * (beside[which] * (lag[:-1] - toward) + alone[which] * toward)
    decays = torch.exp(-x).unbind()
    values = [torch.zeros_like(rate)]
    for gain, segment in zip(source.unbind(), which.tolist(), strict=True):
        values.append(torch.addcmul(gain, decays[segment], values[-1]))
    return exponential_convolution(plasma, t, rate) + torch.stack(values, dim=-1)


def _lag(
    plasma: Tensor, t: Tensor, tau: Tensor
) -> tuple[Float[Tensor, "time *grid"], Float[Tensor, "segment *grid"]]:
    """What dispersion adds to the plasma curve, and what that decays towards along each segment.

    The latter is -tau times the curve's slope. Tau just below 0 continues what is above it, for
    differences there.
    """
    steps, which = _different(torch.diff(t))
    share = tau / steps.reshape(-1, *[1] * tau.ndim)
    quick = share < 1 / _GONE
    kept = torch.where(quick, 0.0, torch.exp(-1 / torch.where(quick, 1.0, share))).unbind()
    toward = -share[which] * torch.diff(plasma).reshape(-1, *[1] * tau.ndim)
    lags = [torch.zeros_like(tau)]
    for segment, end in zip(which.tolist(), toward.unbind(), strict=True):
        lags.append(torch.addcmul(end, kept[segment], lags[-1] - end))
    return torch.stack(lags), toward


def _two_decays(x: Float[Tensor, "..."], share: Float[Tensor, "..."]) -> Tensor:
    """Integral of exp(-x (1 - s)) exp(-y s) over s from 0 to 1, for y = 1 / `share`.

    It is (exp(-x) - exp(-y)) / (y - x), which is exp(-x) where both are one.
    """
    quick = share < 1 / _GONE
    y, little = 1 / torch.where(quick, 1.0, share), torch.where(quick, share, 0.0)
    return torch.where(
        quick,
        torch.exp(-x) * little / (1 - x.clamp(max=0.9 * _GONE) * little),
        torch.exp(-torch.minimum(x, y)) * _mean_decay((y - x).abs()),
    )


def _mean_decay(x: Float[Tensor, "..."]) -> Tensor:
    """Integral of exp(-x s) over s from 0 to 1."""
    new, old = _segment_weights(x)
    return new + old


def _segment_of(t: Tensor, when: Tensor) -> tuple[Tensor, Tensor]:
    """Last sample at or before each time, and the time since."""
    segment = torch.searchsorted(t, when.detach().contiguous(), right=True) - 1
    segment = segment.clamp(min=0)
    return segment, (when - t[segment]).clamp(min=0)


def _different(
    steps: Float[Tensor, " segment"],
) -> tuple[Float[Tensor, " different"], Int[Tensor, " segment"]]:
    """The steps that differ, and which of them each segment has: exponentials are worked out once.

    Where gradients are to reach the times, every segment has its own.
    """
    if steps.requires_grad:
        return steps, torch.arange(steps.numel(), device=steps.device)
    return torch.unique(steps, return_inverse=True)


def running_integral(
    plasma: Float[Tensor, "*grid time"], t: Float[Tensor, " time"]
) -> Float[Tensor, "*grid time"]:
    """Integral of `plasma` from t[0] to every t: the convolution at rate 0."""
    return torch.nn.functional.pad(torch.cumulative_trapezoid(plasma, t), (1, 0))


def _segment_weights(x: Float[Tensor, "..."]) -> tuple[Tensor, Tensor]:
    """Weights of a segment's new and old sample, over its length, for decay `x` along it.

    The new sample weighs (x - 1 + exp(-x)) / x², both together (1 - exp(-x)) / x; near 0, where
    these cancel, their series.
    """
    near = x.abs() < _SERIES_BELOW
    far_x = torch.where(near, torch.ones_like(x), x)
    both_far = -torch.expm1(-far_x) / far_x
    new_far = (1 - both_far) / far_x
    near_x = torch.where(near, x, torch.zeros_like(x))
    new_near = _series(near_x, first_factorial=2)
    both_near = 1 - near_x * new_near
    new = torch.where(near, new_near, new_far)
    both = torch.where(near, both_near, both_far)
    return new, both - new


def _series(x: Float[Tensor, "..."], first_factorial: int, terms: int = 6) -> Tensor:
    """Sum of (-x)^n / (n + first_factorial)! by Horner's rule."""
    total = torch.ones_like(x)
    for n in range(terms - 1, 0, -1):
        total = 1 - x / (n + first_factorial) * total
    return total / first_factorial
