import numpy as np
import pytest
from containers import FRAMES, GRID, acquisition, aif, exam, flip_angles, no_voxels, series

pytestmark = pytest.mark.usefixtures("as_installed")
T = 5.0 * np.arange(FRAMES)


def with_value(value, at, array=T):
    changed = np.array(array)
    changed[at] = value
    return changed


def frames(count):
    signal = np.ones((*GRID, count), dtype=np.float32)
    return {"signal": signal, "t": np.arange(float(count))}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"t": with_value(0.0, 3)}, "dynamic series: times do not rise: 10 s then 0 s at frames 2"),
        ({"t": with_value(10.0, 3)}, "do not rise: 10 s then 10 s"),
        ({"t": with_value(np.nan, 3)}, "dynamic series: times hold values that are not finite"),
        ({"t": with_value(np.inf, 5)}, "dynamic series: times hold values that are not finite"),
        (frames(3), r"3 frames; expected at least 4. Is this a dynamic series\?"),
        (frames(0), "0 frames"),
    ],
)
def test_a_series_needs_four_frames_at_rising_times(changed, message):
    with pytest.raises(ValueError, match=message):
        series(**changed)


def test_four_frames_are_enough():
    assert series(**frames(4)).t.size == 4


def test_a_series_has_a_time_for_every_frame():
    with pytest.raises(ValueError, match=r"6 frames but 5 times; is the series cut short\?"):
        series(t=T[:5])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"t": T[:5]}, "arterial input: 5 times but 6 concentrations"),
        ({"t": T[::-1].copy()}, "arterial input: times do not rise"),
        ({"plasma": with_value(np.nan, 2)}, "concentrations hold values that are not finite"),
        ({"plasma": np.zeros(FRAMES)}, r"no concentration above 0; is it the right column\?"),
        ({"plasma": -np.ones(FRAMES)}, "no concentration above 0"),
    ],
)
def test_an_arterial_input_is_a_finite_curve_above_0(changed, message):
    with pytest.raises(ValueError, match=message):
        aif(**changed)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"hct": 42.0}, r"hct is 42; expected a fraction, 0 to 1. Is it in percent\?"),
        ({"hct": -0.1}, "hct is -0.1"),
        ({"hct": 1.0}, "hct is 1"),
        ({"relaxivity": 4500.0}, r"relaxivity is 4500 1/s per mmol/L.*Was it given per mol\?"),
        ({"relaxivity": 0.0}, "relaxivity is 0"),
        ({"baseline_frames": 0}, "0 frames before the contrast agent arrives"),
        ({"baseline_frames": FRAMES}, "6 frames before the contrast agent arrives"),
        ({"t10": np.ones((2, 2, 1))}, r"t10 has shape \(2, 2, 1\); expected \(3, 2, 1\)"),
        ({"b1": np.ones((3, 2, 2))}, r"b1 has shape \(3, 2, 2\)"),
        ({"mask": np.ones((3, 1, 1), dtype=bool)}, r"mask has shape \(3, 1, 1\)"),
    ],
)
def test_an_examination_refuses_what_cannot_be_right(changed, message):
    with pytest.raises(ValueError, match=message):
        exam(**changed)


@pytest.mark.parametrize("kept", [slice(0, 5), slice(1, 6)])
def test_an_arterial_input_that_does_not_span_the_series_is_refused(kept):
    curve = aif()
    cut = aif(t=curve.t[kept], plasma=curve.plasma[kept])
    with pytest.raises(ValueError, match=r"arterial input spans .* Is it cut short\?"):
        exam(aif=cut)


def test_an_arterial_input_may_have_other_times_than_the_series():
    longer = aif(t=np.array([-10.0, 12.0, 13.0, 500.0]), plasma=np.array([0.0, 0.0, 7.0, 1.0]))
    assert exam(aif=longer).aif.t.size == 4


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"acquisitions": (acquisition(5), acquisition(15))},
            "3 flip-angle volumes but 2 settings",
        ),
        ({"acquisitions": (acquisition(15),) * 3}, "1 different flip angle; T1 needs at least two"),
        (
            {"signal": np.ones((*GRID, 3), dtype=np.float32)},
            "volumes of 5 and 15 degrees hold the same samples; was one file copied",
        ),
    ],
)
def test_flip_angle_volumes_differ_in_angle_and_samples(changed, message):
    with pytest.raises(ValueError, match=message):
        flip_angles(**changed)


def test_two_identical_flip_angle_volumes_are_found_wherever_they_lie():
    signal = np.array(flip_angles().signal)
    signal[..., 2] = signal[..., 0]
    with pytest.raises(ValueError, match="volumes of 5 and 30 degrees hold the same samples"):
        flip_angles(signal=signal)


def test_voxels_of_an_arterial_input_may_be_none():
    assert aif(voxels=no_voxels()).voxels.shape == (0, 3)
