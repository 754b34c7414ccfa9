"""How a spoiled gradient-echo volume was acquired."""

from dataclasses import dataclass
from math import pi


@dataclass(frozen=True, kw_only=True)
class Acquisition:
    """Settings of a spoiled gradient-echo (SPGR, FLASH) acquisition.

    Attributes
    ----------
    tr
        Repetition time of the excitation [s].
    flip_angle
        Nominal flip angle [rad].
    te
        Echo time [s]; None where the files do not tell.
    field_strength
        Static field [T]; None where the files do not tell.

    Raises
    ------
    ValueError
        If `tr` or `flip_angle` has the size of another unit (ms, degrees).
    """

    tr: float
    flip_angle: float
    te: float | None = None
    field_strength: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.tr < 1:
            raise ValueError(f"tr is {self.tr:g} s; expected 0 < tr < 1 s. Is it in ms?")
        if not 0 < self.flip_angle <= pi / 2:
            raise ValueError(
                f"flip_angle is {self.flip_angle:g} rad; expected 0 to pi/2. Is it in degrees?"
            )
        if self.te is not None and not 0 <= self.te < 1:
            raise ValueError(f"te is {self.te:g} s; expected 0 to 1 s. Is it in ms?")
