"""How patients differ: the ranges that their values are drawn from.

References
----------
Patankar et al., AJNR 2005;26:2455-2465; Haroon et al., Invest Radiol 2004;39:703-712: ktrans and
    ve of gliomas of all grades span more than a decade.
Just and Thelen, Radiology 1988;169:779-785: T1 of tumours overlap widely.
Parker et al., Magn Reson Med 2006;56:993-1000: spread of arterial curves between patients.
Rooney et al., Magn Reson Med 2007;57:308-318: T1 from 0.2 to 7 T.
"""

from dataclasses import dataclass, replace
from math import radians

from gadmap.phantoms.ranges import LogUniform, Range, Uniform


@dataclass(frozen=True, kw_only=True)
class Priors:
    """Ranges of a cohort.

    Attributes
    ----------
    name
        The word on the command line and in files.
    tr, flip_angle
        Of the dynamic frames [s, rad].
    baseline_frames
        First and last number of frames before the contrast agent arrives.
    lead
        Frames by which the agent arrives before the first enhanced frame.
    dose, cardiac_output, washout, dispersion, hct
        Of the arterial curve, as in `Case`.
    field_t10
        Factor of the native T1 of all tissues but blood together, as of another field strength.
    t10, protons, ktrans, ve
        Factors of each normal tissue by itself.
    lesion_t10
        Factor of the native T1 of oedema, rim and core, each by itself.
    rim_ktrans, rim_ve, core_ve, oedema_ktrans, oedema_ve
        Values in the tumour [1/min, fraction].
    core_ktrans
        Of the core, over that of the rim.
    lesion_spread
        Factor of the spreads of ktrans and ve within the tumour.
    head_size
        Of the whole head.
    head_shape
        Factor of its size along each axis.
    head_turn
        Angle about each axis [rad].
    level
        Shift of the volume along z [mm].
    bends
        Factor of the deformations of the brain.
    tumour_radius, tumour_oedema
        [mm].
    tumour_rim
        Mean thickness of the rim in tumour radii, but no less than 2.5 mm.
    lobes
        Fewest and most balls that the tumour is made of.
    b1, b1_spread, coil_spread
        Of the transmit and receive fields, as in `Case`.
    drift, drift_angle
        Of the head [mm, rad].
    jumps
        Fewest and most sudden movements.
    point_spread
        [pixels].
    snr
        Brain's signal before contrast over the noise.
    """

    name: str
    tr: Range
    flip_angle: Range
    baseline_frames: tuple[int, int]
    lead: Range
    dose: Range
    cardiac_output: Range
    washout: Range
    dispersion: Range
    hct: Range
    field_t10: Range
    t10: Range
    protons: Range
    ktrans: Range
    ve: Range
    lesion_t10: Range
    rim_ktrans: Range
    rim_ve: Range
    core_ktrans: Range
    core_ve: Range
    oedema_ktrans: Range
    oedema_ve: Range
    lesion_spread: Range
    head_size: Range
    head_shape: Range
    head_turn: Range
    level: Range
    bends: Range
    tumour_radius: Range
    tumour_rim: Range
    tumour_oedema: Range
    lobes: tuple[int, int]
    b1: Range
    b1_spread: Range
    coil_spread: Range
    drift: Range
    drift_angle: Range
    jumps: tuple[int, int]
    point_spread: Range
    snr: Range


RIDER = Priors(
    name="rider",
    tr=Uniform(4.43e-3, 4.43e-3),
    flip_angle=Uniform(radians(25), radians(25)),
    baseline_frames=(6, 10),
    lead=Uniform(0.75, 0.98),
    dose=Uniform(0.75, 1.25),
    cardiac_output=LogUniform(0.75, 1.3),
    washout=LogUniform(0.6, 1.6),
    dispersion=Uniform(4.0, 9.0),
    hct=Uniform(0.36, 0.48),
    field_t10=Uniform(0.97, 1.03),
    t10=Uniform(0.93, 1.07),
    protons=Uniform(0.97, 1.03),
    ktrans=LogUniform(0.6, 1.7),
    ve=LogUniform(0.7, 1.4),
    lesion_t10=Uniform(0.82, 1.22),
    rim_ktrans=LogUniform(0.05, 0.5),
    rim_ve=Uniform(0.15, 0.55),
    core_ktrans=LogUniform(0.02, 0.15),
    core_ve=Uniform(0.1, 0.45),
    oedema_ktrans=LogUniform(0.005, 0.03),
    oedema_ve=Uniform(0.05, 0.2),
    lesion_spread=Uniform(0.7, 1.25),
    head_size=Uniform(0.94, 1.06),
    head_shape=Uniform(0.97, 1.03),
    head_turn=Uniform(-radians(7), radians(7)),
    level=Uniform(-8.0, 8.0),
    bends=Uniform(0.9, 1.8),
    tumour_radius=Uniform(11.0, 23.0),
    tumour_rim=Uniform(0.2, 0.38),
    tumour_oedema=Uniform(5.0, 14.0),
    lobes=(2, 4),
    b1=Uniform(0.97, 1.03),
    b1_spread=Uniform(0.02, 0.048),
    coil_spread=Uniform(0.03, 0.12),
    drift=Uniform(0.1, 0.4),
    drift_angle=Uniform(radians(0.1), radians(0.4)),
    jumps=(0, 3),
    point_spread=Uniform(0.7, 1.0),
    snr=LogUniform(15.0, 40.0),
)
"""Patients like those of RIDER NEURO: one protocol, gliomas of every grade."""

WIDE = replace(
    RIDER,
    name="wide",
    tr=Uniform(3.8e-3, 5.2e-3),
    flip_angle=Uniform(radians(20), radians(30)),
    lead=Uniform(0.4, 0.98),
    dose=LogUniform(0.5, 1.5),
    cardiac_output=LogUniform(0.6, 1.6),
    washout=LogUniform(0.4, 2.5),
    dispersion=Uniform(2.0, 12.0),
    hct=Uniform(0.32, 0.52),
    field_t10=LogUniform(0.85, 1.5),
    t10=Uniform(0.85, 1.15),
    protons=Uniform(0.93, 1.07),
    ktrans=LogUniform(0.35, 3.0),
    ve=LogUniform(0.5, 2.0),
    lesion_t10=Uniform(0.7, 1.35),
    rim_ktrans=LogUniform(0.02, 1.0),
    rim_ve=Uniform(0.08, 0.55),
    core_ktrans=LogUniform(0.01, 0.6),
    core_ve=Uniform(0.05, 0.6),
    oedema_ktrans=LogUniform(0.003, 0.05),
    oedema_ve=Uniform(0.03, 0.3),
    lesion_spread=Uniform(0.5, 1.3),
    bends=Uniform(0.8, 2.2),
    tumour_radius=Uniform(8.0, 26.0),
    tumour_rim=Uniform(0.15, 0.45),
    tumour_oedema=Uniform(2.0, 18.0),
    lobes=(1, 5),
    b1=Uniform(0.95, 1.05),
    b1_spread=Uniform(0.01, 0.04),
    coil_spread=Uniform(0.0, 0.2),
    drift=Uniform(0.0, 0.5),
    drift_angle=Uniform(0.0, radians(0.5)),
    jumps=(0, 3),
    point_spread=Uniform(0.5, 1.3),
    snr=LogUniform(8.0, 80.0),
)
"""Wider than any one protocol, to train networks on that are to meet other scanners' data."""

PRIORS = {priors.name: priors for priors in (RIDER, WIDE)}
