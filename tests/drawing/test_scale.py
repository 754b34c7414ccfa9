"""Laws of the colour scale."""

import numpy as np
import pytest

from gadmap.drawing.scale import robust_scale


@pytest.mark.parametrize("size", [1e-4, 0.037, 1.0, 731.0])
def test_the_scale_reaches_the_percentile_with_two_digits(size: float):
    values = np.linspace(0, size, 1001).reshape(7, 11, 13)
    scale = robust_scale(values, np.ones(values.shape, dtype=bool), "viridis", 98.0, "all")
    assert 0.98 * size * (1 - 1e-9) <= scale.high <= 1.1 * size
    assert float(f"{scale.high:.2g}") == scale.high


def test_ticks_lie_where_their_value_is_drawn():
    values = np.full((2, 2, 2), 0.083)
    scale = robust_scale(values, values > 0, "viridis", 98.0, "all")
    for position, text in scale.ticks():
        assert float(text) == pytest.approx(scale.high * position / 100, abs=1e-9)


def test_one_wild_voxel_does_not_set_the_scale():
    values = np.full((20, 20, 3), 0.1)
    values[0, 0, 0] = 5.0
    assert robust_scale(values, values > 0, "viridis", 98.0, "all").high == 0.1


def test_colours_grow_lighter_with_the_value_without_colour_vision():
    """Luminance rises all along the bar, so the order can be read in gray."""
    values = np.linspace(0, 1, 64)
    for colormap in ("viridis", "inferno"):
        scale = robust_scale(values[None, None], values[None, None] >= 0, colormap, 100.0, "all")
        luminance = scale.colours(values).astype(float) @ (0.2126, 0.7152, 0.0722)
        assert (np.diff(luminance) > 0).all()


def test_nothing_to_draw_gives_a_scale_all_the_same():
    values = np.full((2, 2, 2), np.nan)
    assert (
        robust_scale(values, np.zeros(values.shape, dtype=bool), "viridis", 98.0, "all").high == 1
    )
