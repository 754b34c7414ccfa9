"""Estimators: examination in, parameter maps out."""
