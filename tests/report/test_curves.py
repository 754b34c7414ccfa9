"""Laws of the curves shown."""

import numpy as np
import pytest

from gadmap.data import Exam, ParameterMaps, Reason
from gadmap.report.curves import PERCENTILES, voxel_curves


def test_true_parameters_leave_no_residual(exam: Exam, maps: ParameterMaps):
    curves = voxel_curves(exam, maps)
    assert len(curves) == len(PERCENTILES)
    for curve in curves:
        peak = curve.measured.max()
        assert np.abs(curve.measured - curve.fitted).max() < 1e-3 * peak


def test_voxels_rise_with_their_percentile_and_enhance(exam: Exam, maps: ParameterMaps):
    curves = voxel_curves(exam, maps)
    ktrans = [curve.values["ktrans"] for curve in curves]
    assert ktrans == sorted(ktrans)
    assert all(maps.reason[curve.voxel] != Reason.NO_ENHANCEMENT for curve in curves)


def test_a_curve_starts_at_zero_and_bears_its_errors(exam: Exam, maps: ParameterMaps):
    curve = voxel_curves(exam, maps)[0]
    assert curve.t[0] == 0
    assert curve.standard_error["ktrans"] == pytest.approx(0.1 * curve.values["ktrans"])
