"""Where the body was in every frame."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from gadmap.data.frozen import freeze


@dataclass(frozen=True, eq=False, kw_only=True)
class Motion:
    """Rigid motion of the body, frame by frame, against its mean before contrast.

    Attributes
    ----------
    displacement
        Mean over the body [mm].
    corrected
        True where the frame was moved back; a frame that moved less than can be measured stays as
        it was acquired.
    shifts
        Of the body's centre along the grid's axes [mm]; None in results that kept the mean alone.
    rotations
        Angles about the grid's axes through that centre [rad], of Rz Rx Ry; None likewise.

    Raises
    ------
    ValueError
        If the traces are not of the same frames.
    """

    displacement: Float[np.ndarray, " time"]
    corrected: Bool[np.ndarray, " time"]
    shifts: Float[np.ndarray, "time 3"] | None = None
    rotations: Float[np.ndarray, "time 3"] | None = None

    def __post_init__(self) -> None:
        frames = self.displacement.shape
        traces = (self.shifts, self.rotations)
        whole = all(trace is None or trace.shape == (*frames, 3) for trace in traces)
        if self.corrected.shape != frames or not whole:
            raise ValueError(
                f"motion: displacements of {frames[0]} frames, but other traces of another shape; "
                "expected three shifts and three rotations a frame. Are two examinations mixed?"
            )
        freeze(self, "displacement", "corrected")
        freeze(self, *(name for name in ("shifts", "rotations") if getattr(self, name) is not None))
