"""Laws of SSIM, PSNR and RMSE."""

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from gadmap.evaluation import psnr, rmse, ssim

CALLS = pytest.mark.parametrize("metric", [ssim, psnr, rmse])


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    """A map with structure, and the same with errors."""
    generator = np.random.default_rng(3)
    rows, columns = np.mgrid[:32, :40] / 32
    reference = 0.5 + 0.4 * np.sin(7 * rows) * np.cos(5 * columns)
    return np.clip(reference + 0.05 * generator.standard_normal(reference.shape), 0, 1), reference


def test_a_map_is_like_itself(pair):
    _, reference = pair
    assert ssim(reference, reference) == 1
    assert rmse(reference, reference) == 0
    assert psnr(reference, reference) == float("inf")


@pytest.mark.parametrize("offset", [0.1, 0.01, 0.5])
def test_a_constant_offset_has_the_psnr_of_its_square(offset):
    flat = np.full((16, 16), 0.3)
    assert psnr(flat + offset, flat) == pytest.approx(-20 * np.log10(offset))
    assert rmse(flat + offset, flat) == pytest.approx(offset)


def test_two_flat_maps_have_the_ssim_of_their_luminance():
    """Without variance the formula is (2ab + C1) / (a² + b² + C1)."""
    a, b, c1 = 0.4, 0.6, 1e-4
    expected = (2 * a * b + c1) / (a * a + b * b + c1)
    assert ssim(np.full((13, 13), a), np.full((13, 13), b)) == pytest.approx(expected)


def test_ssim_is_that_of_windows_written_out(pair):
    """Wang 2004, equation 13, window by window."""
    x, y = pair
    at = np.arange(11) - 5
    kernel = np.exp(-(at[:, None] ** 2 + at[None] ** 2) / (2 * 1.5**2))
    kernel /= kernel.sum()
    found = []
    for i in range(x.shape[0] - 10):
        for j in range(x.shape[1] - 10):
            a, b = x[i : i + 11, j : j + 11], y[i : i + 11, j : j + 11]
            ma, mb = (kernel * a).sum(), (kernel * b).sum()
            va, vb = (kernel * (a - ma) ** 2).sum(), (kernel * (b - mb) ** 2).sum()
            vab = (kernel * (a - ma) * (b - mb)).sum()
            found.append(
                (2 * ma * mb + 1e-4)
                * (2 * vab + 9e-4)
                / ((ma**2 + mb**2 + 1e-4) * (va + vb + 9e-4))
            )
    assert ssim(x, y) == pytest.approx(np.mean(found), rel=1e-10)


def test_ssim_and_psnr_are_those_of_scikit_image(pair):
    x, y = pair
    theirs = structural_similarity(
        x, y, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1
    )
    assert ssim(x, y) == pytest.approx(theirs, abs=1e-9)
    assert psnr(x, y) == pytest.approx(peak_signal_noise_ratio(y, x, data_range=1))


def test_single_precision_suffices(pair):
    x, y = (image.astype(np.float32) for image in pair)
    assert ssim(x, y) == pytest.approx(ssim(*pair), abs=1e-6)


@CALLS
def test_what_stands_outside_has_no_say(metric, pair):
    x, y = (image.copy() for image in pair)
    inside = np.hypot(*(np.mgrid[:32, :40] - 16)) < 13
    before = metric(x, y, inside)
    x[~inside], y[~inside] = np.nan, 17.0
    assert metric(x, y, inside) == before
    assert before != metric(*pair)


def test_ssim_of_a_whole_window_is_that_without_a_mask(pair):
    """Where all voxels are inside, the weights need no correction."""
    everywhere = np.ones(pair[0].shape, dtype=bool)
    assert ssim(*pair, everywhere) == pytest.approx(ssim(*pair), rel=1e-12)


@CALLS
def test_nothing_inside_is_not_a_number(metric, pair):
    assert np.isnan(metric(*pair, np.zeros(pair[0].shape, dtype=bool)))


@CALLS
def test_unknown_voxels_must_be_left_out_by_name(metric, pair):
    x, y = (image.copy() for image in pair)
    x[4, 4] = np.nan
    with pytest.raises(ValueError, match="1 voxels that count are not finite"):
        metric(x, y)


@CALLS
def test_maps_of_two_shapes_are_refused(metric, pair, as_installed):
    with pytest.raises(ValueError, match="expected one shape"):
        metric(pair[0][:-1], pair[1])


def test_an_image_below_one_window_has_no_ssim():
    small = np.full((10, 40), 0.5)
    assert np.isnan(ssim(small, small))
