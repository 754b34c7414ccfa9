"""How a slice is turned for the screen: the way that radiologists hang pictures."""

from dataclasses import dataclass

import nibabel as nib
import numpy as np
from jaxtyping import Float, Shaped

_SHOWN_RISING = "LPI"
_OPPOSITE = {"L": "R", "R": "L", "P": "A", "A": "P", "I": "S", "S": "I"}
_PLANES = {frozenset("LP"): "axial", frozenset("LI"): "coronal", frozenset("PI"): "sagittal"}


@dataclass(frozen=True, kw_only=True)
class View:
    """From array (x, y) to picture (row, column), and the letters at the picture's edges.

    Attributes
    ----------
    transposed
        True where array x runs across the picture.
    flipped
        Whether the array's x and y are turned round.
    pixel
        Height and width of a voxel in the picture [mm].
    plane
        "axial", "coronal" or "sagittal", the nearest one.
    left, right, top, bottom
        The side of the patient there: R, L, A, P, S or I.
    """

    transposed: bool
    flipped: tuple[bool, bool]
    pixel: tuple[float, float]
    plane: str
    left: str
    right: str
    top: str
    bottom: str

    def picture(self, plane: Shaped[np.ndarray, "x y ..."]) -> Shaped[np.ndarray, "row column ..."]:
        """The slice as rows from the top, columns from the left."""
        turned = plane[
            :: -1 if self.flipped[0] else 1,
            :: -1 if self.flipped[1] else 1,
        ]
        return turned.swapaxes(0, 1) if self.transposed else turned

    def position(self, x: int, y: int, shape: tuple[int, int]) -> tuple[int, int]:
        """Row and column of the voxel (x, y) of a slice of that array shape."""
        turned = (
            shape[0] - 1 - x if self.flipped[0] else x,
            shape[1] - 1 - y if self.flipped[1] else y,
        )
        return (turned[1], turned[0]) if self.transposed else turned


def view_of(affine: Float[np.ndarray, "4 4"]) -> View:
    """Give the radiological view of slices along z: right or anterior to the left, up is up."""
    codes = nib.aff2axcodes(affine)[:2]
    flipped = tuple(code not in _SHOWN_RISING for code in codes)
    rising = [_OPPOSITE[c] if flip else c for c, flip in zip(codes, flipped, strict=True)]
    transposed = _SHOWN_RISING.index(rising[0]) < _SHOWN_RISING.index(rising[1])
    across, down = rising if transposed else rising[::-1]
    size = np.linalg.norm(affine[:3, :2], axis=0)
    width, height = size if transposed else size[::-1]
    return View(
        transposed=transposed,
        flipped=(flipped[0], flipped[1]),
        pixel=(float(height), float(width)),
        plane=_PLANES[frozenset((across, down))],
        left=_OPPOSITE[across],
        right=across,
        top=_OPPOSITE[down],
        bottom=down,
    )
