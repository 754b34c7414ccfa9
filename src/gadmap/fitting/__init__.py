"""Exact least squares for many curves at once."""

from gadmap.fitting.curves import fit_curves

__all__ = ["fit_curves"]
