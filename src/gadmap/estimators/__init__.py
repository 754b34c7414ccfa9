"""Estimators: examination in, parameter maps out."""

from gadmap.estimators.choice import ModelChoice
from gadmap.estimators.estimator import Estimator
from gadmap.estimators.least_squares import LeastSquares
from gadmap.estimators.named import (
    named_estimator,
    needs_concentration,
    on_device,
    require_no_concentration,
    watched,
)
from gadmap.estimators.network import NetworkEstimator
from gadmap.estimators.network_input import NetworkInput, network_input
from gadmap.estimators.signal_fit import SignalFit

__all__ = [
    "Estimator",
    "LeastSquares",
    "ModelChoice",
    "NetworkEstimator",
    "NetworkInput",
    "SignalFit",
    "named_estimator",
    "needs_concentration",
    "network_input",
    "on_device",
    "require_no_concentration",
    "watched",
]
