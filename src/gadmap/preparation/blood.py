"""Blood's native T1 and the plasma curve of voxels that hold blood only."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int

from gadmap.data import DceSeries
from gadmap.data.walk import curves_at
from gadmap.physics.relaxivity import concentration_of_rate
from gadmap.physics.spgr import spgr_r1, spgr_s0
from gadmap.preparation.statistics import SignalStatistics

MEASURED_ERROR = 0.1
"""How far the height of a curve measured in an artery is from the truth; relative standard error.

As it is in the phantoms' heads (`benchmarks/aif_height.py`).
"""

_BLOOD_T1 = {1.5: 1.441, 3.0: 1.664}
_PLAUSIBLE = (0.35, 0.8, 1.3)
_HIGHEST_PLASMA = 25.0


class BloodSignal(NamedTuple):
    """What turns blood's signal into plasma concentration, and tissue's into a mean curve.

    Attributes
    ----------
    series
        The dynamic series.
    statistics
        Of its signal.
    t10
        Native T1 [s] where it was measured voxel by voxel; None where it was not.
    b1
        Actual over nominal flip angle.
    baseline_frames
        Frames before the contrast agent arrives.
    relaxivity
        [1/s per mmol/L].
    hct
        Haematocrit.
    """

    series: DceSeries
    statistics: SignalStatistics
    t10: Float[np.ndarray, "x y z"] | None
    b1: Float[np.ndarray, "x y z"]
    baseline_frames: int
    relaxivity: float
    hct: float


def published_blood_t1(field_strength: float | None) -> float:
    """T1 of blood [s] at the nearest of 1.5 and 3 T; at 1.5 T where the field is not known.

    References
    ----------
    Stanisz et al., Magn Reson Med 2005;54:507-512: 1.441 s at 1.5 T.
    Lu et al., Magn Reson Med 2004;52:679-682: 1.664 s at 3 T, haematocrit 0.42.
    """
    field = 1.5 if field_strength is None else field_strength
    return _BLOOD_T1[min(_BLOOD_T1, key=lambda known: abs(known - field))]


def vessel_plasma(
    blood: BloodSignal, voxels: Int[np.ndarray, "voxel 3"]
) -> tuple[Float[np.ndarray, " time"], str]:
    """Plasma concentration [mmol/L] of voxels in a vessel, and a sentence on the T1 it rests on.

    The T1 measured in the vessel is taken where there is one, also where it is shorter than
    blood's: fresh blood, that has seen few pulses, is bright before contrast and measures a short
    T1, and together the two give the right S0, on which the peak depends; blood's true T1 with
    that bright baseline would give half of the concentration. Only a T1 that no inflow explains,
    or that gives no plausible concentration, is replaced by the published one.

    The signals are averaged before the inversion: it bends upwards, so that the mean of inverted
    noisy curves would be too high.

    Raises
    ------
    ValueError
        If the signal is above what blood can give.
    """
    at = tuple(voxels.T)
    signal = curves_at(blood.series.signal, at).mean(axis=0, dtype=np.float64)[None]
    b1 = blood.b1[at].mean(keepdims=True)
    for t1, sentence in _blood_t1s(blood, voxels):
        plasma = voxel_plasma(blood, signal, b1, t1)[0]
        if np.isfinite(plasma).all() and plasma.max() <= _HIGHEST_PLASMA:
            return plasma, sentence
    raise ValueError(
        "the signal of the arterial voxels is above what blood can give, or not finite; "
        "expected a vessel without saturation. Choose a population curve (--aif parker)."
    )


def _blood_t1s(
    blood: BloodSignal, voxels: Int[np.ndarray, "voxel 3"]
) -> Iterator[tuple[float, str]]:
    """T1 [s] of the blood in `voxels` with their sentences, the first to be preferred."""
    field = blood.series.acquisition.field_strength
    published = published_blood_t1(field)
    at_field = "1.5 T" if published == _BLOOD_T1[1.5] else "3 T"
    assumed = f"T1 of blood: assumed {published:.4g} s, as published for {at_field}"
    if field is None:
        assumed += " (the files do not tell the field)"
    reason = "; none was measured."
    if blood.t10 is not None:
        values = blood.t10[tuple(voxels.T)]
        measured = float(np.median(values[np.isfinite(values)])) if np.isfinite(values).any() else 0
        low, usual, high = (share * published for share in _PLAUSIBLE)
        if low <= measured <= high:
            inflow = (
                f" It is shorter than blood's {published:.4g} s because of inflow, and taken so "
                "that S0 is right."
            )
            sentence = f"T1 of blood: {measured:.3g} s, the median measured in the vessel."
            yield measured, sentence + (inflow if measured < usual else "")
        reason = f"; the {measured:.2g} s measured in the vessel are not plausible."
    yield published, assumed + reason


def voxel_plasma(
    blood: BloodSignal,
    signal: Float[np.ndarray, "voxel time"],
    b1: Float[np.ndarray, " voxel"],
    t1: float,
) -> Float[np.ndarray, "voxel time"]:
    """Plasma concentration [mmol/L] of blood with signal curves `signal`; NaN where none is."""
    acquisition = blood.series.acquisition
    with torch.inference_mode():
        samples = torch.tensor(signal, dtype=torch.float64)
        angle = torch.tensor(b1, dtype=torch.float64)[:, None] * acquisition.flip_angle
        r10 = torch.full((1, 1), 1 / t1, dtype=torch.float64)
        baseline = samples[:, : blood.baseline_frames].mean(dim=1, keepdim=True)
        s0 = spgr_s0(baseline, r10, angle, acquisition.tr)
        r1 = spgr_r1(samples, s0, angle, acquisition.tr)
        concentration = concentration_of_rate(r1, r10, blood.relaxivity) / (1 - blood.hct)
    return concentration.numpy()
