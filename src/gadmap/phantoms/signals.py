"""Noise-free signal of tissue mixtures, and the parameters that a mixture is said to have."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.phantoms.case import Case
from gadmap.phantoms.plasma import frame_times
from gadmap.phantoms.texture import LocalTexture
from gadmap.phantoms.tissues import BLOOD, Tissue
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.relaxivity import relaxation_rate
from gadmap.physics.spgr import spgr_signal

S0_OF_WATER = 20000.0  # a.u.: brain shows some 400, so that whole numbers resolve the noise

_BAND = 64  # columns


class Slice(NamedTuple):
    """One slice without noise, and its truth.

    Attributes
    ----------
    dynamic, vfa
        Signal [a.u.] of the frames and of the flip-angle volumes.
    t10, ktrans, ve
        Of the mixture in each voxel [s, 1/min, fraction]; t10 is NaN where there are no protons.
    """

    dynamic: Float[np.ndarray, "x y time"]
    vfa: Float[np.ndarray, "x y flip"]
    t10: Float[np.ndarray, "x y"]
    ktrans: Float[np.ndarray, "x y"]
    ve: Float[np.ndarray, "x y"]


def slice_of(
    fractions: Float[np.ndarray, "tissue x y"],
    texture: LocalTexture,
    b1: Float[np.ndarray, "x y"],
    case: Case,
    plasma: Float[np.ndarray, " time"],
) -> Slice:
    """A slice: each voxel's signal is the sum of its tissues', weighted by their volume.

    `b1` is the actual over the nominal flip angle, in the frames and the flip-angle volumes alike.
    """
    bands = range(0, fractions.shape[1], _BAND)
    parts = [
        _band(
            fractions[:, start : start + _BAND],
            texture.band(slice(start, start + _BAND)),
            b1[start : start + _BAND],
            case,
            plasma,
        )
        for start in bands
    ]
    return Slice(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _band(
    fractions: Float[np.ndarray, "tissue x y"],
    texture: LocalTexture,
    b1: Float[np.ndarray, "x y"],
    case: Case,
    plasma: Float[np.ndarray, " time"],
) -> Slice:
    """A part of a slice, so small that what is worked out on the way stays in the cache."""
    grid = fractions.shape[1:]
    dynamic = np.zeros((*grid, case.frames))
    vfa = np.zeros((*grid, len(case.vfa_flip_angles)))
    protons, rate, exchanging, ktrans, ve = (np.zeros(grid) for _ in range(5))
    for tissue, fraction in zip(case.tissues, fractions, strict=True):
        if tissue.protons == 0:
            continue
        at = np.nonzero(fraction)
        values = {name: value[..., 0][at] for name, value in texture.values(tissue).items()}
        share = fraction[at].astype(float) * tissue.protons
        s0 = S0_OF_WATER * share * texture.sensitivity[..., 0][at]
        frames, flips = _curves(tissue, values | {"s0": s0, "b1": b1[at]}, case, plasma)
        dynamic[at] += frames
        vfa[at] += flips
        protons[at] += share
        rate[at] += share / values["t10"]
        if tissue.name != BLOOD.name:
            exchanging[at] += share
            ktrans[at] += share * values["ktrans"]
            ve[at] += share * values["ve"]
    with np.errstate(invalid="ignore"):
        t10 = protons / rate
    exchanging[exchanging == 0] = 1
    maps = (dynamic, vfa, t10, ktrans / exchanging, ve / exchanging)
    return Slice(*(values.astype(np.float32) for values in maps))


def _curves(
    tissue: Tissue,
    values: dict[str, Float[np.ndarray, " n"]],
    case: Case,
    plasma: Float[np.ndarray, " time"],
) -> tuple[Float[np.ndarray, "n #time"], Float[np.ndarray, "n flip"]]:
    """Signal [a.u.] of one tissue in the dynamic frames and in the flip-angle volumes."""
    local = {name: torch.tensor(value, dtype=torch.float64) for name, value in values.items()}
    t10, s0, b1 = (local[name][:, None] for name in ("t10", "s0", "b1"))
    r10 = 1 / t10
    r1 = relaxation_rate(_concentration(tissue, local, case, plasma), r10, case.relaxivity)
    angles = torch.tensor(case.vfa_flip_angles, dtype=torch.float64)
    frames = spgr_signal(r1, s0, b1 * case.flip_angle, case.tr)
    return frames.numpy(), spgr_signal(r10, s0, b1 * angles, case.tr).numpy()


def _concentration(
    tissue: Tissue, values: dict[str, Tensor], case: Case, plasma: Float[np.ndarray, " time"]
) -> Float[Tensor, "#n #time"]:
    """Concentration [mmol/L] over time; one row or column where it does not vary."""
    cp = torch.tensor(plasma, dtype=torch.float64)
    if tissue.name == BLOOD.name:
        return cp[None] * (1 - case.hct)
    if tissue.ktrans == 0:
        return torch.zeros((1, 1), dtype=torch.float64)
    t = torch.tensor(frame_times(case), dtype=torch.float64)
    return tissue_concentration(KINETIC_MODELS["tofts"], values, t, cp)
