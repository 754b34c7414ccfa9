"""Series laid out as in open collections of the Imaging Data Commons, made up here: no patient's.

RIDER Phantom MRI: Siemens with a series for each of seven flip angles, GE with all of them in one
series. QIN-BREAST-02: Philips, all flip angles in one series, the dynamic one at 6 degrees.
"""

from math import radians

import numpy as np
import pydicom
import pytest
import torch
from pydicom.uid import generate_uid

from gadmap.data import Acquisition, DceSeries, FlipAngleSeries
from gadmap.io import read_series_and_flip_angles, write_dicom
from gadmap.physics.spgr import spgr_signal
from gadmap.preparation import flip_angle_t10

ANGLES = (2, 5, 10, 15, 20, 25, 30)
GRID = (6, 5, 4)
COLLECTIONS = {
    "siemens": ("DCE Prototype Full", "", 25, 50),
    "ge": ("DCE", "MultiFlip T1", 25, 45),
    "philips": ("dynamic_smartTX_6deg", "multi-flip_T1-map", 6, 55),
}
T1 = np.random.default_rng(5).uniform(0.2, 1.5, GRID)


def phantom(description, angle, frames):
    """A phantom without contrast agent, and its flip angles."""
    tr, affine = 5e-3, np.diag([-1.0, -1.0, 5.0, 1.0])

    def signal(degrees):
        alpha = torch.tensor(radians(degrees), dtype=torch.float64)
        r1 = torch.tensor(1 / T1)
        return spgr_signal(r1, torch.full_like(r1, 5e4), alpha, tr).numpy().astype(np.float32)

    def acquisition(degrees):
        return Acquisition(tr=tr, flip_angle=radians(degrees), te=1.1e-3, field_strength=1.5)

    series = DceSeries(
        signal=np.repeat(signal(angle)[..., None], frames, axis=-1),
        t=5.5 * np.arange(frames),
        affine=affine,
        acquisition=acquisition(angle),
        time_source="made up",
        description=description,
    )
    flips = FlipAngleSeries(
        signal=np.stack([signal(one) for one in ANGLES], axis=-1),
        acquisitions=tuple(map(acquisition, ANGLES)),
        affine=affine,
    )
    return series, flips


def in_one_series(files, description):
    """The flip angles' files as images of one series, in the order of the angles."""
    uid = generate_uid()
    for number, file in enumerate(files, start=1):
        image = pydicom.dcmread(file)
        image.SeriesInstanceUID, image.SeriesDescription = uid, description
        image.SeriesNumber, image.InstanceNumber = 2, number
        image.save_as(file)


@pytest.mark.parametrize("vendor", COLLECTIONS)
def test_dynamic_series_and_seven_flip_angles_are_told_apart_and_give_t1(vendor, tmp_path):
    description, together, angle, frames = COLLECTIONS[vendor]
    files = write_dicom(tmp_path, *phantom(description, angle, frames), vendor=vendor)
    flips = [file for file in files if "dynamic" not in file.parent.name]
    assert len(flips) == len(ANGLES) * GRID[2]
    if together:
        in_one_series(flips, together)
    series, found = read_series_and_flip_angles(tmp_path)
    assert series.description == description
    assert series.signal.shape == (*GRID, frames)
    np.testing.assert_allclose(np.diff(series.t), 5.5, atol=2e-3)
    assert found is not None
    angles = [one.flip_angle for one in found.acquisitions]
    np.testing.assert_allclose(angles, np.radians(ANGLES), rtol=1e-6)
    np.testing.assert_allclose(flip_angle_t10(found)[0], T1, rtol=5e-3)
