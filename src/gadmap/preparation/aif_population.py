"""A population's arterial curve, placed in time by the tissue's own enhancement."""

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.optimize import nnls
from torch import Tensor

from gadmap.data import Aif, DceSeries
from gadmap.data.aif import STAND_IN
from gadmap.data.walk import Voxels, curves_at, pieces_of
from gadmap.physics.aifs import POPULATION_AIFS, PopulationAif
from gadmap.physics.convolution import exponential_convolution
from gadmap.physics.relaxivity import concentration_of_rate
from gadmap.physics.spgr import spgr_r1, spgr_s0
from gadmap.preparation.blood import BloodSignal
from gadmap.preparation.curve_onset import Onset
from gadmap.preparation.onset import voxels_by_change
from gadmap.quantities import SECONDS_PER_MINUTE

POPULATION_ERROR = 0.25
"""How far the height of a person's curve is from a population's: dose, cardiac output, haematocrit.

As the phantoms' patients differ; relative standard error.
"""

_KEPS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0)
_TISSUE_SHARE, _VESSEL_SHARE = 0.05, 0.001
_LEAST_VOXELS = 10
_BEFORE, _AFTER, _STEP = 20.0, 15.0, 0.25
_CHUNK = 1 << 12


def population_aif(
    name: str,
    blood: BloodSignal,
    t10: Float[np.ndarray, "x y z"],
    inside: Bool[np.ndarray, "x y z"],
    onset: Onset,
) -> Aif:
    """The named population's curve on the series' times, its onset fitted to the tissue.

    The mean concentration of the tissue that enhances most, vessels left out, is explained by
    plasma and by its convolution with exponentials over a range of kep, none negative: no kinetic
    model is presumed. The onset with the least misfit, sought around that of the signal, counts;
    a parabola through its neighbours refines it below the step of 0.25 s.

    Raises
    ------
    ValueError
        If there is no such population, or no tissue with T1 and enhancement.
    """
    if name not in POPULATION_AIFS:
        known = ", ".join(POPULATION_AIFS)
        raise ValueError(f"no population curve is called {name!r}; expected one of {known}")
    population, series, hct = POPULATION_AIFS[name], blood.series, blood.hct
    tissue = _tissue_curve(blood, t10, inside)
    delay = fitted_onset(population, series.t, tissue, onset.time, hct)
    since = torch.tensor(series.t - delay, dtype=torch.float64)
    plasma = population.plasma(since, hct).numpy()
    if not (plasma > 0).any():
        raise ValueError(f"the {name} curve starts after the last frame; is the series cut short?")
    placed = (
        f"Its onset, {delay:.1f} s, explains the tissue's mean enhancement best; the signal "
        f"starts to rise at {onset.time:.1f} s."
    )
    return Aif(
        t=series.t,
        plasma=plasma,
        source=f"{name}, hct {hct:g}, onset {delay:.1f} s",
        voxels=np.empty((0, 3), dtype=np.int64),
        rationale=(f"Population curve of {population.citation}.", placed),
        error=POPULATION_ERROR,
    )


def stand_in_aif(series: DceSeries, onset: Onset, hct: float) -> Aif:
    """Parker's curve from the onset of the signal on, for an estimator that uses none.

    It asks nothing of the tissue, so that there is one where no T1 and no artery can be had.
    """
    population = POPULATION_AIFS["parker"]
    since = torch.tensor(series.t - onset.time, dtype=torch.float64)
    return Aif(
        t=series.t,
        plasma=population.plasma(since, hct).numpy(),
        source=f"{STAND_IN}parker, hct {hct:g}, onset {onset.time:.1f} s",
        voxels=np.empty((0, 3), dtype=np.int64),
        rationale=(f"Stand-in, population curve of {population.citation}.",),
    )


def _tissue_curve(
    blood: BloodSignal,
    t10: Float[np.ndarray, "x y z"],
    inside: Bool[np.ndarray, "x y z"],
) -> Float[np.ndarray, " time"]:
    """Mean concentration of the most enhancing tissue over r1 = 1: its scale is free here."""
    order = voxels_by_change(blood.statistics, inside & np.isfinite(t10))
    most = max(round(_TISSUE_SHARE * order.size), _LEAST_VOXELS)
    chosen = order[min(round(_VESSEL_SHARE * order.size), order.size // 2) : most]
    tissue = np.zeros(inside.size, dtype=bool)
    tissue[chosen] = True
    total, count = np.zeros(blood.series.t.size), 0
    for at in pieces_of(tissue.reshape(inside.shape), _CHUNK, blood.series.signal):
        curves = _concentration(blood, t10, at)
        curves = curves[np.isfinite(curves).all(axis=1)]
        total += curves.sum(axis=0)
        count += len(curves)
    if not count:
        raise ValueError(
            "no tissue with T1 and enhancement places the population curve in time; "
            "does the mask lie on the body?"
        )
    return total / count


def _concentration(
    blood: BloodSignal, t10: Float[np.ndarray, "x y z"], at: Voxels
) -> Float[np.ndarray, "voxel time"]:
    """Concentration over r1 = 1 in some voxels."""
    acquisition = blood.series.acquisition
    with torch.inference_mode():
        samples = torch.tensor(curves_at(blood.series.signal, at)).double()
        r10 = 1 / torch.tensor(t10[at]).double()[:, None]
        angle = acquisition.flip_angle * torch.tensor(blood.b1[at]).double()[:, None]
        baseline = samples[:, : blood.baseline_frames].mean(dim=1, keepdim=True)
        s0 = spgr_s0(baseline, r10, angle, acquisition.tr)
        rate = spgr_r1(samples, s0, angle, acquisition.tr)
        return concentration_of_rate(rate, r10, 1.0).numpy()


def fitted_onset(
    population: PopulationAif,
    t: Float[np.ndarray, " time"],
    tissue: Float[np.ndarray, " time"],
    start: float,
    hct: float,
) -> float:
    """Onset [s] of least misfit."""
    onsets = np.arange(start - _BEFORE, start + _AFTER + _STEP, _STEP)
    time = torch.tensor(t, dtype=torch.float64)
    since = time - torch.tensor(onsets, dtype=torch.float64)[:, None]
    responses = _responses(population.plasma(since, hct), time)
    misfit = np.array([nnls(response, tissue)[1] for response in responses.numpy()])
    best = int(misfit.argmin())
    if 0 < best < misfit.size - 1:
        before, at, after = misfit[best - 1 : best + 2] ** 2
        bend = before - 2 * at + after
        shift = 0.5 * (before - after) / bend if bend > 0 else 0.0
        return float(onsets[best] + _STEP * shift)
    return float(onsets[best])


def _responses(
    plasma: Float[Tensor, "onset time"], time: Float[Tensor, " time"]
) -> Float[Tensor, "onset time response"]:
    """Plasma, and its convolution with exponentials, for every onset; each scaled to 1."""
    rate = torch.tensor(_KEPS, dtype=torch.float64) / SECONDS_PER_MINUTE
    grid = rate.expand(plasma.shape[0], -1)
    through_tissue = exponential_convolution(plasma[:, None], time, grid)
    every = torch.cat([plasma[:, None], through_tissue], dim=1).movedim(1, 2)
    return every / every.norm(dim=1, keepdim=True).clamp(min=1e-12)
