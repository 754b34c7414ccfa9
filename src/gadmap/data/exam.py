"""A complete examination: everything that an estimator may need."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from gadmap.data.aif import Aif
from gadmap.data.frozen import freeze, require_shape
from gadmap.data.motion import Motion
from gadmap.data.reference import ReferenceRegion
from gadmap.data.series import DceSeries

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LARGEST_B1_ERROR = 0.5


@dataclass(frozen=True, eq=False, kw_only=True)
class Exam:
    """A dynamic series with T1, arterial input and mask. Nothing is filled in later.

    Attributes
    ----------
    series
        The dynamic series, motion-corrected where asked.
    t10
        Native T1 [s]; NaN where it could not be measured.
    t10_se
        Standard error of `t10` [s]; 0 where it was assumed or given without one.
    t10_source
        "6 flip angles", "assumed 1.4 s", a file's name.
    b1
        Actual over nominal flip angle; 1 where it was not measured.
    b1_source
        "assumed 1" or a file's name.
    b1_error
        Relative standard error of `b1`, shared by all voxels; 0 where it is taken as exact.
    aif
        Arterial plasma concentration on its own time grid, which spans the series'.
    mask
        Voxels to estimate.
    mask_source
        "auto", "none" or a file's name.
    baseline_frames
        Number of frames before the contrast agent arrives; they give the baseline signal.
    relaxivity
        r1 of the contrast agent [1/s per mmol/L].
    hct
        Haematocrit that turned blood into plasma.
    assumptions
        What was assumed rather than measured, one plain sentence each; console, JSON and report
        repeat them.
    motion
        Of every frame, as it was found and corrected; None where no correction was asked.
    arrival
        When the contrast agent arrives [s], on the clock of the series; None where no more is known
        than `baseline_frames`.
    reference
        A tissue whose curve may stand in the place of the arterial input; None for none.
    """

    series: DceSeries
    t10: Float[np.ndarray, "x y z"]
    t10_se: Float[np.ndarray, "x y z"]
    t10_source: str
    b1: Float[np.ndarray, "x y z"]
    b1_source: str
    aif: Aif
    mask: Bool[np.ndarray, "x y z"]
    mask_source: str
    baseline_frames: int
    relaxivity: float
    hct: float
    assumptions: tuple[str, ...] = field(default=())
    motion: Motion | None = None
    arrival: float | None = None
    reference: ReferenceRegion | None = None
    b1_error: float = 0.0

    def __post_init__(self) -> None:
        for name in ("t10", "t10_se", "b1", "mask"):
            require_shape(getattr(self, name), self.series.grid, name)
        if not 1 <= self.baseline_frames < self.series.t.size:
            raise ValueError(
                f"{self.baseline_frames} frames before the contrast agent arrives; expected at "
                "least 1. Did the acquisition start after the injection?"
            )
        first, last = self.series.t[self.baseline_frames - 1 : self.baseline_frames + 1]
        if self.arrival is not None and not first <= self.arrival <= last:
            raise ValueError(
                f"contrast arrives at {self.arrival:g} s; expected {first:g} to {last:g} s, after "
                f"{self.baseline_frames} frames. Is it on another clock?"
            )
        if self.motion is not None and self.motion.displacement.size != self.series.t.size:
            raise ValueError(
                f"motion of {self.motion.displacement.size} frames; expected "
                f"{self.series.t.size}, as the series has. Are two examinations mixed?"
            )
        if not 0 < self.relaxivity < 100:
            raise ValueError(
                f"relaxivity is {self.relaxivity:g} 1/s per mmol/L; expected 0 to 100. "
                "Was it given per mol?"
            )
        if not 0 <= self.hct < 1:
            raise ValueError(f"hct is {self.hct:g}; expected a fraction, 0 to 1. Is it in percent?")
        if not 0 <= self.b1_error <= _LARGEST_B1_ERROR:
            raise ValueError(
                f"the flip angles' relative error is {self.b1_error:g}; expected 0 to "
                f"{_LARGEST_B1_ERROR:g}. Is it in percent?"
            )
        if self.aif.t[0] > self.series.t[0] or self.aif.t[-1] < self.series.t[-1]:
            raise ValueError(
                f"arterial input spans {self.aif.t[0]:g} to {self.aif.t[-1]:g} s; the series "
                f"{self.series.t[0]:g} to {self.series.t[-1]:g} s. Is it cut short?"
            )
        freeze(self, "t10", "t10_se", "b1", "mask")

    def plot(self) -> "Figure":
        """A matplotlib figure: anatomy with mask and arterial voxels, input, signal, T1.

        Examples
        --------
        >>> exam.plot().savefig("exam.png")  # doctest: +SKIP
        """
        from gadmap.data.plots import exam_figure

        return exam_figure(self)

    def _repr_html_(self) -> str:
        from gadmap.data.plots import exam_html

        return exam_html(self)
