import numpy as np
import pytest
from small_exams import GRID, known_concentration, small_exam

from gadmap.data import Reason
from gadmap.physics.voxels import exam_concentration

SPOILT = (1, 2, 1)


def with_sample(value, frame=4):
    """Signal of the examination with one sample of one voxel replaced."""
    signal = np.array(small_exam().series.signal)
    signal[(*SPOILT, frame)] = value
    return signal


def with_baseline(value):
    signal = np.array(small_exam().series.signal)
    signal[SPOILT][:3] = value
    return signal


def with_t10(value):
    t10 = np.array(small_exam().t10)
    t10[SPOILT] = value
    return t10


def test_the_concentration_comes_back_from_the_signal():
    concentration, reason = exam_concentration(small_exam())
    np.testing.assert_allclose(concentration, known_concentration(), rtol=1e-4, atol=1e-4)
    assert (reason == Reason.ESTIMATED).all()


def test_concentration_is_single_precision_and_reasons_are_bytes():
    concentration, reason = exam_concentration(small_exam())
    assert concentration.dtype == np.float32
    assert concentration.shape == (*GRID, 7)
    assert (reason.dtype, reason.shape) == (np.uint8, GRID)


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        ({"signal": with_sample(np.nan)}, Reason.NOT_FINITE),
        ({"signal": with_sample(np.inf)}, Reason.NOT_FINITE),
        ({"signal": with_sample(-np.inf, frame=0)}, Reason.NOT_FINITE),
        ({"signal": with_sample(-32768)}, Reason.NEGATIVE_SIGNAL),
        ({"signal": with_sample(-32768, frame=1)}, Reason.NEGATIVE_SIGNAL),
        ({"signal": with_baseline(0)}, Reason.NO_SIGNAL),
        ({"signal": with_sample(1e6)}, Reason.SIGNAL_TOO_HIGH),
        ({"t10": with_t10(np.nan)}, Reason.NO_T10),
        ({"t10": with_t10(np.inf)}, Reason.NO_T10),
        ({"t10": with_t10(0)}, Reason.NO_T10),
        ({"t10": with_t10(-1)}, Reason.NO_T10),
    ],
)
def test_a_voxel_that_cannot_be_converted_is_nan_and_says_why(spoilt, expected):
    concentration, reason = exam_concentration(small_exam(**spoilt))
    assert reason[SPOILT] == expected
    assert np.isnan(concentration[SPOILT]).all()


def test_a_spoilt_voxel_changes_no_other():
    others = np.ones(GRID, dtype=bool)
    others[SPOILT] = False
    expected, _ = exam_concentration(small_exam())
    for signal in (with_sample(np.nan), with_sample(-32768), with_sample(1e9), with_baseline(0)):
        concentration, reason = exam_concentration(small_exam(signal=signal))
        np.testing.assert_array_equal(concentration[others], expected[others])
        assert (reason[others] == Reason.ESTIMATED).all()


def test_an_examination_of_zeros_has_no_signal_anywhere():
    nothing = np.zeros((*GRID, 7), dtype=np.float32)
    concentration, reason = exam_concentration(small_exam(signal=nothing))
    assert (reason == Reason.NO_SIGNAL).all()
    assert np.isnan(concentration).all()


def test_voxels_outside_the_mask_are_left_out():
    mask = np.zeros(GRID, dtype=bool)
    mask[0, 1, 1] = mask[2, 3, 0] = True
    concentration, reason = exam_concentration(small_exam(mask=mask))
    np.testing.assert_array_equal(np.isfinite(concentration).all(axis=-1), mask)
    assert (reason[~mask] == Reason.OUTSIDE_MASK).all()
    expected, _ = exam_concentration(small_exam())
    np.testing.assert_array_equal(concentration[mask], expected[mask])


def test_an_empty_mask_gives_no_concentration():
    concentration, reason = exam_concentration(small_exam(mask=np.zeros(GRID, dtype=bool)))
    assert np.isnan(concentration).all()
    assert (reason == Reason.OUTSIDE_MASK).all()


def test_the_order_of_the_samples_in_memory_changes_nothing():
    exam = small_exam()
    in_columns = {
        name: np.asfortranarray(array)
        for name, array in (("signal", exam.series.signal), ("t10", exam.t10), ("b1", exam.b1))
    }
    mask = np.asfortranarray(np.arange(np.prod(GRID)).reshape(GRID) % 3 > 0)
    found = exam_concentration(small_exam(**in_columns, mask=mask))
    expected = exam_concentration(small_exam(mask=np.ascontiguousarray(mask)))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_signal_scale_changes_nothing():
    """S0 comes from the baseline, so gain and proton density drop out."""
    signal = small_exam().series.signal * np.float32(4096)
    found, _ = exam_concentration(small_exam(signal=signal))
    expected, _ = exam_concentration(small_exam())
    np.testing.assert_array_equal(found, expected)


def test_the_baseline_averages_its_frames():
    """Noise of opposite sign in two baseline frames cancels in the frames after them."""
    signal = np.array(small_exam().series.signal)
    signal[..., 0] += 2
    signal[..., 1] -= 2
    found, _ = exam_concentration(small_exam(signal=signal))
    np.testing.assert_allclose(found[..., 2:], known_concentration()[..., 2:], rtol=1e-4, atol=1e-4)


def test_a_flip_angle_scale_of_1_is_the_nominal_angle():
    """With the true flip-angle map the concentration is right; with the nominal one it is not."""
    found, _ = exam_concentration(small_exam(b1=np.ones(GRID)))
    assert np.abs(found[..., 3] / known_concentration()[..., 3] - 1).max() > 0.2
