"""Scenes: small random examinations with known truth, made in milliseconds.

Where the phantoms of `head` look like a person, these only follow the physics: whatever varies
between real examinations varies here between scenes, most of it more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float

from gadmap.data import Acquisition, Aif, DceSeries, Exam
from gadmap.phantoms.scene_input import measured_badly
from gadmap.phantoms.scene_maps import SceneMaps, scene_maps, smooth_field
from gadmap.phantoms.scene_protocol import FIELDS, SceneProtocol, scene_protocol
from gadmap.phantoms.scene_tissue import SCENE_MODELS, scene_concentration
from gadmap.physics.relaxivity import relaxation_rate
from gadmap.physics.spgr import spgr_signal

Curve = Float[np.ndarray, " time"]

SIZE = 32
_NOISE, _SPREAD, _T10_ERROR = (0.004, 0.3), (0.0, 1.2), (0.01, 0.15)
_MODELS = (0.35, 0.45, 0.2)  # shares of scenes, as those below
_EXACT_T10, _RICIAN, _BAD_INPUT, _B1, _B1_UNKNOWN = 0.4, 0.5, 0.35, 0.5, 0.7
_LARGEST_B1, _B1_VARIES = 0.2, (0.0, 0.06)  # how far its mean is from 1, and its deviation
_B1_ERROR = (0.02, 0.15)  # of its mean, where it is not measured, as whoever scans knows it
_HCT = 0.42
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
    model
        One of `SCENE_MODELS`; only the first has no plasma.
    input_error
        Whether the arterial input is measured badly, and known to be.
    b1_error
        Whether flip angles differ from the nominal ones, and all that is known is by how much they
        do on the whole.
    step, frames
        Time between frames [s], and their number.
    jitter
        How far frames are off their even places [steps].
    height
        Of the plasma curve, over a population's.
    """

    noise: float | None = None
    point_spread: float | None = None
    t10_error: float | None = None
    model: str | None = None
    input_error: bool | None = None
    b1_error: bool | None = None
    step: float | None = None
    frames: int | None = None
    jitter: float | None = None
    height: float | None = None


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


def _same(maps: SceneMaps) -> SceneMaps:
    return maps


def _arterial(t: Curve, plasma: Curve) -> Curve:  # noqa: ARG001 (as others of its kind)
    return plasma


def scene(
    seed: tuple[int, ...],
    choices: SceneChoices = SceneChoices(),
    *,
    tissue_of: Callable[[SceneMaps], SceneMaps] = _same,
    fed_by: Callable[[Curve, Curve], Curve] = _arterial,
) -> Scene:
    """The scene of a seed; the same one gives the same scene.

    Parameters
    ----------
    tissue_of
        Changes the true maps, to study tissue of another kind.
    fed_by
        Plasma curve [mmol/L] that feeds the tissue, from times [s] and the arterial one.
    """
    kind, looks, times, scanner, artery = np.random.default_rng(list(seed)).spawn(5)
    asked = _drawn(kind, choices)
    protocol = scene_protocol(times, choices.frames, choices.step, choices.jitter, choices.height)
    field = FIELDS[protocol.field]
    relaxivity = kind.uniform(*field.relaxivity)
    plasma = asked.model != SCENE_MODELS[0]
    maps = tissue_of(scene_maps(looks, SIZE, asked.point_spread, field.t10, plasma=plasma))
    fed = fed_by(protocol.t, protocol.plasma)
    tissue = scene_concentration(asked.model, maps, protocol.t, fed)
    b1, b1_error = _b1(scanner, varies=asked.b1_varies, unknown=asked.b1_error)
    signal = _signal(scanner, tissue, maps, protocol, b1, relaxivity, asked.noise)
    measured, error = protocol.plasma, 0.0
    if asked.input_error:
        beside = tissue.mean(dim=(0, 1)).double().numpy()
        measured, error = measured_badly(artery, protocol.t, protocol.plasma, beside)
    t10 = maps.t10 * (1 + asked.t10_error * looks.standard_normal(maps.t10.shape)).clip(0.3, 3)
    if asked.b1_error and asked.t10_error > 0:  # T1 of flip angles errs too (Deoni, JMRI 2007)
        t10 = t10 * np.square(b1)
    grid = (SIZE, SIZE, 1)

    def whole(values: np.ndarray) -> Float[np.ndarray, "x y 1"]:
        return values.astype(np.float32).reshape(grid)

    exam = Exam(
        series=DceSeries(
            signal=signal[:, :, None],
            t=protocol.t,
            affine=np.eye(4),
            acquisition=Acquisition(tr=protocol.tr, flip_angle=protocol.flip_angle),
            time_source="scene",
        ),
        t10=whole(t10),
        t10_se=whole(asked.t10_error * t10),
        t10_source="scene",
        b1=np.ones(grid, np.float32) if asked.b1_error else whole(b1),
        b1_source="assumed 1" if asked.b1_error else "scene",
        b1_error=b1_error,
        aif=Aif(
            t=protocol.t,
            plasma=measured,
            source="scene",
            voxels=np.empty((0, 3), np.int64),
            error=error,
        ),
        mask=np.ones(grid, bool),
        mask_source="none",
        baseline_frames=protocol.baseline_frames,
        relaxivity=relaxivity,
        hct=_HCT,
    )
    truth = {name: getattr(maps, name).reshape(grid) for name in ("ktrans", "ve", "vp")}
    return Scene(exam=exam, truth=truth)


