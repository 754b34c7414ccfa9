"""What will be read of a folder, from its headers alone: everything but the samples."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gadmap.data import Acquisition
from gadmap.io.dicom_acquisition import acquisition_of
from gadmap.io.dicom_folder import DicomFolder, naming_skipped
from gadmap.io.dicom_frames import Frames, frames_of
from gadmap.io.dicom_select import select_dynamic
from gadmap.io.dicom_series import DicomSeries
from gadmap.io.dicom_slice import Slice
from gadmap.io.dicom_stack import Stack, stack
from gadmap.io.flip_angles import require_one_each
from gadmap.io.grid import Placed, require_same_grid

_SAME_TE_MS = 0.01


@dataclass(frozen=True, eq=False)
class DynamicPlan:
    """The dynamic series of a folder: its grid, frames and settings."""

    chosen: DicomSeries
    whole: Stack
    frames: Frames
    acquisition: Acquisition


@dataclass(frozen=True, eq=False)
class VolumePlan:
    """A volume of one flip angle: its images, in the order of their positions, and settings."""

    chosen: DicomSeries
    images: tuple[Slice, ...]
    acquisition: Acquisition


def dynamic_plan(
    folder: DicomFolder, *, series: str | None = None, frame_step: float | None = None
) -> DynamicPlan:
    """The dynamic series of a folder.

    Raises
    ------
    ValueError
        If there is none, more than one, or it is not complete; the message says what is wrong.
    """
    with naming_skipped(folder):
        chosen = select_dynamic(folder.series, series, folder.name)
        what = f"{folder.name}: {chosen.name}"
        acquisition = acquisition_of(chosen.slices, what)
        whole = stack(chosen.slices, what)
        return DynamicPlan(chosen, whole, frames_of(whole, frame_step, what), acquisition)


def flip_angle_plan(
    folder: DicomFolder, dynamic: Placed, te: float | None
) -> tuple[VolumePlan, ...]:
    """The flip-angle volumes of a folder that lie beside a dynamic series of echo time `te` [s].

    Raises
    ------
    ValueError
        If they lie on another grid than the dynamic series, or it is not clear which to use.
    """
    sets = flip_angle_sets(folder.series)
    if len(sets) > 1 and te is not None:
        sets = [one for one in sets if _near(one[0].slices[0].te_ms or 0, te * 1e3)] or sets
    if not sets:
        return ()
    if len(sets) > 1:
        listed = " or ".join(", ".join(series.name for series in one) for one in sets)
        raise ValueError(
            f"{folder.name}: {len(sets)} sets of flip-angle volumes: {listed}; name one with --vfa"
        )
    angles = [(series.name, series.slices[0].flip_degrees) for series in sets[0]]
    require_one_each(angles, folder.name)
    return volume_plans(folder.name, sets[0], dynamic)


def _near(te_ms: float, other_ms: float) -> bool:
    return abs(te_ms - other_ms) < _SAME_TE_MS


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


def volume_plans(
    where: str, found: Sequence[DicomSeries], dynamic: Placed
) -> tuple[VolumePlan, ...]:
    """Single volumes on the dynamic series' grid.

    Raises
    ------
    ValueError
        If one lies on another grid or its settings cannot be.
    """
    plans = []
    for series in found:
        what = f"{where}: {series.name}"
        acquisition, whole = acquisition_of(series.slices, what), stack(series.slices, what)
        require_same_grid(what, whole.grid, whole.affine, dynamic)
        images = tuple(column[0] for column in whole.columns)
        plans.append(VolumePlan(series, images, acquisition))
    return tuple(plans)
