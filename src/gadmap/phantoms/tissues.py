"""What the phantom is made of: native T1, protons and kinetics of each tissue at 1.5 T.

Proton densities are relative to water and hold the decay by T2* at the short echo time. Kinetics
are those of the standard Tofts model, which is the phantom's truth: normal brain, whose barrier
hardly leaks, carries the small apparent values that this model finds where a few percent of
plasma enhance. Where no source is named, the value was chosen to give the usual appearance.

References
----------
Rooney et al., Magn Reson Med 2007;57:308-318: T1 of grey and white matter and CSF.
Stanisz et al., Magn Reson Med 2005;54:507-512: T1 of blood and muscle.
de Bazelaire et al., Radiology 2004;230:652-659: T1 of subcutaneous fat and bone marrow.
Richard et al., J Invest Dermatol 1991;97:120-125: T1 of skin.
Just and Thelen, Radiology 1988;169:779-785: T1 of brain tumours and oedema at 1.5 T.
Tofts (ed.), Quantitative MRI of the Brain, Wiley 2003, ch. 4: proton density.
Patankar et al., AJNR 2005;26:2455-2465: ktrans of gliomas.
Larsson et al., J Magn Reson Imaging 2008;27:754-762: blood volume of normal brain, which the
    Tofts model reads as ve.
Padhani et al., NMR Biomed 2002;15:143-153: ktrans and ve of muscle.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Tissue:
    """A tissue's properties and how they vary from place to place.

    Attributes
    ----------
    name
        The word in labels and legends.
    t10
        Native T1 [s].
    protons
        Proton density relative to water.
    ktrans, ve
        Tofts parameters [1/min, fraction]; both 0 where the agent never comes.
    t10_spread, ktrans_spread, ve_spread
        Standard deviation of the logarithm over the tissue; extremes lie 2.5 of these out.
    lesion
        True where the texture is the fine one of the tumour.
    """

    name: str
    t10: float
    protons: float
    ktrans: float = 0.0
    ve: float = 0.0
    t10_spread: float = 0.0
    ktrans_spread: float = 0.0
    ve_spread: float = 0.0
    lesion: bool = False


AIR = Tissue(name="air", t10=1.0, protons=0.0)
SKIN = Tissue(
    name="skin", t10=0.87, protons=0.65, ktrans=0.05, ve=0.25, ktrans_spread=0.2, ve_spread=0.08
)
FAT = Tissue(
    name="fat",
    t10=0.343,
    protons=0.75,
    ktrans=0.015,
    ve=0.06,
    t10_spread=0.03,
    ktrans_spread=0.2,
    ve_spread=0.1,
)
MUSCLE = Tissue(
    name="muscle",
    t10=1.008,
    protons=0.72,
    ktrans=0.07,
    ve=0.11,
    t10_spread=0.03,
    ktrans_spread=0.15,
    ve_spread=0.08,
)
BONE = Tissue(name="bone", t10=0.4, protons=0.03)
MARROW = Tissue(
    name="marrow", t10=0.549, protons=0.45, ktrans=0.03, ve=0.12, ktrans_spread=0.2, ve_spread=0.1
)
CSF = Tissue(name="csf", t10=4.07, protons=1.0)
GREY = Tissue(
    name="grey matter",
    t10=1.188,
    protons=0.82,
    ktrans=0.007,
    ve=0.035,
    t10_spread=0.025,
    ktrans_spread=0.2,
    ve_spread=0.12,
)
WHITE = Tissue(
    name="white matter",
    t10=0.656,
    protons=0.7,
    ktrans=0.004,
    ve=0.02,
    t10_spread=0.025,
    ktrans_spread=0.25,
    ve_spread=0.12,
)
OEDEMA = Tissue(
    name="oedema",
    t10=1.3,
    protons=0.82,
    ktrans=0.012,
    ve=0.1,
    t10_spread=0.04,
    ktrans_spread=0.2,
    ve_spread=0.12,
    lesion=True,
)
RIM = Tissue(
    name="tumour rim",
    t10=1.4,
    protons=0.83,
    ktrans=0.19,
    ve=0.33,
    t10_spread=0.05,
    ktrans_spread=0.24,
    ve_spread=0.16,
    lesion=True,
)
CORE = Tissue(
    name="necrotic core",
    t10=2.2,
    protons=0.92,
    ktrans=0.01,
    ve=0.3,
    t10_spread=0.05,
    ktrans_spread=0.27,
    ve_spread=0.12,
    lesion=True,
)
BLOOD = Tissue(name="blood", t10=1.441, protons=0.85)

TISSUES = (
    AIR, SKIN, FAT, MUSCLE, BONE, MARROW, CSF, GREY, WHITE, OEDEMA, RIM, CORE, BLOOD,
)  # fmt: skip
LABEL = {tissue.name: label for label, tissue in enumerate(TISSUES)}
