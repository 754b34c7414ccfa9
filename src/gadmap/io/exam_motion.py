"""Traces of motion in the records of an examination."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gadmap.data import Motion


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


def motion_of(record: Mapping[str, Any]) -> Motion | None:
    """Motion that a record holds; None where it was not corrected.

    Records of before the six parameters were kept hold the mean displacement alone, and every
    frame had been moved then.

    Raises
    ------
    KeyError, TypeError, ValueError
        If the record is damaged.
    """
    displacement = record["motion_mm"]
    if displacement is None:
        return None
    displacement = np.array(displacement, dtype=np.float64)
    corrected = record.get("motion_corrected", [True] * displacement.size)
    shifts, rotations = (
        None if record.get(name) is None else np.array(record[name], dtype=np.float64)
        for name in ("motion_shifts_mm", "motion_rotations_rad")
    )
    return Motion(
        displacement=displacement,
        corrected=np.array(corrected, dtype=bool),
        shifts=shifts,
        rotations=rotations,
    )
