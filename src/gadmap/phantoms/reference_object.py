"""A digital examination of a brain tumour with known truth.

The geometry is that of the RIDER NEURO collection: 16 slices of 5 mm, 1 mm pixels, 65 frames.

Within a voxel the signals of its tissues add, so no single set of parameters describes a mixture.
The truth maps hold the mean over the voxel's tissues other than blood, weighted by their protons:
tissue that does not enhance (CSF, bone) counts with ktrans and ve of 0, air not at all; t10 is
the inverse of the likewise weighted mean of 1/T1. In a pure voxel that is its tissue's value, and
`purity` tells which voxels are pure.

References
----------
Barboriak, Data from RIDER NEURO MRI, The Cancer Imaging Archive 2015,
doi:10.7937/K9/TCIA.2015.VOSN3HN1.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8

from gadmap.data import Acquisition, Aif, DceSeries, Exam, FlipAngleSeries, ParameterMaps, Reason
from gadmap.phantoms.anatomy import brain_template
from gadmap.phantoms.b1 import b1_map
from gadmap.phantoms.case import Case
from gadmap.phantoms.head import grow_head
from gadmap.phantoms.motion import head_motion, move
from gadmap.phantoms.plasma import frame_times, plasma_curve
from gadmap.phantoms.sampling import affine_of, slice_fractions, voxel_centres
from gadmap.phantoms.signals import slice_of
from gadmap.phantoms.streams import stream_of
from gadmap.phantoms.texture import grow_texture
from gadmap.phantoms.vessels import tubes
from gadmap.phantoms.volumes import Volumes
from gadmap.physics.side_by_side import one_thread, side_by_side


@dataclass(frozen=True, eq=False, kw_only=True)
class Phantom:
    """An examination with known truth.

    Attributes
    ----------
    exam
        Noisy signal, with the true t10, b1, arterial input, mask and baseline. The mask holds
        tissue: neither air and skull nor vessels, whose curve is no tissue's.
    vfa
        Noisy flip-angle volumes for T1.
    truth
        True ktrans, ve and kep where the exam's mask is; 0 where nothing enhances.
    labels
        Number of the tissue that fills most of the voxel.
    tissues
        Name of the tissue of each number.
    purity
        Volume fraction of that tissue.
    motion
        Where the head is in each frame: shifts along x, y, z [mm] and rotation vector [rad] about
        the centre of the volume, against the flip-angle volumes, the maps and the first frame.
    noise_sd
        Standard deviation of the noise in each receiver channel [a.u.].
    case
        The choices it was made from.
    """

    exam: Exam
    vfa: FlipAngleSeries
    truth: ParameterMaps
    labels: UInt8[np.ndarray, "x y z"]
    tissues: tuple[str, ...]
    purity: Float[np.ndarray, "x y z"]
    motion: Float[np.ndarray, "time 6"]
    noise_sd: float
    case: Case


def reference_object(
    *,
    seed: int = 0,
    matrix: int = 256,
    slices: int = 16,
    frames: int = 65,
    snr: float = 25.0,
    point_spread: float = 0.8,
) -> Phantom:
    """The examination of the demonstration; fewer voxels, slices or frames for a quick one.

    Other choices are made with a `Case`, from which `phantom_of` makes the phantom.

    Parameters
    ----------
    seed
        Of anatomy, texture, fields, motion and noise.
    matrix
        Voxels along x and y; they share one field of view [mm], so fewer are larger.
    slices, frames
        Slices of 5 mm, and dynamic frames 4.762 s apart.
    snr
        Signal of normal brain before contrast over the noise's standard deviation.
    point_spread
        Full width at half maximum of the in-plane point spread [pixels]; 0 for none.
    """
    return phantom_of(
        Case(
            seed=seed,
            matrix=matrix,
            slices=slices,
            frames=frames,
            snr=snr,
            point_spread=point_spread,
        )
    )


def phantom_of(case: Case) -> Phantom:
    """The examination of a case. The same case gives the same phantom."""
    generator = torch.Generator().manual_seed(case.seed)
    head = grow_head(generator, case)
    texture = grow_texture(generator, case.coil_spread)
    x, y, z = voxel_centres(case)
    plasma, b1 = plasma_curve(case), b1_map(case)
    volume = Volumes.empty(case)
    for once in (brain_template, tubes):  # before several threads ask for them together
        once()

    def fill(k: int) -> None:
        fractions = slice_fractions(head, case, k)
        local = texture.on(x, y, z[k : k + 1])
        volume.put(k, fractions, slice_of(fractions, local, b1[..., k], case, plasma))

    for _ in side_by_side(fill, range(case.slices)):
        pass
    motion = head_motion(case)
    if motion.any():
        move(volume.dynamic, motion, case)
    if case.visit:
        generator = stream_of(case.seed, "noise", case.visit)
    with one_thread():
        noise_sd = volume.add_noise(case, generator)
    return _phantom(case, volume, b1, motion, noise_sd, plasma)


def _phantom(
    case: Case,
    volume: Volumes,
    b1: Float[np.ndarray, "x y z"],
    motion: Float[np.ndarray, "time 6"],
    noise_sd: float,
    plasma: Float[np.ndarray, " time"],
) -> Phantom:
    affine, t = affine_of(case), frame_times(case)
    return Phantom(
        exam=Exam(
            series=DceSeries(
                signal=volume.dynamic,
                t=t,
                affine=affine,
                acquisition=_acquisition(case, case.flip_angle),
                time_source="phantom",
                description="digital reference object: brain tumour",
                relaxivity=case.relaxivity,
                hct=case.hct,
                injection_frame=case.baseline_frames,
            ),
            t10=volume.t10,
            t10_se=np.zeros_like(volume.t10),
            t10_source="truth",
            b1=b1,
            b1_source="truth",
            aif=Aif(t=t, plasma=plasma, source="truth", voxels=np.empty((0, 3), dtype=int)),
            mask=volume.mask,
            mask_source="truth",
            baseline_frames=case.baseline_frames,
            relaxivity=case.relaxivity,
            hct=case.hct,
        ),
        vfa=FlipAngleSeries(
            signal=volume.vfa,
            acquisitions=tuple(_acquisition(case, angle) for angle in case.vfa_flip_angles),
            affine=affine,
        ),
        truth=_truth(case, volume),
        labels=volume.labels,
        tissues=tuple(tissue.name for tissue in case.tissues),
        purity=volume.purity,
        motion=motion,
        noise_sd=noise_sd,
        case=case,
    )


def _acquisition(case: Case, flip_angle: float) -> Acquisition:
    return Acquisition(
        tr=case.tr, te=case.te, flip_angle=flip_angle, field_strength=case.field_strength
    )


def _truth(case: Case, volume: Volumes) -> ParameterMaps:
    ktrans, ve = (np.where(volume.mask, a, np.nan) for a in (volume.ktrans, volume.ve))
    enhancing = volume.ve > 0
    kep = np.where(enhancing, ktrans / np.where(enhancing, ve, 1), np.where(volume.mask, 0, np.nan))
    reason = np.where(volume.mask, Reason.ESTIMATED, Reason.OUTSIDE_MASK)
    return ParameterMaps(
        values={"ktrans": ktrans, "ve": ve, "kep": kep.astype(np.float32)},
        standard_error={},
        valid=volume.mask,
        reason=reason.astype(np.uint8),
        affine=affine_of(case),
        estimator="truth",
        model="tofts",
        settings={"seed": case.seed},
    )
