"""The choices that make one phantom; the defaults are those of the demonstration."""

from dataclasses import dataclass
from math import isfinite, radians

_FINEST_MM = 1.0


@dataclass(frozen=True, kw_only=True)
class Case:
    """Everything a phantom depends on. Positions are MNI millimetres, x to the patient's right.

    Attributes
    ----------
    seed
        Of the individual anatomy, the texture and the noise.
    matrix
        Voxels along x and y; they share `field_of_view`, so fewer are larger.
    slices
        Slices of `slice_thickness`, around `centre`.
    frames, frame_step
        Number of dynamic frames and their distance [s].
    baseline_frames
        Frames before the contrast agent arrives.
    field_of_view, slice_thickness
        [mm].
    centre
        Centre of the volume [mm].
    tr, te
        Repetition and echo time [s] of all volumes.
    flip_angle
        Of the dynamic frames [rad].
    vfa_flip_angles
        Of the volumes for T1 [rad].
    field_strength
        [T]; the tissues' T1 are those of 1.5 T.
    relaxivity
        [1/s per mmol/L].
    hct
        Haematocrit.
    dispersion
        Mean transit time [s] by which the population's arterial curve is spread on its way.
    tumour_centre, tumour_radius
        [mm].
    point_spread
        Full width at half maximum of the in-plane point spread [pixels]; 0 for none.
    snr
        Signal of normal brain before contrast over the noise's standard deviation; infinite for
        no noise.

    Raises
    ------
    ValueError
        If there is no voxel, too few frames or no noise level.
    """

    seed: int = 0
    matrix: int = 256
    slices: int = 16
    frames: int = 65
    frame_step: float = 4.762
    baseline_frames: int = 8
    field_of_view: float = 256.0
    slice_thickness: float = 5.0
    centre: tuple[float, float, float] = (0.0, -18.0, 20.0)
    tr: float = 4.43e-3
    te: float = 1.3e-3
    flip_angle: float = radians(25)
    vfa_flip_angles: tuple[float, ...] = tuple(radians(a) for a in (5, 10, 15, 20, 25, 30))
    field_strength: float = 1.5
    relaxivity: float = 4.5
    hct: float = 0.42
    dispersion: float = 6.0
    tumour_centre: tuple[float, float, float] = (31.0, 4.0, 24.0)
    tumour_radius: float = 18.0
    point_spread: float = 0.8
    snr: float = 25.0

    def __post_init__(self) -> None:
        if self.matrix < 8 or self.slices < 1:
            raise ValueError(
                f"a grid of {self.matrix} x {self.matrix} x {self.slices} voxels; "
                "expected at least 8 x 8 x 1"
            )
        if self.frames <= self.baseline_frames:
            raise ValueError(
                f"{self.frames} frames of which {self.baseline_frames} come before the contrast "
                "agent; expected more frames"
            )
        if not self.snr > 0:
            raise ValueError(f"snr is {self.snr:g}; expected a number above 0, or infinity")
        if not (isfinite(self.point_spread) and self.point_spread >= 0):
            raise ValueError(f"point_spread is {self.point_spread:g} pixels; expected 0 or more")

    @property
    def voxel_size(self) -> tuple[float, float, float]:
        """Voxel size along x, y, z [mm]."""
        pixel = self.field_of_view / self.matrix
        return pixel, pixel, self.slice_thickness

    @property
    def fine_step(self) -> float:
        """Size [mm] of the samples whose mean a voxel is: 1 mm, or half a large pixel."""
        return max(_FINEST_MM, self.voxel_size[0] / 2)
