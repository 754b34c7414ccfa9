"""The arterial input: searched, measured in a mask, from a population, or given."""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from gadmap.data import Aif
from gadmap.data.walk import curves_at
from gadmap.preparation.aif_population import population_aif, stand_in_aif
from gadmap.preparation.aif_search import found_aif
from gadmap.preparation.blood import MEASURED_ERROR, BloodSignal, vessel_plasma
from gadmap.preparation.curve_onset import Onset, curve_onset
from gadmap.preparation.statistics import quiet_noise


def arterial_input(
    choice: Aif | str | Bool[np.ndarray, "_ _ _"],
    blood: BloodSignal,
    t10: Float[np.ndarray, "x y z"],
    inside: Bool[np.ndarray, "x y z"],
    onset: Onset,
) -> tuple[Aif, tuple[str, ...]]:
    """Arterial input on the series' times, and what was assumed for it.

    Parameters
    ----------
    choice
        "auto", the name of a population, a mask of the artery, or a curve; "none" for a stand-in
        where the estimator uses none.
    blood
        The series, and how blood's signal becomes concentration.
    t10
        Native T1 [s] of the tissue, to place a population curve in time.
    inside
        Where a vessel, or tissue to place a population curve, is looked for.
    onset
        Of the series' signal.

    Raises
    ------
    ValueError
        If there is no such choice or no vessel; a mask of another shape or empty; a curve that
        does not span the series.
    """
    if isinstance(choice, Aif):
        return on_series_times(choice, blood.series.t)
    if isinstance(choice, np.ndarray):
        aif, sentence = mask_aif(blood, choice, inside)
        return aif, (sentence,)
    if choice == "none":
        aif = stand_in_aif(blood.series, onset, blood.hct)
        return aif, (f"Arterial input: none was asked for; {aif.source}.",)
    if choice == "auto":
        aif, sentence = found_aif(blood, inside)
        return aif, (sentence,)
    aif = population_aif(choice, blood, t10, inside, onset)
    return aif, (f"Arterial input: not measured but of a population ({aif.source}).",)


def mask_aif(
    blood: BloodSignal, mask: Bool[np.ndarray, "_ _ _"], inside: Bool[np.ndarray, "x y z"]
) -> tuple[Aif, str]:
    """Plasma curve of the mean signal of a mask, and a sentence on blood's T1.

    The noise that the signal must rise above is that of the quiet voxels of `inside`, where the
    series is too short to tell.

    Raises
    ------
    ValueError
        If the mask has another shape, holds no voxel with a usable signal, or blood cannot give
        its signal.
    """
    if mask.shape != blood.series.grid:
        raise ValueError(
            f"arterial mask has shape {mask.shape}; expected {blood.series.grid}, the series' "
            "grid. Was it drawn on another series?"
        )
    voxels = np.argwhere(mask)
    x, y, z = voxels.T
    signal = curves_at(blood.series.signal, (x, y, z))
    usable = (np.isfinite(signal) & (signal > 0)).all(axis=1)
    if not usable.any():
        raise ValueError(
            f"arterial mask: none of its {len(voxels)} voxels has a finite signal above 0 in all "
            "frames; does it lie on an artery?"
        )
    mean = signal[usable].mean(axis=0, dtype=np.float64)
    noise = quiet_noise(blood.statistics, inside) / np.count_nonzero(usable) ** 0.5
    if curve_onset(blood.series.t, mean, noise) is None:
        raise ValueError(
            f"arterial mask: the signal of its {np.count_nonzero(usable)} voxels does not rise "
            "above the noise; expected a bolus. Does it lie on an artery?"
        )
    left_out = len(voxels) - np.count_nonzero(usable)
    plasma, sentence = vessel_plasma(blood, voxels[usable])
    rationale = [f"Mean of the {np.count_nonzero(usable)} voxels of the given mask."]
    if left_out:
        rationale.append(f"{left_out} voxels were left out: a sample is not finite or not above 0.")
    aif = Aif(
        t=blood.series.t,
        plasma=plasma,
        source=f"mask of {np.count_nonzero(usable)} voxels",
        voxels=voxels[usable],
        rationale=tuple(rationale),
        error=MEASURED_ERROR,
    )
    return aif, sentence


def on_series_times(aif: Aif, t: Float[np.ndarray, " time"]) -> tuple[Aif, tuple[str, ...]]:
    """A given curve at the series' times, linear between its samples, and a sentence if it was.

    Raises
    ------
    ValueError
        If the curve does not span the series.
    """
    if np.array_equal(aif.t, t):
        return aif, ()
    if aif.t[0] > t[0] or aif.t[-1] < t[-1]:
        raise ValueError(
            f"arterial input spans {aif.t[0]:g} to {aif.t[-1]:g} s; expected to span the series, "
            f"{t[0]:g} to {t[-1]:g} s. Is it cut short, of another examination, or in minutes?"
        )
    sentence = (
        f"Arterial input: the {aif.t.size} given samples were interpolated linearly at the "
        f"{t.size} frame times."
    )
    moved = replace(
        aif, t=t, plasma=np.interp(t, aif.t, aif.plasma), rationale=(*aif.rationale, sentence)
    )
    return moved, (sentence,)
