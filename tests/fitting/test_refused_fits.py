import numpy as np
import pytest
from fit_cases import grid, noisy_curves

from gadmap import fit_curves

pytestmark = pytest.mark.usefixtures("as_installed")
T, CP = grid()
CURVES, _, _ = noisy_curves("tofts", 3)


def changed(array, at, value):
    array = array.copy()
    array[at] = value
    return array


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"model": "tofs"}, "no kinetic model 'tofs'; expected one of tofts, extended-tofts, pat"),
        (
            {"model": "2cxm", "device": "cuda"},
            "2cxm is fitted on the CPU only; found device 'cuda'",
        ),
        ({"concentration": CURVES.T}, r"concentration has shape \(65, 3\).* first axis\?"),
        ({"concentration": np.float64(1)}, r"concentration has shape \(\)"),
        ({"t": T[:-1]}, r"t \(64,\), cp \(65,\); expected time last"),
        ({"cp": CP[:-1]}, r"t \(65,\), cp \(64,\); expected time last"),
        ({"cp": CP[None]}, r"cp \(1, 65\)"),
        ({"concentration": CURVES[:, :1], "t": T[:1], "cp": CP[:1]}, "1 samples for the 2 of tof"),
        ({"concentration": CURVES.astype(int)}, "is int64; expected float32 or float64"),
        ({"concentration": CURVES.astype(np.float16)}, "is float16; expected float32 or float64"),
        ({"t": T[::-1].copy()}, r"t: times do not rise: 307.2 s then 302.4 s at frames 0 and 1"),
        ({"t": changed(T, 3, T[2])}, "t: times do not rise: 9.6 s then 9.6 s at frames 2 and 3"),
        ({"t": changed(T, 3, np.nan)}, "t: times hold values that are not finite"),
        ({"cp": changed(CP, 20, np.nan)}, r"cp is not finite.* is it the plasma curve\?"),
        ({"cp": changed(CP, 20, np.inf)}, "cp is not finite"),
        ({"cp": np.zeros_like(CP)}, "never above 0"),
        ({"cp": -CP}, "never above 0"),
        ({"weights": np.ones(64)}, r"weights have shape \(64,\); expected \(65,\) or \(3, 65\)"),
        ({"weights": np.ones((2, 65))}, r"weights have shape \(2, 65\)"),
        ({"weights": changed(np.ones(65), 8, -1)}, "a weight is below 0 or not finite"),
        ({"weights": changed(np.ones(65), 8, np.nan)}, "a weight is below 0 or not finite"),
        ({"weights": changed(np.ones(65), 8, np.inf)}, "a weight is below 0 or not finite"),
        ({"bounds": {"vp": (0, 1)}}, "bounds of 'vp', but tofts has ktrans, ve"),
        ({"bounds": {"ktrans": (1, 1)}}, "bounds of ktrans are 1 to 1; expected a range"),
        ({"bounds": {"ktrans": (2, 1)}}, "bounds of ktrans are 2 to 1; expected a range"),
        ({"bounds": {"ktrans": (-1, 1)}}, "bounds of ktrans are -1 to 1; expected a range"),
        ({"bounds": {"ktrans": (np.nan, 1)}}, "bounds of ktrans are nan to 1; expected a range"),
        ({"bounds": {"ktrans": (0, np.inf)}}, "bounds of ktrans are 0 to inf; expected a range"),
        ({"bounds": {"ve": (0, 1)}}, "bounds of ve are 0 to 1; expected a range"),
    ],
)
def test_input_that_cannot_be_right_is_refused_in_one_line(arguments, message):
    with pytest.raises(ValueError, match=message) as refusal:
        fit_curves(**{"concentration": CURVES, "t": T, "cp": CP} | arguments)
    assert "\n" not in str(refusal.value)