class _Kind(NamedTuple):
    noise: float
    point_spread: float
    t10_error: float
    model: str
    input_error: bool
    b1_error: bool
    b1_varies: bool


def _drawn(random: np.random.Generator, choices: SceneChoices) -> _Kind:
    """The choices, with what is None drawn; what is drawn does not depend on what is chosen."""
    exact_t10, b1_varies, unknown, bad_input = random.random(4) < (
        _EXACT_T10, _B1, _B1_UNKNOWN, _BAD_INPUT,
    )  # fmt: skip
    drawn = _Kind(
        noise=float(np.exp(random.uniform(*np.log(_NOISE)))),
        point_spread=float(random.choice([0.0, random.uniform(*_SPREAD)])),
        t10_error=float(np.exp(random.uniform(*np.log(_T10_ERROR)))) * (not exact_t10),
        model=str(random.choice(SCENE_MODELS, p=_MODELS)),
        input_error=bool(bad_input),
        b1_error=bool(b1_varies and unknown and not exact_t10),
        b1_varies=bool(b1_varies),
    )
    chosen = {name: getattr(choices, name, None) for name in _Kind._fields}
    return drawn._replace(**{name: value for name, value in chosen.items() if value is not None})


def _b1(
    random: np.random.Generator, *, varies: bool, unknown: bool
) -> tuple[Float[np.ndarray, "x y"], float]:
    """Actual over nominal flip angle, and the relative error of who takes it for 1."""
    error = random.uniform(*_B1_ERROR)
    around = 1 + error * random.standard_normal()
    mean = around if unknown else random.uniform(1 - _LARGEST_B1, 1 + _LARGEST_B1)
    field = mean + random.uniform(*_B1_VARIES) * smooth_field(random, SIZE)
    return (field if varies or unknown else np.ones_like(field)), error if unknown else 0.0


def _signal(
    random: np.random.Generator,
    tissue: Float[torch.Tensor, "x y time"],
    maps: SceneMaps,
    protocol: SceneProtocol,
    b1: Float[np.ndarray, "x y"],
    relaxivity: float,
    noise: float,
) -> Float[np.ndarray, "x y time"]:
    """Magnitude signal with noise, Gaussian or Rician, of the same size in every voxel."""
    r10 = 1 / torch.from_numpy(maps.t10)[..., None]
    angle = protocol.flip_angle * torch.from_numpy(b1)[..., None]
    one = torch.tensor(1.0, dtype=torch.float64)

    def of(concentration: torch.Tensor) -> torch.Tensor:
        rate = relaxation_rate(concentration, r10, relaxivity)
        return spgr_signal(rate, one, angle, protocol.tr)

    peak = tissue.amax(dim=-1).quantile(0.9).clamp(min=0.01)
    half, step = peak / 2, peak / 100  # the signal saturates, so its noise means more at the peak
    slope = (of(half + step) - of(half)).mean() / step
    sd = min(float(slope * noise * peak), float(of(0 * peak).mean()) / _LEAST_SNR)
    noisy = of(tissue).numpy() + sd * random.standard_normal(tissue.shape)
    if random.random() < _RICIAN:
        noisy = np.hypot(noisy, sd * random.standard_normal(tissue.shape))
    return np.clip(noisy, 0, None).astype(np.float32)
