"""The choices that make one phantom; the defaults are those of the demonstration."""

from dataclasses import dataclass
from math import exp, isfinite, radians

from gadmap.phantoms.fields import LIMIT
from gadmap.phantoms.tissues import TISSUES, Tissue

_FINEST_MM = 1.0

Place = tuple[float, float, float]
"""Along x, y, z [mm]."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """Everything a phantom depends on. Positions are MNI millimetres, x to the patient's right.

    Attributes
    ----------
    seed
        Of the individual anatomy, the texture, the fields, the motion and the noise.
    visit
        From 0; the same patient on another day has other motion and noise, and all else the same.
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
    dose
        Scale of the population's arterial curve.
    cardiac_output
        How many times faster than the population's the bolus passes and comes again.
    washout
        How many times faster the arterial curve's tail falls.
    dispersion
        Mean transit time [s] by which the arterial curve is spread on its way.
    lead
        Frames by which the agent arrives before the first enhanced frame, below 1.
    tissues
        What the head is made of: `TISSUES`, in that order, with this patient's values.
    head_size
        Of the head along x, y and z, relative to the average.
    head_turn
        Angles [rad] by which the head is turned about x, y and z.
    bends
        Standard deviation [mm] of the coarse and the fine deformation of the brain.
    tumour_centre, tumour_radius
        [mm].
    tumour_lobes
        Balls that the tumour is made of: offset from its centre and radius, in tumour radii.
    tumour_rim
        Mean thickness of the enhancing rim [mm].
    tumour_oedema
        Mean reach of the oedema [mm].
    b1, b1_spread
        Mean of the actual over the nominal flip angle, and standard deviation over the head.
    coil_spread
        Standard deviation of the logarithm of the receive sensitivity.
    drift, drift_angle
        Standard deviation of the head's shifts [mm] and rotations [rad] at the end of the series;
        it starts at rest.
    jumps
        Sudden movements, each of about half the whole drift.
    point_spread
        Full width at half maximum of the in-plane point spread [pixels]; 0 for none.
    snr
        Signal of normal brain before contrast over the noise's standard deviation; infinite for
        no noise.

    Raises
    ------
    ValueError
        If there is no voxel, too few frames, no noise level, other tissues or an impossible value.
    """

    seed: int = 0
    visit: int = 0
    matrix: int = 256
    slices: int = 16
    frames: int = 65
    frame_step: float = 4.762
    baseline_frames: int = 8
    field_of_view: float = 256.0
    slice_thickness: float = 5.0
    centre: Place = (0.0, -18.0, 20.0)
    tr: float = 4.43e-3
    te: float = 1.3e-3
    flip_angle: float = radians(25)
    vfa_flip_angles: tuple[float, ...] = tuple(radians(a) for a in (5, 10, 15, 20, 25, 30))
    field_strength: float = 1.5
    relaxivity: float = 4.5
    hct: float = 0.42
    dose: float = 1.0
    cardiac_output: float = 1.0
    washout: float = 1.0
    dispersion: float = 6.0
    lead: float = 0.98
    tissues: tuple[Tissue, ...] = TISSUES
    head_size: tuple[float, float, float] = (1.0, 1.0, 1.0)
    head_turn: tuple[float, float, float] = (0.0, 0.0, 0.0)
    bends: tuple[float, float] = (1.6, 0.9)
    tumour_centre: Place = (31.0, 4.0, 24.0)
    tumour_radius: float = 18.0
    tumour_lobes: tuple[tuple[Place, float], ...] = (
        ((0.0, 0.0, 0.0), 1.0),
        ((-0.25, 0.75, 0.3), 0.72),
        ((0.3, -0.7, -0.35), 0.66),
    )
    tumour_rim: float = 4.6
    tumour_oedema: float = 9.0
    b1: float = 1.0
    b1_spread: float = 0.0
    coil_spread: float = 0.05
    drift: float = 0.0
    drift_angle: float = 0.0
    jumps: int = 0
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
        self._require_positive("dose", "cardiac_output", "washout", "tumour_radius", "b1")
        if not 0 <= self.lead < 1:
            raise ValueError(f"lead is {self.lead:g} frames; expected 0 to 1, without 1")
        if self.b1 - LIMIT * self.b1_spread <= 0:
            raise ValueError(
                f"b1 is {self.b1:g} with a spread of {self.b1_spread:g}, which comes down to 0; "
                "expected a smaller spread"
            )
        self._require_tissues()

    def _require_positive(self, *names: str) -> None:
        for name in names:
            if not (isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise ValueError(f"{name} is {getattr(self, name):g}; expected more than 0")

    def _require_tissues(self) -> None:
        names = [tissue.name for tissue in self.tissues]
        if names != [tissue.name for tissue in TISSUES]:
            raise ValueError(f"tissues are {', '.join(names)}; expected those of TISSUES, in order")
        for tissue in self.tissues:
            highest = tissue.ve * exp(LIMIT * tissue.ve_spread)
            if highest > 1:
                raise ValueError(
                    f"ve of {tissue.name} comes up to {highest:.3g} with its spread; "
                    "expected a fraction, 0 to 1"
                )

    @property
    def voxel_size(self) -> tuple[float, float, float]:
        """Voxel size along x, y, z [mm]."""
        pixel = self.field_of_view / self.matrix
        return pixel, pixel, self.slice_thickness

    @property
    def fine_step(self) -> float:
        """Size [mm] of the samples whose mean a voxel is: 1 mm, or half a large pixel."""
        return max(_FINEST_MM, self.voxel_size[0] / 2)
