"""Exact least squares for many curves at once; and linear least squares, to compare with."""

from gadmap.fitting.curves import fit_curves
from gadmap.fitting.linear import fit_linear

__all__ = ["fit_curves", "fit_linear"]
