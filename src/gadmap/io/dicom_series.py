"""Slices of a folder sorted into acquisitions: dynamic, single volumes, and what is ignored.

SeriesInstanceUID comes first; a series that holds several flip angles, echoes, image types or
orientations is split by them, and frames that a scanner stored as one series each are merged.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from gadmap.data.series import MIN_FRAMES
from gadmap.io.dicom_slice import Slice
from gadmap.io.dicom_stack import columns_of, usual_count

NO_SPOILED_ECHO = {"EP": "echo planar", "SE": "spin echo", "IR": "inversion recovery"}
"""Values of ScanningSequence (0018,0020) that no dynamic series or flip-angle volume has."""

_NO_MAGNITUDE = {"P": "phase", "PHASE": "phase", "PHASE MAP": "phase"} | {
    "R": "real part", "REAL": "real part", "I": "imaginary part", "IMAGINARY": "imaginary part",
}  # fmt: skip
_COMPUTED = {
    "SUB": "subtraction", "SUBTRACT": "subtraction", "SUBTRACTION": "subtraction",
    "MIP": "projection", "PROJECTION IMAGE": "projection", "MPR": "reformat",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class DicomSeries:
    """Images of one acquisition.

    Attributes
    ----------
    slices
        Its images, in no order.
    frames
        Images that most slice positions have; 0 where images have no position.
    obstacle
        Why it is neither a dynamic series nor a flip-angle volume; empty where it may be.
    merged
        Number of DICOM series it was put together from.
    """

    slices: tuple[Slice, ...]
    frames: int
    obstacle: str
    merged: int = 1

    @property
    def dynamic(self) -> bool:
        """True where it can be a dynamic series."""
        return not self.obstacle and self.frames >= MIN_FRAMES

    @property
    def volume(self) -> bool:
        """True where it can be a flip-angle volume."""
        return not self.obstacle and self.frames == 1

    @property
    def derived(self) -> bool:
        """True where it was computed from other images."""
        return "DERIVED" in self.slices[0].image_type

    @property
    def name(self) -> str:
        """Number and description, for messages."""
        first = self.slices[0]
        return f"series {first.series_number}" + (
            f' "{first.description}"' * bool(first.description)
        )

    @property
    def summary(self) -> str:
        """Name with what it holds, for lists."""
        first = self.slices[0]
        flip = "" if first.flip_degrees is None else f", flip angle {first.flip_degrees:g}"
        echo = "" if first.te_ms is None else f", TE {first.te_ms:g} ms"
        image_type = "".join(f", {word}" for word in first.image_type[2:])
        kind = f", {self.obstacle}" if self.obstacle else ""
        frames = f"{self.frames} frame" + "s" * (self.frames != 1)
        return f"{self.name} ({frames}{flip}{echo}{image_type}{kind})"


def sort_into_series(slices: Sequence[Slice]) -> tuple[DicomSeries, ...]:
    """Acquisitions by series number and flip angle."""
    directions: list[np.ndarray] = []
    groups: dict[tuple, list[Slice]] = defaultdict(list)
    for image in slices:
        groups[image.series_uid, *_settings(image, directions)].append(image)
    found = _merge([_series(group) for group in groups.values()], directions)
    return tuple(sorted(found, key=_rank))


def _rank(series: DicomSeries) -> tuple:
    first = series.slices[0]
    return first.series_number, first.flip_degrees or 0, first.te_ms or 0, first.series_uid


def _settings(image: Slice, directions: list[np.ndarray]) -> tuple:
    """What the images of one acquisition have in common."""
    te = None if image.te_ms is None else round(image.te_ms, 3)
    flip = None if image.flip_degrees is None else round(image.flip_degrees, 2)
    return te, flip, image.image_type, _direction(image, directions), image.colour


def _direction(image: Slice, directions: list[np.ndarray]) -> int:
    """Index of the image's orientation among those seen so far; rounding cannot split one."""
    orientation = np.array(image.orientation or (0.0,) * 6)
    for index, known in enumerate(directions):
        if np.abs(known - orientation).max() < 1e-3:
            return index
    directions.append(orientation)
    return len(directions) - 1


def _series(slices: Sequence[Slice], merged: int = 1) -> DicomSeries:
    obstacle = _obstacle(slices)
    placed = all(image.position and image.orientation for image in slices)
    frames = usual_count(columns_of(slices)) if placed else 0
    if not obstacle and 1 < frames < MIN_FRAMES:
        obstacle = f"too few frames for a dynamic series, expected at least {MIN_FRAMES}"
    return DicomSeries(tuple(slices), frames, obstacle, merged)


def _obstacle(slices: Sequence[Slice]) -> str:
    first = slices[0]
    if first.colour:
        return "colour images, expected MONOCHROME2"
    if "MOSAIC" in first.image_type:
        return "Siemens mosaic, all slices tiled in one image: export it as single slices"
    if not all(image.position and image.orientation and image.spacing for image in slices):
        return "no position, orientation or pixel spacing in some images"
    for table in (_NO_MAGNITUDE, _COMPUTED):
        for word in first.image_type[2:]:
            if word in table:
                return table[word]
    for word in first.sequence:
        if word in NO_SPOILED_ECHO:
            return f"{NO_SPOILED_ECHO[word]}, expected a spoiled gradient echo"
    return ""


def _merge(found: list[DicomSeries], directions: list[np.ndarray]) -> list[DicomSeries]:
    """Put frames together that were stored as one series each."""
    families: dict[tuple, list[DicomSeries]] = defaultdict(list)
    for series in found:
        if series.volume:
            families[_family(series, directions)].append(series)
    result = [series for series in found if not series.volume]
    for members in families.values():
        result.extend(_merged(members))
    return result


def _family(series: DicomSeries, directions: list[np.ndarray]) -> tuple:
    """What frames of one acquisition share beside the flip angle."""
    first = series.slices[0]
    te, _, image_type, direction, _ = _settings(first, directions)
    spacing = tuple(round(edge, 3) for edge in first.spacing or ())
    tr = None if first.tr_ms is None else round(first.tr_ms, 3)
    return first.samples.shape, spacing, tr, te, image_type, direction


def _merged(members: list[DicomSeries]) -> Iterable[DicomSeries]:
    flip_angle_set = _flip_angle_set(members)
    by_flip: dict[float | None, list[DicomSeries]] = defaultdict(list)
    for series in members:
        if series not in flip_angle_set:
            by_flip[series.slices[0].flip_degrees].append(series)
    yield from flip_angle_set
    for parts in by_flip.values():
        whole = _series([image for part in parts for image in part.slices], merged=len(parts))
        if whole.frames >= MIN_FRAMES:
            yield whole
        else:
            yield from parts


def _flip_angle_set(members: list[DicomSeries]) -> list[DicomSeries]:
    """Volumes of like names that differ in the flip angle: for T1, no frames of a dynamic series.

    One of them may have the very angle of the dynamic series.
    """
    by_name: dict[str, list[DicomSeries]] = defaultdict(list)
    for series in members:
        by_name[re.sub(r"[\d\W_]+", "", series.slices[0].description)].append(series)
    result = []
    for alike in by_name.values():
        angles = {series.slices[0].flip_degrees for series in alike}
        if len(alike) > 1 and len(angles) == len(alike):
            result.extend(alike)
    return result
