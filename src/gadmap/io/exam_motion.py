"""Traces of motion in the records of an examination."""

from typing import Any

import numpy as np
from jaxtyping import Float

from gadmap.data import Motion
from gadmap.io.records import ExamRecord


def motion_record(motion: Motion | None) -> dict[str, Any]:
    """Entries of a record; `motion_of` makes the same motion of them."""
    if motion is None:
        return {"motion_mm": None}
    return {
        "motion_mm": motion.displacement,
        "motion_corrected": motion.corrected.tolist(),
        "motion_shifts_mm": motion.shifts,
        "motion_rotations_rad": motion.rotations,
    }


def motion_of(record: ExamRecord) -> Motion | None:
    """Motion that a record holds; None where it was not corrected.

    Records of before the six parameters were kept hold the mean displacement alone, and every
    frame had been moved then.

    Raises
    ------
    ValueError
        If the traces do not fit together.
    """
    if record.motion_mm is None:
        return None
    displacement = np.array(record.motion_mm, dtype=np.float64)
    corrected = record.motion_corrected or [True] * displacement.size
    return Motion(
        displacement=displacement,
        corrected=np.array(corrected, dtype=bool),
        shifts=_axes(record.motion_shifts_mm),
        rotations=_axes(record.motion_rotations_rad),
    )


def _axes(trace: list[list[float]] | None) -> Float[np.ndarray, "time 3"] | None:
    return None if trace is None else np.array(trace, dtype=np.float64)
