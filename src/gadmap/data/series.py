"""Signal as it was acquired: the dynamic series and the flip-angle volumes for T1."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from gadmap.data.acquisition import Acquisition
from gadmap.data.frozen import freeze, require_rising

MIN_FRAMES = 4


@dataclass(frozen=True, eq=False, kw_only=True)
class DceSeries:
    """A dynamic series of magnitude images.

    Attributes
    ----------
    signal
        Magnitude signal [a.u.], time last.
    t
        Time of each frame [s], rising, need not be even nor start at 0.
    affine
        Voxel index to patient millimetres, RAS+ as in NIfTI.
    acquisition
        Settings of the dynamic frames.
    time_source
        Where `t` came from, for the report: "TriggerTime (0018,1060)", "FrameTimesStart".
    description
        What the files call the series; never a patient's name.
    relaxivity
        r1 of the contrast agent [1/s per mmol/L] if the files tell it.
    hct
        Haematocrit if the files tell it.
    injection_frame
        Index of the first frame after the injection, if the files tell it.
    notes
        Remarks of the reader on what was skipped or read in an unusual way.
    skipped
        Names of the files that were skipped, for the console only: they may name the patient.

    Raises
    ------
    ValueError
        If there are fewer than four frames or the times do not rise or do not match the frames.
    """

    signal: Float[np.ndarray, "x y z time"]
    t: Float[np.ndarray, " time"]
    affine: Float[np.ndarray, "4 4"]
    acquisition: Acquisition
    time_source: str
    description: str = ""
    relaxivity: float | None = None
    hct: float | None = None
    injection_frame: int | None = None
    notes: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        frames = self.signal.shape[-1]
        if frames != self.t.size:
            raise ValueError(f"{frames} frames but {self.t.size} times; is the series cut short?")
        if frames < MIN_FRAMES:
            raise ValueError(
                f"{frames} frames; expected at least {MIN_FRAMES}. Is this a dynamic series?"
            )
        require_rising(self.t, "dynamic series")
        freeze(self, "signal", "t", "affine")

    @property
    def grid(self) -> tuple[int, int, int]:
        """Number of voxels along x, y, z."""
        x, y, z = self.signal.shape[:3]
        return x, y, z

    def _repr_html_(self) -> str:
        from gadmap.data.plots import series_html

        return series_html(self)


@dataclass(frozen=True, eq=False, kw_only=True)
class FlipAngleSeries:
    """Volumes of one spoiled gradient echo at several flip angles, for T1.

    Attributes
    ----------
    signal
        Magnitude signal [a.u.], one volume a flip angle, on the dynamic series' grid.
    acquisitions
        Settings of each volume.
    affine
        Voxel index to patient millimetres, RAS+ as in NIfTI.

    Raises
    ------
    ValueError
        If there are fewer than two different flip angles, or two volumes are identical.
    """

    signal: Float[np.ndarray, "x y z flip"]
    acquisitions: tuple[Acquisition, ...]
    affine: Float[np.ndarray, "4 4"]

    def __post_init__(self) -> None:
        volumes = self.signal.shape[-1]
        if volumes != len(self.acquisitions):
            raise ValueError(f"{volumes} flip-angle volumes but {len(self.acquisitions)} settings")
        angles = [acquisition.flip_angle for acquisition in self.acquisitions]
        if len(set(angles)) < 2:
            raise ValueError(
                f"{len(set(angles))} different flip angle; T1 needs at least two. "
                "Is a flip angle missing from a sidecar or header?"
            )
        for i in range(volumes):
            for j in range(i):
                if np.array_equal(self.signal[..., i], self.signal[..., j]):
                    raise ValueError(
                        f"the flip-angle volumes of {np.degrees(angles[j]):.3g} and "
                        f"{np.degrees(angles[i]):.3g} degrees hold the same samples; "
                        "was one file copied over the other?"
                    )
        freeze(self, "signal", "affine")
