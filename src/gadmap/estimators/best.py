"""The exact fit or the guided network, whichever this examination calls for; and why."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import degrees, radians
from typing import ClassVar

import numpy as np

from gadmap.data import Exam, ParameterMaps
from gadmap.estimators.guided import IN_COMMON, MUCH, GuidedEstimator, unlike_share
from gadmap.estimators.guided_exam import GuidedExam, guided_exam
from gadmap.estimators.guided_input import FLOORS, shared_error
from gadmap.estimators.least_squares import LeastSquares
from gadmap.networks.guided_file import GUIDED_NETWORK, TrainedGuided
from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.device import device_of
from gadmap.quantities import KTRANS, UNLIKE

BEST = "best"

FRAMES, STEP, TR = (30, 130), (1.5, 12.0), (0.0025, 0.008)  # s
ANGLE = (radians(10), radians(30))
"""Protocols that the guided network was trained on."""

LEAST_ERROR = 0.015
"""Relative error of the fit's ktrans, T1's error included, below which a network gains nothing."""

_ENHANCING = 0.01  # 1/min
_SLACK = 1e-6


@dataclass(frozen=True)
class BestEstimator:
    """Chooses between the exact fit and the guided network, by a rule that can be read.

    The guided network, where all of these hold; otherwise the exact fit:

    - the arterial input was measured or given, not taken from a population;
    - frames, their distance, TR and flip angle lie within those of its training;
    - the fit of enhancing voxels leaves an error to be reduced, 1.5 % in the median;
    - at most a fifth of the voxels are unlike those of its training;
    - what the residuals of all voxels have in common is that of an examination whose physics is
      what it is taken for.

    The fit's model is the extended Tofts model where that explains most enhancing voxels better
    (Akaike), else the Tofts model.

    Attributes
    ----------
    trained
        The guided network.
    progress
        As the estimators'.
    """

    trained: TrainedGuided
    progress: Callable[[int, int], None] | None = None

    needs_concentration: ClassVar[bool] = True

    def estimate(self, exam: Exam) -> ParameterMaps:
        """Maps of the estimator that is chosen; its name and the reasons are in the settings."""
        seen = guided_exam(exam)
        error = _fit_error(exam, seen)
        against = [*_against_protocol(exam), *_against_fit(error)]
        if not against:
            maps = GuidedEstimator(self.trained, self.progress).of_seen(exam, seen)
            against = list(_against_maps(maps))
            if not against:
                why = f"the exact fit's errors of ktrans are {error:.1%} in the median"
                return _told(maps, GUIDED_NETWORK, (f"protocol and input are usual, and {why}",))
        model = "extended-tofts" if _has_plasma(seen) else "tofts"
        device = str(device_of(self.trained.module))
        maps = LeastSquares(model, device=device, progress=self.progress).estimate(exam)
        return _told(maps, f"the exact fit of {model}", tuple(against))


def _against_protocol(exam: Exam) -> Iterator[str]:
    """Why a network trained on scenes has nothing to say of such an examination."""
    if exam.aif.source.startswith(tuple(POPULATION_AIFS)):
        yield "the arterial input is a population's, not measured"
    acquisition = exam.series.acquisition
    settings = (
        ("frames are", exam.series.t.size, FRAMES, 1, ""),
        ("the time between frames is", float(np.median(np.diff(exam.series.t))), STEP, 1, " s"),
        ("TR is", acquisition.tr, TR, 1e3, " ms"),
        ("the flip angle is", acquisition.flip_angle, ANGLE, degrees(1), "°"),
    )
    for name, value, (low, high), factor, unit in settings:
        if value and not low * (1 - _SLACK) <= value <= high * (1 + _SLACK):
            found, least, most = (factor * number for number in (value, low, high))
            yield f"{name} {found:.3g}{unit}, outside {least:g} to {most:g}{unit}"


def _against_fit(error: float) -> Iterator[str]:
    if np.isnan(error):
        yield "no voxel enhances"
    elif error < LEAST_ERROR:
        yield f"the fit's errors of ktrans are {error:.1%} in the median: there is nothing to gain"


def _against_maps(maps: ParameterMaps) -> Iterator[str]:
    share = unlike_share(maps[UNLIKE.name][maps.valid])
    if share > MUCH:
        yield f"{share:.0%} of the voxels are unlike those that the network was trained on"
    shared = maps.settings["common_residual"]
    assert isinstance(shared, float)
    if shared > IN_COMMON:
        yield (
            f"all voxels miss the model in a similar way ({shared:.0%} of their residuals): "
            "input, gain, motion or model are not what they are taken for"
        )


def _enhancing(seen: GuidedExam) -> np.ndarray:
    return seen.usable & (seen.base[:, 0] > np.log1p(_ENHANCING / FLOORS[KTRANS.name]))


def _fit_error(exam: Exam, seen: GuidedExam) -> float:
    """Median relative error of the fit's ktrans, T1's included, where there is uptake.

    Without what all voxels share and none can mend: the errors of arterial input and B1.
    """
    spread = seen.spread[_enhancing(seen), 0]
    found = np.sqrt(np.maximum(np.square(spread) - shared_error(exam) ** 2, 0))
    return float(np.median(found)) if found.size else float("nan")


def _has_plasma(seen: GuidedExam) -> bool:
    shares = seen.share_of_extended[_enhancing(seen)]
    return bool(shares.size and np.median(shares) > 0.5)


def _told(maps: ParameterMaps, chosen: str, why: tuple[str, ...]) -> ParameterMaps:
    """The maps, saying what chose their estimator."""
    said = f"--estimator {BEST} chose {chosen}: {'; '.join(why)}."
    before = maps.settings.get("remarks", ())
    assert isinstance(before, tuple)
    settings = {**maps.settings, BEST: {"chosen": chosen, "why": list(why)}}
    return replace(maps, settings=settings | {"remarks": (said, *before)})
