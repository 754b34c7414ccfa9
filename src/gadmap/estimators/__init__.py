"""Estimators: examination in, parameter maps out."""

from gadmap.estimators.choice import ModelChoice
from gadmap.estimators.descriptors import Descriptors, describe_curves
from gadmap.estimators.estimator import Estimator
from gadmap.estimators.least_squares import LeastSquares
from gadmap.estimators.linear_least_squares import LINEAR, LinearLeastSquares
from gadmap.estimators.named import (
    named_estimator,
    needs_arterial_input,
    needs_concentration,
    on_device,
    require_no_arterial_input,
    watched,
    works_by_slab,
)
from gadmap.estimators.network import NetworkEstimator
from gadmap.estimators.network_input import NetworkInput, network_input
from gadmap.estimators.reference_region import (
    REFERENCE_REGION,
    ReferenceRegionFit,
    reference_curve,
)
from gadmap.estimators.signal_fit import SIGNAL_FIT, SignalFit

__all__ = [
    "LINEAR",
    "REFERENCE_REGION",
    "SIGNAL_FIT",
    "Descriptors",
    "Estimator",
    "LeastSquares",
    "LinearLeastSquares",
    "ModelChoice",
    "NetworkEstimator",
    "NetworkInput",
    "ReferenceRegionFit",
    "SignalFit",
    "describe_curves",
    "named_estimator",
    "needs_arterial_input",
    "needs_concentration",
    "network_input",
    "on_device",
    "reference_curve",
    "require_no_arterial_input",
    "watched",
    "works_by_slab",
]
