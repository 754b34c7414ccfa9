"""From a dynamic series to a complete examination."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from gadmap.data import Aif, DceSeries, Exam, FlipAngleSeries, ReferenceRegion
from gadmap.data.frozen import require_shape
from gadmap.preparation.aif import arterial_input
from gadmap.preparation.blood import BloodSignal
from gadmap.preparation.curve_onset import Onset
from gadmap.preparation.mask import foreground, voxel_mask
from gadmap.preparation.native import ASSUMED_T10, native_t10, transmit_field, usual_b1_error
from gadmap.preparation.onset import baseline_onset
from gadmap.preparation.statistics import signal_statistics

ASSUMED_RELAXIVITY = 4.5
"""r1 [1/s per mmol/L] of a gadolinium chelate where nobody tells it, as the QIBA objects have."""

ASSUMED_HCT = 0.42
"""Haematocrit where nobody tells it."""

_FEW_FRAMES = 3

Progress = Callable[[str, int, int], None]


def prepare(
    series: DceSeries,
    *,
    vfa: FlipAngleSeries | None = None,
    t10: float | Float[np.ndarray, "_ _ _"] | None = None,
    b1: Float[np.ndarray, "_ _ _"] | None = None,
    aif: str | Aif | Bool[np.ndarray, "_ _ _"] = "auto",
    mask: str | Bool[np.ndarray, "_ _ _"] | None = None,
    aif_error: float | None = None,
    b1_error: float | None = None,
    hct: float | None = None,
    relaxivity: float | None = None,
    motion: bool = False,
    reference: Bool[np.ndarray, "_ _ _"] | None = None,
    progress: Progress | None = None,
) -> Exam:
    """A complete examination: T1, arterial input, mask and baseline, and what was assumed.

    Parameters
    ----------
    series
        The dynamic series.
    vfa
        Volumes at several flip angles, on the same grid, for T1.
    t10
        Native T1 [s], one number or a map; without it and `vfa`, 1.4 s is assumed.
    b1
        Actual over nominal flip angle; assumed 1 without it.
    aif
        "auto" to find an artery, "parker", "georgiou" or "weinmann" for a population's curve, a
        mask of an artery, or a curve; "none" where the estimator uses none, for a stand-in.
    aif_error
        Relative error of the arterial input's height, 0 to 1; None for that of its kind.
    b1_error
        Relative error of B1, 0 to 0.5; None for 0 of a map, and a usual one of an assumed 1.
    mask
        Voxels to estimate: an array, "auto" (also None) for the body in view, "none" for all.
    hct
        Haematocrit; else the series', else 0.42 is assumed.
    relaxivity
        r1 of the contrast agent [1/s per mmol/L]; else the series', else 4.5 is assumed.
    motion
        True to move every frame back to where the body lay before contrast first.
    reference
        Mask of a reference tissue, for the reference region model.
    progress
        Called with the stage, what is done and how much there is.

    Raises
    ------
    ValueError
        If series do not fit together, there is no frame before contrast or no enhancement, or no
        artery is found.
    """
    report = progress or _silent
    assumptions: list[str] = []
    relaxivity, hct = _constants(series, relaxivity, hct, assumptions)
    b1_map, b1_source = transmit_field(b1, series.grid)
    if b1 is None:
        assumptions.append("B1: assumed 1, the flip angles are the nominal ones everywhere.")
    statistics = signal_statistics(series)
    voxels, mask_source = voxel_mask(series, mask, statistics)
    inside = voxels if mask_source == "auto" else foreground(series, statistics)
    report("onset", 0, 1)
    onset = baseline_onset(series, inside, statistics)
    report("onset", 1, 1)
    found = None
    if motion:
        from gadmap.preparation.motion import corrected_series  # SimpleITK takes 100 MB

        series, found = corrected_series(
            series, onset.frames, inside, progress=lambda done, total: report("motion", done, total)
        )
        statistics = signal_statistics(series)
        onset = baseline_onset(series, inside, statistics)
    assumptions += _onset_sentences(series, onset)
    report("t1", 0, 1)
    wanted = voxels | inside
    if isinstance(aif, np.ndarray) and aif.shape == series.grid:
        wanted = wanted | aif
    if reference is not None:
        require_shape(reference, series.grid, "reference region")
        wanted = wanted | reference
    native = native_t10(series, vfa, t10, None if b1 is None else b1_map, wanted)
    report("t1", 1, 1)
    if vfa is None and t10 is None:
        assumptions.append(f"T10: assumed {ASSUMED_T10:g} s everywhere, none was measured.")
    report("aif", 0, 1)
    blood = BloodSignal(
        series=series,
        statistics=statistics,
        t10=native.t10 if native.measured else None,
        b1=b1_map,
        baseline_frames=onset.frames,
        relaxivity=relaxivity,
        hct=hct,
    )
    curve, sentences = arterial_input(aif, blood, native.t10, inside, onset)
    report("aif", 1, 1)
    if aif_error is not None:
        curve = replace(curve, error=aif_error)
    return Exam(
        series=series,
        t10=native.t10,
        t10_se=native.t10_se,
        t10_source=native.source,
        b1=b1_map,
        b1_source=b1_source,
        b1_error=usual_b1_error(series, b1) if b1_error is None else b1_error,
        aif=curve,
        mask=voxels,
        mask_source=mask_source,
        baseline_frames=onset.frames,
        relaxivity=relaxivity,
        hct=hct,
        assumptions=(*assumptions, *sentences),
        motion=found,
        arrival=onset.time,
        reference=None if reference is None else _reference_region(reference),
    )


def _reference_region(mask: Bool[np.ndarray, "x y z"]) -> ReferenceRegion:
    voxels = np.argwhere(mask)
    return ReferenceRegion(voxels=voxels, source=f"mask of {len(voxels)} voxels")


def _silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def _constants(
    series: DceSeries, relaxivity: float | None, hct: float | None, assumptions: list[str]
) -> tuple[float, float]:
    """Relaxivity [1/s per mmol/L] and haematocrit: given, else the files', else assumed."""
    relaxivity = series.relaxivity if relaxivity is None else relaxivity
    if relaxivity is None:
        relaxivity = ASSUMED_RELAXIVITY
        assumptions.append(f"Relaxivity: assumed {relaxivity:g} 1/s per mmol/L.")
    hct = series.hct if hct is None else hct
    if hct is None:
        hct = ASSUMED_HCT
        assumptions.append(f"Haematocrit: assumed {hct:g}.")
    if not 0 < relaxivity < 100:
        raise ValueError(
            f"relaxivity is {relaxivity:g} 1/s per mmol/L; expected 0 to 100. Is it per mol?"
        )
    if not 0 <= hct < 1:
        raise ValueError(f"hct is {hct:g}; expected a fraction, 0 to 1. Is it in percent?")
    return relaxivity, hct


def _onset_sentences(series: DceSeries, onset: Onset) -> list[str]:
    """How the baseline was found, and what speaks against it."""
    frames = f"{onset.frames} frame{'s' if onset.frames > 1 else ''}"
    found = f"the mean of the first {frames}; the signal starts to rise at {onset.time:.1f} s."
    sentences = [f"Baseline: {found}"]
    if onset.frames < _FEW_FRAMES:
        sentences.append(f"Baseline: with {frames} only, noise in it scales every concentration.")
    told = series.injection_frame
    if told is not None and onset.frames < told:
        sentences.append(
            f"Baseline: the files put the injection at frame {told}, but the signal rises from "
            f"frame {onset.frames} on; the signal was believed."
        )
    return sentences
