"""Scenes: small random examinations with known truth, made in milliseconds.

Where the phantoms of `head` look like a person, these only follow the physics: whatever varies
between real examinations varies here between scenes, most of it more.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from gadmap.data import Acquisition, Aif, DceSeries, Exam
from gadmap.phantoms.scene_maps import SceneMaps, scene_maps
from gadmap.phantoms.scene_protocol import SceneProtocol, scene_protocol
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.noise import rician
from gadmap.physics.relaxivity import relaxation_rate
from gadmap.physics.spgr import spgr_signal

SIZE = 32
_NOISE, _SPREAD, _T10_ERROR = (0.004, 0.3), (0.0, 1.2), (0.01, 0.15)
_PLASMA, _EXACT_T10, _RICIAN = 0.6, 0.3, 0.5  # shares of scenes
_RELAXIVITY, _HCT = (3.3, 6.0), 0.42
_LEAST_SNR = 5.0  # of the signal before contrast


@dataclass(frozen=True, kw_only=True)
class SceneChoices:
    """What a scene is; what is None is drawn.

    Attributes
    ----------
    noise
        Standard deviation of the concentration's noise over the tissue's peak, at half of it.
    point_spread
        Standard deviation of the point spread [voxels].
    t10_error
        Relative standard error of the T1 map, white; 0 for an exact one.
    plasma
        Whether tissue has a share of plasma.
    step, frames
        Time between frames [s], and their number.
    """

    noise: float | None = None
    point_spread: float | None = None
    t10_error: float | None = None
    plasma: bool | None = None
    step: float | None = None
    frames: int | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Scene:
    """A small examination and its truth.

    Attributes
    ----------
    exam
        One slice; T1, arterial input and mask with it.
    truth
        "ktrans", "ve" and "vp", in their units.
    """

    exam: Exam
    truth: Mapping[str, Float[np.ndarray, "x y 1"]]


def scene(seed: tuple[int, ...], choices: SceneChoices = SceneChoices()) -> Scene:
    """The scene of a seed; the same one gives the same scene."""
    random = np.random.default_rng(list(seed))
    noise = _given(choices.noise, np.exp(random.uniform(*np.log(_NOISE))))
    spread = _given(choices.point_spread, random.choice([0.0, random.uniform(*_SPREAD)]))
    measured = 0.0 if random.random() < _EXACT_T10 else np.exp(random.uniform(*np.log(_T10_ERROR)))
    t10_error = _given(choices.t10_error, measured)
    plasma = _given(choices.plasma, random.random() < _PLASMA)
    protocol = scene_protocol(random, choices.frames, choices.step)
    maps = scene_maps(random, SIZE, float(spread), plasma=bool(plasma))
    relaxivity = random.uniform(*_RELAXIVITY)
    signal = _signal(random, maps, protocol, relaxivity, float(noise))
    t10 = maps.t10 * (1 + t10_error * random.standard_normal(maps.t10.shape)).clip(0.3, 3)
    acquisition = Acquisition(tr=protocol.tr, flip_angle=protocol.flip_angle)
    grid = (SIZE, SIZE, 1)
    exam = Exam(
        series=DceSeries(
            signal=signal[:, :, None],
            t=protocol.t,
            affine=np.eye(4),
            acquisition=acquisition,
            time_source="scene",
        ),
        t10=t10.astype(np.float32).reshape(grid),
        t10_se=(t10_error * t10).astype(np.float32).reshape(grid),
        t10_source="scene",
        b1=np.ones(grid, np.float32),
        b1_source="assumed 1",
        aif=Aif(
            t=protocol.t, plasma=protocol.plasma, source="scene", voxels=np.empty((0, 3), np.int64)
        ),
        mask=np.ones(grid, bool),
        mask_source="none",
        baseline_frames=protocol.baseline_frames,
        relaxivity=relaxivity,
        hct=_HCT,
    )
    truth = {name: getattr(maps, name).reshape(grid) for name in ("ktrans", "ve", "vp")}
    return Scene(exam=exam, truth=truth)


def _given(value: float | bool | None, drawn: float | bool) -> float | bool:
    return drawn if value is None else value


def _signal(
    random: np.random.Generator,
    maps: SceneMaps,
    protocol: SceneProtocol,
    relaxivity: float,
    noise: float,
) -> Float[np.ndarray, "x y time"]:
    """Magnitude signal with noise, Gaussian or Rician, of the same size in every voxel."""
    t, plasma = torch.from_numpy(protocol.t), torch.from_numpy(protocol.plasma)
    parameters = {name: torch.from_numpy(getattr(maps, name)) for name in ("ktrans", "ve", "vp")}
    tissue = tissue_concentration(KINETIC_MODELS["extended-tofts"], parameters, t, plasma)
    r10 = 1 / torch.from_numpy(maps.t10)[..., None]
    angle, one = torch.tensor(protocol.flip_angle), torch.tensor(1.0, dtype=torch.float64)

    def of(concentration: torch.Tensor) -> torch.Tensor:
        rate = relaxation_rate(concentration, r10, relaxivity)
        return spgr_signal(rate, one, angle, protocol.tr)

    peak = tissue.amax(dim=-1).quantile(0.9).clamp(min=0.01)
    half, step = peak / 2, peak / 100  # the signal saturates, so its noise means more at the peak
    slope = (of(half + step) - of(half)).mean() / step
    sd = min(float(slope * noise * peak), float(of(0 * peak).mean()) / _LEAST_SNR)
    signal = of(tissue)
    if random.random() < _RICIAN:
        generator = torch.Generator().manual_seed(int(random.integers(2**31)))
        return rician(signal, sd, generator).numpy().astype(np.float32)
    noisy = signal.numpy() + sd * random.standard_normal(signal.shape)
    return np.clip(noisy, 0, None).astype(np.float32)
