"""Laws of the sums over images, and of the metrics that follow from them."""

import numpy as np
import pytest

from gadmap.evaluation import METRICS, Agreement, agreement, psnr, row_of, ssim

SCALE = 0.2


@pytest.fixture
def images() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Estimates and references in 1/min, and where they count."""
    generator = np.random.default_rng(5)
    reference = generator.uniform(0, SCALE, (6, 32, 32)).astype(np.float32)
    estimate = reference + generator.normal(0, 0.01, reference.shape).astype(np.float32)
    return estimate, reference, generator.random(reference.shape) < 0.9


def figures(pool: Agreement) -> dict[str, float]:
    row = row_of("one", ["all"], [{"all": pool}])
    return {name: float(row.pooled(metric)[0, 0]) for name, metric in METRICS.items()}


def test_psnr_is_the_mean_over_images_and_rmse_is_over_all_voxels(images):
    estimate, reference, inside = images
    found = figures(agreement(estimate, reference, inside, SCALE))
    scaled = [np.clip(one / SCALE, 0, 1) for one in (estimate, reference)]
    pairs = list(zip(*scaled, inside, strict=True))
    assert found["psnr"] == pytest.approx(np.mean([psnr(*pair) for pair in pairs]))
    assert found["ssim"] == pytest.approx(np.mean([ssim(*pair) for pair in pairs]))
    error = (scaled[0] - scaled[1])[inside]
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-5)


def test_parts_of_the_images_pool_to_the_whole(images):
    whole = figures(agreement(*images, SCALE))
    first, second = (tuple(one[part] for one in images) for part in (slice(2), slice(2, None)))
    parts = figures(agreement(*first, SCALE) + agreement(*second, SCALE))
    assert parts == pytest.approx(whole, rel=1e-12)


def test_bias_is_the_mean_difference_in_the_quantity_s_unit(images):
    _, reference, inside = images
    assert figures(agreement(reference + np.float32(0.03), reference, inside, SCALE))[
        "bias_unit"
    ] == pytest.approx(0.03, rel=1e-4)


def test_what_clipping_hides_is_told_in_the_unit(images):
    """Above the scale the scaled error vanishes, the error in the unit does not."""
    _, reference, inside = images
    high = reference + np.float32(2 * SCALE)
    found = figures(agreement(high + np.float32(0.1), high, inside, SCALE))
    assert found["rmse"] == 0
    assert found["psnr"] == float("inf")
    assert found["rmse_unit"] == pytest.approx(0.1, rel=1e-4)


def test_voxels_that_do_not_count_may_be_anything(images):
    estimate, reference, inside = images
    before = agreement(estimate, reference, inside, SCALE)
    assert agreement(np.where(inside, estimate, np.nan), reference, inside, SCALE) == before


def test_an_image_without_a_voxel_is_no_image(images):
    estimate, reference, inside = (one.copy() for one in images)
    inside[0] = False
    found = agreement(estimate, reference, inside, SCALE)
    assert found.images == 5
    assert found == agreement(estimate[1:], reference[1:], inside[1:], SCALE)


def test_nothing_compared_is_not_a_number():
    assert all(np.isnan(value) for value in figures(Agreement()).values())


def test_a_row_wants_the_same_patients_from_every_seed():
    with pytest.raises(ValueError, match="expected a, b"):
        row_of("net", ["a", "b"], [{"a": Agreement(), "b": Agreement()}, {"a": Agreement()}])
