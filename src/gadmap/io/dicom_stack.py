"""Slices of one acquisition to a stack: the images at each slice position, and the grid."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from gadmap.io.dicom_slice import Slice
from gadmap.io.grid import lps_to_ras

_SAME_PLACE = 0.05  # mm; scanners write positions to 1e-3 or better
_EVEN = 0.02  # of the slice distance


@dataclass(frozen=True, eq=False)
class Stack:
    """Images at each slice position, the same number at each.

    Attributes
    ----------
    columns
        Images at each position, in the order of the positions along the slice normal; within one
        position in no order yet.
    affine
        Voxel index (column, row, slice) to patient millimetres, RAS+.
    """

    columns: tuple[tuple[Slice, ...], ...]
    affine: Float[np.ndarray, "4 4"]

    @property
    def frames(self) -> int:
        """Images at each slice position."""
        return len(self.columns[0])

    @property
    def grid(self) -> tuple[int, int, int]:
        """Number of columns, rows and slices: x, y, z."""
        rows, columns = self.columns[0][0].samples.shape
        return columns, rows, len(self.columns)


def columns_of(slices: Sequence[Slice]) -> list[list[Slice]]:
    """Images by position along the slice normal, whether or not they are complete."""
    heights = [_height(image) for image in slices]
    columns: list[list[Slice]] = []
    last = -np.inf
    for i in np.argsort(heights, kind="stable"):
        if heights[i] - last > _SAME_PLACE:
            columns.append([])
        columns[-1].append(slices[i])
        last = heights[i]
    return columns


def usual_count(columns: Sequence[Sequence[Slice]]) -> int:
    """Number of images that most slice positions have: the number of frames."""
    counts = Counter(len(column) for column in columns)
    return max(counts, key=lambda count: (counts[count], count))


def stack(slices: Sequence[Slice], what: str) -> Stack:
    """The stack of one acquisition.

    Raises
    ------
    ValueError
        If the matrix or scaling changes, an image is there twice, images are missing at a position,
        or the positions are not evenly spaced along one line.
    """
    _require_one_matrix(slices, what)
    _require_once(slices, what)
    columns = columns_of(slices)
    _require_complete(columns, what)
    return Stack(tuple(map(tuple, columns)), _affine(columns, what))


def _height(image: Slice) -> float:
    """Position along the slice normal [mm]; plain numbers, as numpy costs more than it saves."""
    assert image.orientation is not None
    assert image.position is not None
    a, b, c, d, e, f = image.orientation
    x, y, z = image.position
    return (b * f - c * e) * x + (c * d - a * f) * y + (a * e - b * d) * z


def _require_one_matrix(slices: Sequence[Slice], what: str) -> None:
    first = slices[0]
    for image in slices:
        if image.samples.shape != first.samples.shape or not _same_spacing(image, first):
            raise ValueError(
                f"{what}: inconsistent matrix: {_matrix(first)} but {_matrix(image)}; "
                "expected one for all images. Are two acquisitions mixed?"
            )
        if image.philips_scaled != first.philips_scaled:
            raise ValueError(
                f"{what}: Philips scale slope (2005,100E) in some images only, missing or present "
                f"in {image.samples.name}; expected all or none. Were some files anonymised?"
            )


def _same_spacing(a: Slice, b: Slice) -> bool:
    pairs = zip(a.spacing or (), b.spacing or (), strict=True)
    return all(abs(one - other) <= 1e-4 * abs(one) for one, other in pairs)


def _matrix(image: Slice) -> str:
    rows, columns = image.samples.shape
    pixel = " x ".join(f"{edge:g}" for edge in image.spacing or ())
    return f"{columns} x {rows} pixels of {pixel} mm in {image.samples.name}"


def _require_once(slices: Sequence[Slice], what: str) -> None:
    seen: dict[tuple, Slice] = {}
    for image in slices:
        names: list[tuple] = [("uid", image.sop_uid, image.frame)]
        if "InstanceNumber" in image.order:  # same place, time and numbers: copied, UID renewed
            numbers = (*sorted(image.order.items()), *sorted(image.times.items()))
            names.append(("place", image.series_number, round(_height(image), 2), *numbers))
        for name in names:
            if name in seen:
                raise ValueError(
                    f"{what}: duplicate slices: {seen[name].samples.name} and {image.samples.name} "
                    "hold the same image; remove one"
                )
            seen[name] = image


def _require_complete(columns: Sequence[Sequence[Slice]], what: str) -> None:
    usual = usual_count(columns)
    odd = [(z, len(column)) for z, column in enumerate(columns) if len(column) != usual]
    if not odd:
        return
    listed = ", ".join(
        f"slice {z + 1} ({_height(columns[z][0]):.1f} mm) has {count}" for z, count in odd[:4]
    )
    more = f" and {len(odd) - 4} more slices differ" if len(odd) > 4 else ""
    few = any(count < usual for _, count in odd)
    fault = "frames are missing at some slices" if few else "more frames at some slices"
    cause = "Is the copy complete?" if few else "Are there duplicate slices?"
    raise ValueError(
        f"{what}: {fault}: {listed}{more}; expected {usual} frames at each of {len(columns)} slices"
        f". {cause}"
    )


def _affine(columns: Sequence[Sequence[Slice]], what: str) -> Float[np.ndarray, "4 4"]:
    first = columns[0][0]
    assert first.orientation is not None
    assert first.spacing is not None
    origin = np.array(first.position)
    affine = np.eye(4)
    affine[:3, 0] = np.array(first.orientation[:3]) * first.spacing[1]
    affine[:3, 1] = np.array(first.orientation[3:]) * first.spacing[0]
    affine[:3, 2] = _slice_step(columns, origin, what)
    affine[:3, 3] = origin
    expected = origin + np.arange(len(columns))[:, None] * affine[:3, 2]
    for column, place in zip(columns, expected, strict=True):
        positions = np.array([image.position for image in column])
        away = np.linalg.norm(positions - place, axis=1)
        worst = int(away.argmax())
        if away[worst] > max(_EVEN * np.linalg.norm(affine[:3, 2]), _SAME_PLACE):
            raise ValueError(
                f"{what}: {column[worst].samples.name} lies {away[worst]:.2f} mm away from "
                f"where {len(columns)} evenly spaced slices would have it; expected even distances."
                " Is a slice missing, or was the table moved?"
            )
    return lps_to_ras(affine)


def _slice_step(
    columns: Sequence[Sequence[Slice]], origin: np.ndarray, what: str
) -> Float[np.ndarray, "3"]:
    if len(columns) > 1:
        return (np.array(columns[-1][0].position) - origin) / (len(columns) - 1)
    distance = columns[0][0].slice_distance
    if not distance:
        raise ValueError(
            f"{what}: one slice without SliceThickness (0018,0050); expected it for the voxel size"
        )
    orientation = np.array(columns[0][0].orientation)
    return np.cross(orientation[:3], orientation[3:]) * distance
