"""Each caution is said when its cause is there, and not otherwise."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from disc import disc_exam, disc_maps
from gadmap.data import Reason
from gadmap.evaluation.bolus_sampling import bolus_sampling
from gadmap.evaluation.cautions import exam_cautions, findings, map_cautions


def said(exam=None) -> str:
    return " ".join(exam_cautions(disc_exam() if exam is None else exam))


def every(step: float, until: float = 300.0) -> SimpleNamespace:
    """Frame times and an input for the study of sampling."""
    t = np.arange(0, until, step)
    plasma = 6 * np.exp(-(((t - 55) / 8) ** 2)) + 0.5
    return SimpleNamespace(
        series=SimpleNamespace(t=t),
        aif=SimpleNamespace(t=t, plasma=plasma),
        baseline_frames=int(np.searchsorted(t, 40)),
    )


@pytest.fixture
def any_exam(as_installed):
    """The checks of annotations off: the study needs no more of an examination than its times."""
    return every


def test_fast_frames_cost_nothing_and_slow_ones_ten_percent(any_exam):
    assert abs(bolus_sampling(any_exam(1.5)).worst) < 0.005
    slow = bolus_sampling(any_exam(10.0))
    assert slow.low < -0.05
    assert slow.high > 0.05


def test_frames_at_the_peak_are_those_above_half_of_it(any_exam):
    """6 exp(-(t/8)^2) + .5 is above 3.25 for |t| < 8 sqrt(log(6/2.75)) = 7.07 s."""
    assert bolus_sampling(any_exam(1.0)).frames_at_peak == 15


def test_a_peak_in_one_frame_is_told_with_its_cost():
    exam = disc_exam()
    t = exam.series.t[0] + np.arange(exam.series.t.size) * 12.0
    plasma = np.full(t.size, 1.0)
    plasma[:4], plasma[5] = 0, 8.0
    slow = replace(
        exam,
        series=replace(exam.series, t=t),
        aif=replace(exam.aif, t=t, plasma=plasma),
    )
    assert "sampled by 1 frame: ktrans may be" in said(slow)
    assert "sampled by" not in said()


def test_an_input_too_low_or_too_high_for_a_bolus_is_told():
    exam = disc_exam()
    low = replace(exam, aif=replace(exam.aif, plasma=exam.aif.plasma * 0.1))
    high = replace(exam, aif=replace(exam.aif, plasma=exam.aif.plasma * 10))
    assert "which is low for a bolus" in said(low)
    assert "which is high for a bolus" in said(high)
    assert "for a bolus" not in said()


def test_a_short_baseline_and_a_short_series_are_told():
    exam = disc_exam()
    assert "before contrast" in said(replace(exam, baseline_frames=2))
    assert "before contrast" not in said()
    assert "The series ends 114 s after the arrival" in said()


def test_what_an_assumed_t1_costs_is_told():
    """Concentration goes nearly with 1/T1 for the same signal ratio."""
    assert "truly 10% longer, concentrations are -" in said()
    assert "T1 is assumed" not in said(replace(disc_exam(), t10_source="6 flip angles"))


def test_noisy_t1_is_told():
    exam = disc_exam()
    assert "T1 is noisy: its standard error is 20%" in said(replace(exam, t10_se=0.2 * exam.t10))


def test_nominal_flip_angles_are_told_at_high_field_only():
    exam = disc_exam()
    for field, told in ((1.5, False), (3.0, True)):
        acquisition = replace(exam.series.acquisition, field_strength=field)
        at_field = replace(exam, series=replace(exam.series, acquisition=acquisition))
        assert ("taken as nominal at 3 T" in said(at_field)) == told


def test_reasons_that_are_frequent_are_told():
    maps = disc_maps()
    bound = np.where(maps.valid, np.uint8(Reason.AT_BOUND), maps.reason)
    assert "100% of the voxels that enhance a parameter ended at its bound" in " ".join(
        map_cautions(replace(maps, reason=bound), None)
    )
    still = np.where(maps.valid, np.uint8(Reason.NO_ENHANCEMENT), maps.reason)
    assert "No voxel enhances" in " ".join(map_cautions(replace(maps, reason=still), None))
    lost = np.where(maps.valid, np.uint8(Reason.SIGNAL_TOO_HIGH), maps.reason)
    high = replace(maps, reason=lost, valid=np.zeros_like(maps.valid))
    assert "a signal that no concentration can give" in " ".join(map_cautions(high, None))


def test_a_network_that_sees_the_signal_has_no_cautions_of_the_input():
    maps = replace(disc_maps(), settings={"uses_concentration": False})
    nothing = findings(disc_exam(), maps)
    assert nothing.cautions == ()
    assert nothing.course is None
