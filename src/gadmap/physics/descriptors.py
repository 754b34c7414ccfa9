"""What describes a concentration curve without a kinetic model: areas, peak, slopes."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from gadmap.quantities import (
    IAUC60,
    IAUC60BN,
    IAUC90,
    IAUC90BN,
    IAUC120,
    IAUC120BN,
    PEAK,
    TTP,
    WASHIN,
    WASHOUT,
    Quantity,
)

AREAS: Mapping[float, tuple[Quantity, Quantity]] = {
    60.0: (IAUC60, IAUC60BN),
    90.0: (IAUC90, IAUC90BN),
    120.0: (IAUC120, IAUC120BN),
}
"""Seconds after the arrival of contrast, and the areas over them: itself, and over the blood's."""

FRAMES_FOR_NOISE = 24
"""Fewer frames do not tell their noise: too many of the steps between them are the bolus's."""

_ONE_PERCENT = 2.326  # of noise alone is further up, in standard deviations
_MEDIAN = 0.6745  # of the absolute value, in standard deviations


class SampleNoise(NamedTuple):
    """Standard deviations [mmol/L] of each sample's noise.

    Attributes
    ----------
    own
        By its own signal's noise.
    shared
        By noise in the signal before contrast, of one frame of it: the mean of these frames is what
        concentrations are counted from, so it moves all samples together, the other way.
    """

    own: Float[Tensor, "voxel time"]
    shared: Float[Tensor, "voxel time"]


class Description(NamedTuple):
    """Descriptors of curves, and whether these enhance; None where the noise is not known."""

    values: dict[str, Float[Tensor, " voxel"]]
    errors: dict[str, Float[Tensor, " voxel"]]
    enhances: Bool[Tensor, " voxel"] | None


def described(
    curves: Float[Tensor, "voxel time"],
    t: Float[Tensor, " time"],
    arrival: float,
    baseline_frames: int,
    blood: Float[Tensor, " time"] | None = None,
    noise: SampleNoise | None = None,
) -> Description:
    """Descriptors of `curves` [mmol/L] at times `t` [s], contrast arriving at `arrival` [s].

    Areas are those of the curve that is linear between its samples; one whose seconds the series
    does not last has no value here. With `noise` they have standard errors; an area over the
    blood's takes that as exact.

    References
    ----------
    CAPLEX Q.CD1.002, Q.CD1.010 to Q.CD1.013. Evelhoch, J Magn Reson Imaging 1999;10:254-259 (the
    initial area).
    """
    values, errors, seconds = {}, {}, windows(t, arrival)
    weights = [area_weights(t, arrival, arrival + length) for length in seconds]
    after = (torch.arange(t.numel(), device=t.device) >= baseline_frames).to(t)
    columns = torch.stack([*weights, after / after.sum()], dim=1)
    *areas, level = (curves @ columns).unbind(dim=1)
    spreads = _spreads(noise, columns, baseline_frames) if noise else [None] * columns.shape[1]
    for length, weight, area, spread in zip(seconds, weights, areas, spreads[:-1], strict=True):
        own, over_blood = AREAS[length]
        found = {own.name: 1.0}
        if blood is not None:
            found[over_blood.name] = float(blood @ weight)
        for name, divisor in found.items():
            values[name] = area / divisor
            if spread is not None:
                errors[name] = spread / abs(divisor)
    values |= _of_peak(curves, t, arrival, baseline_frames)
    least = spreads[-1]
    return Description(values, errors, None if least is None else level > _ONE_PERCENT * least)


def windows(t: Float[Tensor, " time"], arrival: float) -> list[float]:
    """Those of the areas' lengths [s] that the series lasts after the arrival."""
    return [length for length in AREAS if arrival + length <= float(t[-1])]


def area_weights(t: Float[Tensor, " time"], start: float, end: float) -> Float[Tensor, " time"]:
    """Weights [s] of the samples in the integral from `start` to `end` within the times `t`.

    Exact for a curve that is linear between its samples.
    """
    inner = t[(t > start) & (t < end)]
    nodes = torch.cat([t.new_tensor([start]), inner, t.new_tensor([end])])
    half = torch.diff(nodes) / 2
    of_node = torch.nn.functional.pad(half, (0, 1)) + torch.nn.functional.pad(half, (1, 0))
    segment = (torch.searchsorted(t, nodes, right=True) - 1).clamp(0, t.numel() - 2)
    share = (nodes - t[segment]) / (t[segment + 1] - t[segment])
    weights = torch.zeros_like(t)
    weights.index_add_(0, segment, of_node * (1 - share))
    weights.index_add_(0, segment + 1, of_node * share)
    return weights


def curve_noise(
    curves: Float[Tensor, "voxel time"], t: Float[Tensor, " time"]
) -> Float[Tensor, " voxel"]:
    """Standard deviation of each curve's noise, in the curves' unit.

    From the median distance of a sample from the line between its neighbours: the few frames of
    the bolus do not count.
    """
    share = (t[1:-1] - t[:-2]) / (t[2:] - t[:-2])
    off = curves[:, 1:-1] - torch.lerp(curves[:, :-2], curves[:, 2:], share)
    off = (off / (1 + share.square() + (1 - share).square()).sqrt()).abs()
    count = off.shape[1]
    middle = {(count + 1) // 2, count // 2 + 1}  # one of an odd number, two of an even one
    return torch.stack([off.kthvalue(k, dim=1).values for k in middle]).mean(dim=0) / _MEDIAN


def _spreads(
    noise: SampleNoise, weights: Float[Tensor, "time sum"], baseline_frames: int
) -> tuple[Float[Tensor, " voxel"], ...]:
    """Standard deviations of weighted sums of the samples."""
    before = slice(0, baseline_frames)
    moved = noise.shared @ weights / baseline_frames
    alone = noise.own.square() @ weights.square()
    together = moved * (baseline_frames * moved - 2 * noise.own[:, before] @ weights[before])
    return (alone + together).clamp(min=0).sqrt().unbind(dim=1)


def _of_peak(
    curves: Float[Tensor, "voxel time"],
    t: Float[Tensor, " time"],
    arrival: float,
    baseline_frames: int,
) -> dict[str, Float[Tensor, " voxel"]]:
    """Peak after the arrival, and mean slopes to it and from it; NaN where these have no time."""
    peak, frame = curves[:, baseline_frames:].max(dim=1)
    at = t[baseline_frames + frame]
    rise = peak - curves[:, :baseline_frames].mean(dim=1)
    to_peak, from_peak = at - arrival, at - t[-1]
    nothing = torch.full_like(peak, torch.nan)
    return {
        PEAK.name: peak,
        TTP.name: to_peak,
        WASHIN.name: torch.where(to_peak > 0, rise / to_peak, nothing),
        WASHOUT.name: torch.where(from_peak < 0, (peak - curves[:, -1]) / from_peak, nothing),
    }
