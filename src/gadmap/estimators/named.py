"""Estimators by name."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gadmap.estimators.best import BEST, BestEstimator
from gadmap.estimators.choice import ModelChoice
from gadmap.estimators.descriptors import DESCRIPTORS, Descriptors
from gadmap.estimators.estimator import Estimator
from gadmap.estimators.guided import GuidedEstimator
from gadmap.estimators.least_squares import LeastSquares
from gadmap.estimators.linear_least_squares import LINEAR, LinearLeastSquares
from gadmap.estimators.network import NetworkEstimator
from gadmap.estimators.reference_region import REFERENCE_REGION, ReferenceRegionFit
from gadmap.estimators.signal_fit import SignalFit
from gadmap.networks import NETWORKS
from gadmap.networks.guided_file import GUIDED_NETWORK, is_guided, read_guided
from gadmap.networks.shipped import SUFFIX, shipped_weights, trained_guided, trained_network
from gadmap.physics.device import CPU, require_device
from gadmap.physics.kinetics import KINETIC_MODELS


def named_estimator(which: str | Path | Estimator) -> Estimator:
    """The estimator that is meant by a name or a file; an estimator means itself.

    Parameters
    ----------
    which
        A kinetic model, for least squares; a network, for its shipped weights; a .safetensors file
        of a network's weights; "best", to choose between exact fit and guided network;
        "descriptors", for areas, peak and slopes; "reference-region", for that model;
        "linear-least-squares", for that of the Tofts model.

    Raises
    ------
    FileNotFoundError
        If there is no such file of weights.
    ValueError
        If there is nothing of that name, or the weights cannot be used.
    """
    if not isinstance(which, str | Path):
        return which
    if which in KINETIC_MODELS:
        return LeastSquares(str(which))
    if which == LINEAR:
        return LinearLeastSquares()
    if which == DESCRIPTORS:
        return Descriptors()
    if which == REFERENCE_REGION:
        return ReferenceRegionFit()
    if which == BEST:
        return BestEstimator(trained_guided())
    if which == GUIDED_NETWORK:
        return GuidedEstimator(trained_guided())
    if str(which).endswith(SUFFIX) and is_guided(which):
        return GuidedEstimator(read_guided(which))
    if which in NETWORKS or str(which).endswith(SUFFIX):
        return NetworkEstimator(trained_network(which))
    raise ValueError(
        f"no estimator {str(which)!r}; there are the models {', '.join(KINETIC_MODELS)}, "
        f"{BEST}, {DESCRIPTORS}, {LINEAR}, {REFERENCE_REGION}, the networks "
        f"{', '.join(shipped_weights()) or '(none shipped)'}, and {SUFFIX} files"
    )


_BY_SLAB = (Descriptors, LeastSquares, LinearLeastSquares, ModelChoice, ReferenceRegionFit)
_WATCHED = (*_BY_SLAB, BestEstimator, GuidedEstimator, NetworkEstimator, SignalFit)


def watched(estimator: Estimator, progress: Callable[[int, int], None] | None) -> Estimator:
    """The estimator, telling its progress where it can and is not yet asked to."""
    known = isinstance(estimator, _WATCHED)
    if progress is None or not known or estimator.progress is not None:
        return estimator
    return replace(estimator, progress=progress)


def on_device(estimator: Estimator, device: str) -> Estimator:
    """The estimator, computing there: least squares, or the network with its weights.

    Raises
    ------
    ValueError
        If torch cannot compute there, or the estimator is not one of these.
    """
    require_device(device)
    match estimator:
        case LeastSquares() | ModelChoice() | ReferenceRegionFit():
            return replace(estimator, device=device)
        case BestEstimator() | GuidedEstimator() | NetworkEstimator():
            estimator.trained.module.to(device)
            return estimator
    raise ValueError(f"{type(estimator).__name__} cannot be told where to compute; expected {CPU}")


def needs_concentration(estimator: Estimator) -> bool:
    """Whether T1 and arterial input enter; true of an estimator that does not say."""
    return bool(getattr(estimator, "needs_concentration", True))


def needs_arterial_input(estimator: Estimator) -> bool:
    """Whether an arterial input enters; as T1 does, of an estimator that does not say."""
    return bool(getattr(estimator, "needs_arterial_input", needs_concentration(estimator)))


def works_by_slab(estimator: Estimator) -> bool:
    """Whether it holds a few voxels' curves at a time, so that memory can be limited."""
    return isinstance(estimator, _BY_SLAB)


def require_no_arterial_input(estimator: Estimator) -> None:
    """Raise ValueError if the estimator needs the arterial input that was declined."""
    if needs_arterial_input(estimator):
        raise ValueError(
            "aif is 'none', but this estimator needs an arterial input; expected auto, a "
            "population, a curve or a mask. Only networks, descriptors and reference-region do "
            "without"
        )
