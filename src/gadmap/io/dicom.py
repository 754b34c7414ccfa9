"""DICOM folders to a dynamic series and flip-angle volumes."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gadmap.data import DceSeries, FlipAngleSeries
from gadmap.io.dicom_acquisition import acquisition_of
from gadmap.io.dicom_frames import frames_of
from gadmap.io.dicom_pixels import read_signal
from gadmap.io.dicom_scan import listed, scan_dicom
from gadmap.io.dicom_select import select_dynamic
from gadmap.io.dicom_series import DicomSeries, sort_into_series
from gadmap.io.dicom_stack import stack
from gadmap.io.flip_angles import FlipVolume, flip_series, require_one_each
from gadmap.io.grid import require_same_grid


@dataclass(frozen=True, eq=False)
class DicomFolder:
    """A folder whose headers were read; samples are read when a series is asked for.

    Attributes
    ----------
    path
        The folder or file.
    series
        Acquisitions in it.
    notes
        How many files were skipped, and why.
    skipped
        Their names.
    """

    path: Path
    series: tuple[DicomSeries, ...]
    notes: tuple[str, ...]
    skipped: tuple[str, ...] = ()


def open_dicom(path: Path) -> DicomFolder:
    """The acquisitions of a folder, from one pass over its headers."""
    scan = scan_dicom(path)
    return DicomFolder(path, sort_into_series(scan.slices), scan.notes, scan.skipped)


def dynamic_series(
    folder: DicomFolder, *, series: str | None = None, frame_step: float | None = None
) -> DceSeries:
    """The dynamic series of a folder."""
    with _naming_skipped(folder):
        chosen = select_dynamic(folder.series, series, str(folder.path))
        what = f"{folder.path}: {chosen.name}"
        acquisition = acquisition_of(chosen.slices, what)
        whole = stack(chosen.slices, what)
        frames = frames_of(whole, frame_step, what)
    return DceSeries(
        signal=read_signal(frames.slices),
        t=frames.t,
        affine=whole.affine,
        acquisition=acquisition,
        time_source=frames.source,
        description=chosen.slices[0].description,
        notes=(*_notes(chosen), *frames.notes, *_ignored(folder, chosen), *folder.notes),
        skipped=folder.skipped,
    )


@contextmanager
def _naming_skipped(folder: DicomFolder) -> Iterator[None]:
    """Let a refusal tell which files were skipped: what is missing may be among them."""
    try:
        yield
    except ValueError as error:
        if not folder.skipped:
            raise
        raise ValueError(
            f"{error} ({'; '.join(folder.notes)}: {listed(folder.skipped)})"
        ) from error


def flip_angle_series(folder: DicomFolder, dynamic: DceSeries) -> FlipAngleSeries | None:
    """The flip-angle volumes of a folder; None where it holds none.

    Raises
    ------
    ValueError
        If they lie on another grid than the dynamic series, or it is not clear which to use.
    """
    sets = flip_angle_sets(folder.series)
    te = dynamic.acquisition.te
    if len(sets) > 1 and te is not None:
        sets = [one for one in sets if abs((one[0].slices[0].te_ms or 0) - te * 1e3) < 0.01] or sets
    if not sets:
        return None
    if len(sets) > 1:
        listed = " or ".join(", ".join(series.name for series in one) for one in sets)
        raise ValueError(
            f"{folder.path}: {len(sets)} sets of flip-angle volumes: {listed}; name one with --vfa"
        )
    angles = [(series.name, series.slices[0].flip_degrees) for series in sets[0]]
    require_one_each(angles, str(folder.path))
    return flip_series(_volumes(folder.path, sets[0], dynamic), dynamic)


def flip_angle_sets(found: Sequence[DicomSeries]) -> list[list[DicomSeries]]:
    """Volumes that were acquired alike but for the flip angle, at least two angles in a set."""
    sets: dict[tuple, list[DicomSeries]] = defaultdict(list)
    for series in found:
        if series.volume and not series.derived:
            first = series.slices[0]
            spacing = tuple(round(edge, 3) for edge in first.spacing or ())
            direction = tuple(np.round(first.orientation or (), 2) + 0.0)
            key = (first.samples.shape, spacing, direction, first.te_ms, first.image_type)
            sets[key].append(series)
    return [one for one in sets.values() if len({s.slices[0].flip_degrees for s in one}) > 1]


def flip_volumes(folder: DicomFolder, dynamic: DceSeries) -> list[FlipVolume]:
    """All volumes of a folder that the user says holds flip-angle volumes."""
    volumes = [series for series in folder.series if series.volume]
    if not volumes:
        listed = ", ".join(series.summary for series in folder.series)
        raise ValueError(f"{folder.path}: no flip-angle volume among {listed}; expected one frame")
    return _volumes(folder.path, volumes, dynamic)


def _volumes(path: Path, found: Sequence[DicomSeries], dynamic: DceSeries) -> list[FlipVolume]:
    volumes = []
    for series in found:
        what = f"{path}: {series.name}"
        acquisition, whole = acquisition_of(series.slices, what), stack(series.slices, what)
        require_same_grid(what, whole.grid, whole.affine, dynamic)
        images = [tuple(column[0] for column in whole.columns)]
        volumes.append((read_signal(images)[..., 0], acquisition))
    return volumes


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
