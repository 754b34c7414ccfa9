"""Laws of the anatomy under the maps."""

from dataclasses import replace

import numpy as np

from gadmap.data import Exam, ParameterMaps
from gadmap.report.anatomy import anatomy_of, slices_that_matter
from gadmap.report.mosaic import _tile_size


def test_every_voxel_of_the_mask_is_in_the_picture(exam: Exam):
    anatomy = anatomy_of(exam)
    for k in range(exam.series.grid[2]):
        assert anatomy.cut(exam.mask, k).sum() == exam.mask[..., k].sum()


def test_a_voxel_is_found_at_its_place(exam: Exam):
    anatomy = anatomy_of(exam)
    number = np.arange(exam.mask.size).reshape(exam.mask.shape)
    for x, y, z in np.argwhere(exam.mask)[::7]:
        assert anatomy.cut(number, int(z))[anatomy.place(int(x), int(y))] == number[x, y, z]


def test_brightness_lies_between_black_and_white_whatever_the_samples(exam: Exam):
    signal = exam.series.signal.copy()
    signal[0, 0, 0] = np.nan
    signal[1, 0, 0] = np.inf
    signal[2, 0, 0] = -32768
    gray = anatomy_of(replace(exam, series=replace(exam.series, signal=signal))).gray
    assert np.isfinite(gray).all()
    assert gray.min() >= 0
    assert gray.max() <= 1


def test_a_small_strong_lesion_weighs_more_than_a_large_faint_area(maps: ParameterMaps):
    ktrans = np.where(maps.valid, 0.001, np.nan)
    ktrans[8:10, 10:13, 2] = 0.5
    chosen = replace(maps, values=dict(maps.values) | {"ktrans": ktrans})
    assert slices_that_matter(chosen, 1) == [2]
    assert slices_that_matter(chosen, 3) == [0, 1, 2]


def test_every_voxel_of_the_arterial_input_is_in_the_picture(exam: Exam):
    aif = replace(exam.aif, voxels=np.array([[0, 0, 0], [17, 21, 2]]))
    anatomy = anatomy_of(replace(exam, aif=aif))
    assert anatomy.cut(exam.mask, 0).shape == anatomy.view.picture(exam.mask[..., 0]).shape


def test_a_picture_is_never_taller_than_a_screen_or_two():
    """A single column of voxels makes a narrow picture, not one of miles."""
    for shape in ((400, 1), (1, 400), (30000, 20), (256, 256)):
        height, width = _tile_size(shape, (1.0, 1.0))
        assert 1 <= height <= 1200
        assert 1 <= width <= 600
