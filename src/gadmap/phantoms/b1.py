"""The transmit field: actual over nominal flip angle."""

import numpy as np
from jaxtyping import Float

from gadmap.phantoms.case import Case
from gadmap.phantoms.fields import smooth_field
from gadmap.phantoms.sampling import voxel_centres
from gadmap.phantoms.streams import stream_of

_STRUCTURE_MM = 90.0


def b1_map(case: Case) -> Float[np.ndarray, "x y z"]:
    """Actual over nominal flip angle in every voxel: smooth over the head, 1 by default."""
    field = smooth_field(stream_of(case.seed, "b1"), _STRUCTURE_MM)
    return (case.b1 + case.b1_spread * field.on(*voxel_centres(case))).astype(np.float32)
