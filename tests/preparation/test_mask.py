from dataclasses import replace

import numpy as np
import pytest
from block_case import block_series

from gadmap.preparation.mask import foreground, voxel_mask


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_the_body_is_found_whatever_the_signals_scale(scale):
    series, _ = block_series(noise=5.0)
    found = foreground(replace(series, signal=series.signal * np.float32(scale)))
    truth = np.zeros(series.grid, dtype=bool)
    truth[3:21, 3:21] = True
    assert np.count_nonzero(found != truth) < 0.02 * truth.sum()


def test_every_tissue_of_the_phantom_is_inside_and_air_is_not(phantom):
    found = foreground(phantom.exam.series)
    for label, name in enumerate(phantom.tissues):
        pure = (phantom.labels == label) & (phantom.purity > 0.9)
        if pure.any():
            assert found[pure].mean() == pytest.approx(float(name != "air"), abs=0.03), name


def test_holes_are_filled_and_specks_dropped():
    series, _ = block_series(noise=5.0)
    signal = series.signal.copy()
    signal[6:8, 6:8] = 1.0
    signal[1, 1, 2] = 500.0
    found = foreground(replace(series, signal=signal))
    assert found[6:8, 6:8].all()
    assert not found[1, 1, 2]


def test_auto_is_the_default_and_none_is_every_voxel():
    series, _ = block_series(noise=5.0)
    found, source = voxel_mask(series)
    assert source == "auto"
    np.testing.assert_array_equal(found, voxel_mask(series, "auto")[0])
    assert voxel_mask(series, "none")[0].all()


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (np.ones((3, 3, 3), dtype=bool), "shape"),
        (np.zeros((24, 24, 6), dtype=bool), "empty"),
        ("brain", "'auto' or 'none'"),
    ],
)
def test_a_mask_that_does_not_fit_is_refused(mask, words):
    with pytest.raises(ValueError, match=words):
        voxel_mask(block_series()[0], mask)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, -32768.0])
def test_a_series_without_signal_is_refused(value):
    series, _ = block_series()
    empty = replace(series, signal=np.full_like(series.signal, value))
    with pytest.raises(ValueError, match="stands out from the noise"):
        foreground(empty)
