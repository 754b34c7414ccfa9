"""DICOM folders to a dynamic series and flip-angle volumes."""

from collections.abc import Iterable

from gadmap.data import DceSeries, FlipAngleSeries
from gadmap.data.scratch import in_memory
from gadmap.io.dicom_folder import DicomFolder
from gadmap.io.dicom_pixels import read_signal
from gadmap.io.dicom_plan import (
    VolumePlan,
    dynamic_plan,
    flip_angle_plan,
    flip_angle_sets,
    volume_plans,
)
from gadmap.io.dicom_series import DicomSeries
from gadmap.io.flip_angles import FlipVolume, flip_series
from gadmap.io.room import Room


def dynamic_series(
    folder: DicomFolder,
    *,
    series: str | None = None,
    frame_step: float | None = None,
    room: Room = in_memory,
) -> DceSeries:
    """The dynamic series of a folder.

    Raises
    ------
    ValueError
        If there is none, more than one, or it is not complete; the message says what is wrong.
    """
    plan = dynamic_plan(folder, series=series, frame_step=frame_step)
    chosen, frames = plan.chosen, plan.frames
    return DceSeries(
        signal=read_signal(frames.slices, room),
        t=frames.t,
        affine=plan.whole.affine,
        acquisition=plan.acquisition,
        time_source=frames.source,
        description=chosen.slices[0].description,
        notes=(*_notes(chosen), *frames.notes, *_ignored(folder, chosen), *folder.notes),
        skipped=folder.skipped,
    )


def flip_angle_series(folder: DicomFolder, dynamic: DceSeries) -> FlipAngleSeries | None:
    """The flip-angle volumes of a folder; None where it holds none.

    Raises
    ------
    ValueError
        If they lie on another grid than the dynamic series, or it is not clear which to use.
    """
    plans = flip_angle_plan(folder, dynamic, dynamic.acquisition.te)
    return flip_series(_read(plans), dynamic) if plans else None


def flip_volumes(folder: DicomFolder, dynamic: DceSeries) -> list[FlipVolume]:
    """All volumes of a folder that the user says holds flip-angle volumes."""
    volumes = [series for series in folder.series if series.volume]
    if not volumes:
        listed = ", ".join(series.summary for series in folder.series)
        raise ValueError(f"{folder.name}: no flip-angle volume among {listed}; expected one frame")
    return _read(volume_plans(folder.name, volumes, dynamic))


def _read(plans: Iterable[VolumePlan]) -> list[FlipVolume]:
    return [(read_signal([plan.images])[..., 0], plan.acquisition) for plan in plans]


def _notes(chosen: DicomSeries) -> tuple[str, ...]:
    notes = []
    if chosen.merged > 1:
        notes.append(f"{chosen.merged} DICOM series of one frame each were read as one series")
    if chosen.derived:
        notes.append(f"{chosen.name} is marked DERIVED; it is the dynamic series there is")
    if chosen.slices[0].philips_scaled:
        notes.append("signal is Philips' floating point value, by its scale slope (2005,100E)")
    return tuple(notes)


def _ignored(folder: DicomFolder, chosen: DicomSeries) -> tuple[str, ...]:
    """A sentence for each series that is neither the dynamic one nor a flip-angle volume."""
    used = {id(series) for one in flip_angle_sets(folder.series) for series in one} | {id(chosen)}
    rest = [series for series in folder.series if id(series) not in used]
    return tuple(f"ignored {series.summary}" for series in rest)
