"""Exact least squares for many curves at once."""

from gadmap.fitting.choice import choose_models
from gadmap.fitting.curves import fit_curves

__all__ = ["choose_models", "fit_curves"]
