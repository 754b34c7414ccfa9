"""What motion correction does to ktrans, on a head that moves by 3 mm and 3 degrees."""

from dataclasses import replace
from math import radians

import numpy as np
import pytest

import gadmap
from gadmap.data import DceSeries, Motion
from gadmap.phantoms import Case, Phantom, phantom_of
from gadmap.phantoms.motion import head_motion
from gadmap.preparation import foreground
from gadmap.preparation.motion import corrected_series

pytestmark = pytest.mark.slow

AT_REST = Case(matrix=96, slices=10, frames=40)


def corrected(phantom: Phantom) -> tuple[DceSeries, Motion]:
    series = phantom.exam.series
    return corrected_series(series, phantom.exam.baseline_frames, foreground(series))


def ktrans(phantom: Phantom, series: DceSeries) -> np.ndarray:
    return gadmap.estimate(replace(phantom.exam, series=series), "tofts")["ktrans"]


@pytest.fixture(scope="module")
def moving() -> Phantom:
    """Shifts of at most 3 mm and rotations of at most 3 degrees along and about each axis."""
    unit = np.abs(head_motion(replace(AT_REST, drift=1.0, drift_angle=1.0, jumps=2)))
    drift, angle = 3 / unit[:, :3].max(), radians(3) / unit[:, 3:].max()
    return phantom_of(replace(AT_REST, drift=drift, drift_angle=angle, jumps=2))


def test_correction_at_least_halves_the_error_of_ktrans_and_tells_the_motion(moving):
    series, motion = corrected(moving)
    before, after = ktrans(moving, moving.exam.series), ktrans(moving, series)
    truth, names = moving.truth["ktrans"], np.array(moving.tissues)[moving.labels]
    tumour = np.isin(names, ("tumour rim", "necrotic core"))
    region = tumour & np.isfinite(before) & np.isfinite(after)
    assert region.sum() > 300
    error_before, error_after = (np.abs(k - truth)[region].mean() for k in (before, after))
    assert error_after < 0.5 * error_before
    true = moving.motion - moving.motion[: moving.exam.baseline_frames].mean(axis=0)
    assert np.abs(motion.rotations - true[:, 3:]).max() < radians(0.6)
    assert np.abs(motion.shifts - true[:, :3]).max() < 1


def test_a_bolus_is_not_taken_for_motion_and_a_still_examination_keeps_its_ktrans():
    still = phantom_of(AT_REST)
    series, motion = corrected(still)
    assert motion.displacement.max() < 0.5  # mm, a tenth of a slice
    before, after = ktrans(still, still.exam.series), ktrans(still, series)
    voxels = np.isfinite(before) & (before > 0)
    assert np.isfinite(after[voxels]).all()
    assert np.median(np.abs(after[voxels] / before[voxels] - 1)) < 0.005
