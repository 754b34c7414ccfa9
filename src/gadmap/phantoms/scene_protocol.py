"""Random acquisitions and arterial inputs, wide enough for a real examination to lie inside."""

from dataclasses import dataclass
from math import exp, log, radians
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float

from gadmap.physics.aifs import POPULATION_AIFS

_FRAMES, _STEP, _DURATION = (30, 130), (1.5, 12.0), (150.0, 700.0)  # s
_BEFORE = (12.0, 60.0)  # s until the bolus arrives
_TR, _ANGLE = (0.0025, 0.008), (10.0, 30.0)  # s, degrees
_HEIGHT, _PACE = (0.5, 2.0), (0.7, 1.4)  # of the population's curve, its time stretched
_JITTER = 0.3  # of a step


class Field(NamedTuple):
    """What a field strength does: T1 of tissue [s] and relaxivity [1/s per mmol/L].

    Of grey and white matter, muscle, fat to fluid; of the usual agents in plasma at 37 degrees.

    References
    ----------
    Bojorquez et al., Magn Reson Imaging 2017;35:69-80; Stanisz et al., Magn Reson Med
    2005;54:507-512; Rohrer et al., Invest Radiol 2005;40:715-724, table 2; Shen et al., Invest
    Radiol 2015;50:330-338.
    """

    t10: tuple[float, float]
    relaxivity: tuple[float, float]


FIELDS = {1.5: Field((0.3, 1.8), (3.3, 6.3)), 3.0: Field((0.4, 2.6), (3.0, 5.5))}
"""Field strength [T] to what it does."""


@dataclass(frozen=True, eq=False, kw_only=True)
class SceneProtocol:
    """How a scene is acquired.

    Attributes
    ----------
    t, plasma
        Times of the frames [s] and the arterial plasma concentration at them [mmol/L].
    baseline_frames
        Frames before the bolus.
    tr, flip_angle
        Repetition time [s] and flip angle [rad].
    field
        Field strength [T].
    """

    t: Float[np.ndarray, " time"]
    plasma: Float[np.ndarray, " time"]
    baseline_frames: int
    tr: float
    flip_angle: float
    field: float


def scene_protocol(
    random: np.random.Generator,
    frames: int | None = None,
    step: float | None = None,
    jitter: float | None = None,
    height: float | None = None,
) -> SceneProtocol:
    """A protocol drawn from `random`.

    `frames` frames that are `step` [s] apart, off by up to half of `jitter` steps; a plasma curve
    of `height` over a population's. What is None is drawn, frames and step together. What else is
    drawn does not depend on what is given.
    """
    artery, timing = random.spawn(2)
    if frames is None or step is None:
        step = _log_uniform(timing, _STEP)
        fewest, most = (round(duration / step) for duration in _DURATION)
        fewest, most = max(fewest, _FRAMES[0]), max(min(most, _FRAMES[1]), _FRAMES[0])
        frames = int(timing.integers(min(fewest, most), most + 1))
    if jitter is None:
        jitter = float(timing.choice([0.0, timing.uniform(0, _JITTER)]))
    t = step * (np.arange(frames) + jitter * timing.uniform(-0.5, 0.5, frames))
    t -= t[0]
    onset = max(artery.uniform(*_BEFORE), t[2] + 0.1)
    drawn = _log_uniform(artery, _HEIGHT)
    return SceneProtocol(
        t=t,
        plasma=(height or drawn) * _plasma(artery, t - onset),
        baseline_frames=int(np.searchsorted(t, onset)),
        tr=random.uniform(*_TR),
        flip_angle=radians(random.uniform(*_ANGLE)),
        field=float(random.choice(list(FIELDS))),
    )


def _plasma(
    random: np.random.Generator, since: Float[np.ndarray, " time"]
) -> Float[np.ndarray, " time"]:
    """A population's curve of another pace, tail and haematocrit."""
    names = sorted(POPULATION_AIFS)
    curves = [POPULATION_AIFS[name] for name in random.choice(names, 2)]
    share, pace = random.uniform(), random.uniform(*_PACE)
    tail = random.uniform(0, 0.002)  # 1/s
    times = torch.from_numpy(since)
    parts = [curve.plasma(times * pace, random.uniform(0.35, 0.48)).numpy() for curve in curves]
    mixed = share * parts[0] + (1 - share) * parts[1]
    return mixed * np.exp(-tail * np.clip(since, 0, None))


def _log_uniform(random: np.random.Generator, limits: tuple[float, float]) -> float:
    return exp(random.uniform(log(limits[0]), log(limits[1])))
