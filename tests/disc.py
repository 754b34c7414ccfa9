"""A small disc that enhances, for the page and the pipeline: its examination, maps and files."""

from dataclasses import replace
from math import radians

import numpy as np
import torch

from gadmap.data import (
    Acquisition,
    Aif,
    DceSeries,
    Exam,
    FlipAngleSeries,
    Motion,
    ParameterMaps,
    Reason,
)
from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.relaxivity import relaxation_rate
from gadmap.physics.spgr import spgr_signal

GRID, FRAMES, BASELINE = (18, 22, 3), 24, 4
TUMOUR = (13, 11, 0)  # a voxel of the disc that enhances strongly
AFFINE = np.diag([2.0, 2.0, 5.0, 1.0])
TR, FLIP_ANGLE, T10, RELAXIVITY = 5e-3, radians(20), 1.2, 4.5


def disc_truth() -> dict[str, np.ndarray]:
    """Extended Tofts parameters: a disc that enhances ever more towards its right edge."""
    x, y, _ = np.indices(GRID)
    ktrans = 0.02 + 0.01 * x.astype(np.float64)
    inside = (x - 9) ** 2 + (y - 11) ** 2 < 60
    return {
        "ktrans": ktrans,
        "ve": np.full(GRID, 0.3),
        "vp": np.full(GRID, 0.05),
        "inside": inside,
    }


def disc_exam() -> Exam:
    """Noise-free signal of the disc."""
    truth = disc_truth()
    t = np.arange(FRAMES) * 6.0 + 30.0
    arrival = 0.5 * (t[BASELINE - 1] + t[BASELINE])
    plasma = POPULATION_AIFS["parker"].plasma(torch.tensor(t - arrival), 0.42)
    parameters = {name: torch.tensor(truth[name]) for name in ("ktrans", "ve", "vp")}
    model = KINETIC_MODELS["extended-tofts"]
    tissue = tissue_concentration(model, parameters, torch.tensor(t), plasma)
    r1 = relaxation_rate(tissue, torch.tensor(1 / T10), RELAXIVITY)
    s0 = torch.tensor(1000.0 * truth["inside"])[..., None]
    signal = spgr_signal(r1, s0, torch.tensor(FLIP_ANGLE), TR).numpy().astype(np.float32)
    return Exam(
        series=DceSeries(
            signal=signal,
            t=t,
            affine=AFFINE,
            acquisition=Acquisition(tr=TR, flip_angle=FLIP_ANGLE),
            time_source="FrameTimesStart",
            description="disc <&>",
        ),
        t10=np.full(GRID, T10),
        t10_se=np.zeros(GRID),
        t10_source="assumed 1.2 s",
        b1=np.ones(GRID),
        b1_source="assumed 1",
        aif=Aif(
            t=t,
            plasma=plasma.numpy(),
            source="auto: 2 voxels",
            voxels=np.array([[4, 11, 1], [5, 11, 1]]),
            rationale=("early: before 95 % of the voxels",),
        ),
        mask=truth["inside"],
        mask_source="auto",
        baseline_frames=BASELINE,
        relaxivity=RELAXIVITY,
        hct=0.42,
        assumptions=("T1 is assumed to be 1.2 s.", "Flip angles are taken as nominal."),
        motion=Motion(
            displacement=np.linspace(0, 1, FRAMES),
            corrected=np.linspace(0, 1, FRAMES) > 0.1,
            shifts=np.linspace((0, 0, 0), (0.6, -0.8, 0), FRAMES),
            rotations=np.radians(np.linspace((0, 0, 0), (0.1, 0, -2), FRAMES)),
        ),
    )


def disc_maps() -> ParameterMaps:
    """The truth as a result, with a voxel of three kinds of reason."""
    truth = disc_truth()
    reason = np.where(truth["inside"], Reason.ESTIMATED, Reason.OUTSIDE_MASK).astype(np.uint8)
    reason[9, 11] = [Reason.NO_ENHANCEMENT, Reason.AT_BOUND, Reason.SIGNAL_TOO_HIGH]
    valid = (reason == Reason.ESTIMATED) | (reason >= Reason.NO_ENHANCEMENT)

    def inside(values: np.ndarray) -> np.ndarray:
        return np.where(valid, values, np.nan)

    values = {name: inside(truth[name]) for name in ("ktrans", "ve", "vp")}
    values["kep"] = values["ktrans"] / values["ve"]
    return ParameterMaps(
        values=values | {"r2": inside(np.full(GRID, 0.98))},
        standard_error={name: 0.1 * value for name, value in values.items()},
        valid=valid,
        reason=reason,
        affine=AFFINE,
        estimator="least-squares",
        model="extended-tofts",
        settings={"bounds": {"ktrans": (0.0, 5.0)}, "weights": None},
    )


def disc_scan(noise: float = 2.0) -> tuple[DceSeries, FlipAngleSeries]:
    """The disc as a scanner sees it: noisy frames, and volumes at three flip angles."""
    exam, random = disc_exam(), np.random.default_rng(0)
    angles = [radians(angle) for angle in (4, 12, 20)]
    s0 = 1000.0 * disc_truth()["inside"]
    volumes = [
        spgr_signal(torch.tensor(1 / T10), torch.tensor(s0), torch.tensor(angle), TR).numpy()
        for angle in angles
    ]

    def noisy(signal: np.ndarray) -> np.ndarray:
        real, imaginary = random.normal(0, noise, (2, *signal.shape))
        return np.hypot(signal + real, imaginary).astype(np.float32)

    flips = FlipAngleSeries(
        signal=noisy(np.stack(volumes, axis=-1)),
        acquisitions=tuple(Acquisition(tr=TR, flip_angle=angle) for angle in angles),
        affine=AFFINE,
    )
    description = "disc"
    series = DceSeries(
        signal=noisy(exam.series.signal),
        t=exam.series.t,
        affine=AFFINE,
        acquisition=exam.series.acquisition,
        time_source="FrameTimesStart",
        description=description,
    )
    return series, flips


def small_maps() -> ParameterMaps:
    """The maps on a grid that is not the examination's: half of the voxels along x."""
    maps = disc_maps()
    return replace(
        maps,
        values={name: values[:9] for name, values in maps.values.items()},
        standard_error={},
        valid=maps.valid[:9],
        reason=maps.reason[:9],
    )
