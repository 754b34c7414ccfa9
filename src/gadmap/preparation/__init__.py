"""From a dynamic series to a complete examination: T1, arterial input, mask, motion."""

from gadmap.preparation.mask import foreground
from gadmap.preparation.prepare import prepare
from gadmap.preparation.t10 import flip_angle_t10

__all__ = ["flip_angle_t10", "foreground", "prepare"]
