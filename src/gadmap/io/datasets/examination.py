"""One examination of a public dataset: found quickly, looked into and read when asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import degrees
from pathlib import Path

from gadmap.data import DceSeries, FlipAngleSeries
from gadmap.io.dicom import dynamic_series, flip_angle_series
from gadmap.io.dicom_folder import DicomFolder, open_dicom
from gadmap.io.dicom_plan import DynamicPlan, VolumePlan, dynamic_plan, flip_angle_plan
from gadmap.io.dicom_series import DicomSeries
from gadmap.io.dicom_stack import columns_of
from gadmap.io.grid import times, voxel_size


@dataclass(frozen=True, kw_only=True)
class SeriesPath:
    """A folder of one series, and what its scanner calls it: "perfusion"."""

    path: Path
    description: str


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What the headers of an examination tell.

    Attributes
    ----------
    patient, visit
        Of the examination.
    summary
        Frames, grid and settings; empty where it cannot be read.
    problem
        Why it cannot be read; empty where it can.
    """

    patient: str
    visit: int
    summary: str = ""
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Examination:
    """One patient's visit.

    It holds no name, number or date of the patient, but its paths may: they are for reading only,
    belong into no file and no message, and do not show when it is printed.

    Attributes
    ----------
    patient
        Running label, "rider-01": patients in the order of their PatientID.
    visit
        1 for the patient's first date.
    series
        Series among which the dynamic one and the flip-angle volumes are.
    problem
        Why it cannot be read, where one header a series tells that.
    edge_slices
        Slices at each end of the slab that are left out; `dataclasses.replace` changes it.
    """

    patient: str
    visit: int
    series: tuple[SeriesPath, ...] = field(default=(), repr=False)
    problem: str = ""
    edge_slices: int = 0

    @property
    def name(self) -> str:
        """Patient and visit, for messages and tables."""
        return f"{self.patient} visit {self.visit}"

    def read(self) -> tuple[DceSeries, FlipAngleSeries | None]:
        """The dynamic series, and the flip-angle volumes on its grid if there are some.

        Raises
        ------
        ValueError, OSError
            If it cannot be read; the message names the examination by its label.
        """
        try:
            folder = self._opened()
            dynamic = dynamic_series(folder)
            flips = flip_angle_series(folder, dynamic)
        except ValueError as error:
            raise ValueError(f"{self.name}: {self._told(error)}") from None
        except OSError as error:
            raise OSError(f"{self.name}: {self._told(error)}") from None
        return replace(dynamic, notes=(*dynamic.notes, *self._edge_note())), flips

    def inspect(self) -> Inspection:
        """What the headers tell, or why it cannot be read; no samples are read, nothing raised."""
        found = Inspection(patient=self.patient, visit=self.visit)
        try:
            folder = self._opened()
            plan = dynamic_plan(folder)
            flips = flip_angle_plan(folder, plan.whole, plan.acquisition.te)
        except (ValueError, OSError) as error:  # the reason is what this is asked for
            return replace(found, problem=self._told(error))
        return replace(found, summary=_summary(plan, flips))

    def _opened(self) -> DicomFolder:
        if self.problem:
            raise ValueError(self.problem)
        folder = open_dicom(
            *(one.path for one in self.series),
            name=self.name,
            parts=[f'"{one.description}"' for one in self.series],
        )
        return without_edges(folder, self.edge_slices)

    def _told(self, error: Exception) -> str:
        """The message without the label."""
        return str(error).removeprefix(f"{self.name}: ")

    def _edge_note(self) -> tuple[str, ...]:
        if not self.edge_slices:
            return ()
        ends = "slice" if self.edge_slices == 1 else f"{self.edge_slices} slices"
        return (f"left out the {ends} at each end of the slab, where its edges wrap",)


def without_edges(folder: DicomFolder, count: int) -> DicomFolder:
    """The folder without `count` slices at each end of every series: they are never read."""
    if count == 0:
        return folder
    return replace(folder, series=tuple(_inner(one, count) for one in folder.series))


def _inner(series: DicomSeries, count: int) -> DicomSeries:
    if series.obstacle:
        return series
    columns = columns_of(series.slices)
    kept = columns[count : len(columns) - count]
    if not kept:
        return replace(series, obstacle=f"{len(columns)} slices, left out {count} at each end")
    return replace(series, slices=tuple(image for column in kept for image in column))


def _summary(plan: DynamicPlan, flips: Sequence[VolumePlan]) -> str:
    t, acquisition = plan.frames.t, plan.acquisition
    edges = " x ".join(f"{edge:.3g}" for edge in voxel_size(plan.whole.affine))
    angles = ", ".join(f"{degrees(flip.acquisition.flip_angle):.3g}" for flip in flips)
    te = "" if acquisition.te is None else f"TE {acquisition.te * 1e3:.3g} ms, "
    return (
        f"{t.size} frames every {(t[-1] - t[0]) / (t.size - 1):.3f} s by {plan.frames.source}, "
        f"{times(plan.whole.grid)} voxels of {edges} mm, TR {acquisition.tr * 1e3:.3g} ms, {te}"
        f"{degrees(acquisition.flip_angle):.3g} degrees; "
        + (f"flip angles {angles} degrees" if flips else "no flip-angle volumes: T1 is assumed")
    )
