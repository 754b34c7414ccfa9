"""Exact least squares for many curves at once; and linear least squares, to compare with."""

from gadmap.fitting.choice import choose_models
from gadmap.fitting.curves import fit_curves
from gadmap.fitting.linear import fit_linear

__all__ = ["choose_models", "fit_curves", "fit_linear"]
