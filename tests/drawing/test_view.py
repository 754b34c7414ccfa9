"""Laws of how slices are hung."""

from itertools import permutations, product

import nibabel as nib
import numpy as np
import pytest

from gadmap.drawing.view import view_of

AXES = {
    "L": (-1, 0, 0),
    "R": (1, 0, 0),
    "P": (0, -1, 0),
    "A": (0, 1, 0),
    "I": (0, 0, -1),
    "S": (0, 0, 1),
}
PAIRS = ("LR", "PA", "IS")
ORIENTATIONS = [
    "".join(codes) for order in permutations(PAIRS) for codes in product(*order)
]  # all 48


def affine_of(codes: str) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = np.array([AXES[code] for code in codes]).T * (2, 3, 5)
    return affine


@pytest.mark.parametrize("codes", ORIENTATIONS)
def test_right_or_anterior_is_left_and_anterior_or_superior_is_up(codes: str):
    assert nib.aff2axcodes(affine_of(codes)) == tuple(codes)
    view = view_of(affine_of(codes))
    assert view.left in "RA"
    assert view.top in "AS"
    assert (view.left, view.top) != ("A", "A")
    assert view.plane == {"L": "sagittal", "R": "sagittal", "A": "coronal", "P": "coronal"}.get(
        codes[2], "axial"
    )


@pytest.mark.parametrize("codes", ORIENTATIONS)
def test_a_voxel_is_where_its_letters_say(codes: str):
    """The voxel furthest to the picture's top left lies furthest to these sides in the patient."""
    affine = affine_of(codes)
    view = view_of(affine)
    shape = (4, 6)
    x, y = np.indices(shape)
    world = affine[:3, :2] @ np.stack([x.ravel(), y.ravel()])
    towards = np.array(AXES[view.left]) + np.array(AXES[view.top])
    corner = (towards @ world).reshape(shape)
    assert view.picture(corner)[0, 0] == corner.max()
    assert view.picture(corner)[-1, -1] == corner.min()


@pytest.mark.parametrize("codes", ORIENTATIONS)
def test_a_marked_voxel_lies_where_its_sample_is_drawn(codes: str):
    view = view_of(affine_of(codes))
    plane = np.arange(24).reshape(4, 6)
    for x, y in np.ndindex(4, 6):
        assert view.picture(plane)[view.position(x, y, (4, 6))] == plane[x, y]


def test_pixel_size_follows_the_turned_axes():
    assert view_of(affine_of("LPS")).pixel == (3, 2)
    assert view_of(affine_of("PLS")).pixel == (2, 3)
