from dataclasses import FrozenInstanceError
from math import radians

import pytest

from gadmap.data import Acquisition


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tr": 4.43}, r"tr is 4.43 s; expected 0 < tr < 1 s. Is it in ms\?"),
        ({"tr": 0.0}, "tr is 0 s"),
        ({"tr": -0.004}, "tr is -0.004 s"),
        ({"tr": float("nan")}, "tr is nan s"),
        ({"flip_angle": 25.0}, r"flip_angle is 25 rad; expected 0 to pi/2. Is it in degrees\?"),
        ({"flip_angle": 0.0}, "flip_angle is 0 rad"),
        ({"flip_angle": -0.1}, "flip_angle is -0.1 rad"),
        ({"flip_angle": float("nan")}, "flip_angle is nan rad"),
        ({"te": 1.3}, r"te is 1.3 s; expected 0 to 1 s. Is it in ms\?"),
        ({"te": -0.001}, "te is -0.001 s"),
    ],
)
def test_a_setting_in_another_unit_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Acquisition(**{"tr": 4.43e-3, "flip_angle": radians(25)} | settings)


def test_a_pulse_of_90_degrees_is_allowed():
    assert Acquisition(tr=0.9, flip_angle=radians(90)).flip_angle == radians(90)


def test_a_setting_cannot_be_changed():
    acquisition = Acquisition(tr=4.43e-3, flip_angle=radians(25))
    with pytest.raises(FrozenInstanceError):
        acquisition.tr = 5e-3
