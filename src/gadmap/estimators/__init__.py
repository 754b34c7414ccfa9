"""Estimators: examination in, parameter maps out."""

from gadmap.estimators.estimator import Estimator
from gadmap.estimators.least_squares import LeastSquares

__all__ = ["Estimator", "LeastSquares"]
