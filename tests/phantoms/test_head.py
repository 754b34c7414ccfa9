import numpy as np
import pytest
import torch

from gadmap.phantoms.anatomy import brain_template
from gadmap.phantoms.case import Case
from gadmap.phantoms.fields import smooth_field
from gadmap.phantoms.head import grow_head
from gadmap.phantoms.mixture import Mixture
from gadmap.phantoms.plasma import plasma_curve
from gadmap.phantoms.sampling import slice_fractions
from gadmap.phantoms.tissues import LABEL, TISSUES


@pytest.fixture(scope="module")
def head():
    case = Case()
    return grow_head(torch.Generator().manual_seed(3), case)


@pytest.mark.parametrize("point_spread", [0.0, 0.8, 2.0])
def test_fractions_are_positive_and_sum_to_one(head, point_spread):
    case = Case(matrix=64, slices=2, point_spread=point_spread)
    fractions = slice_fractions(head, case, 1)
    assert fractions.shape == (len(TISSUES), 64, 64)
    assert fractions.min() >= 0
    np.testing.assert_allclose(fractions.sum(axis=0), 1, atol=1e-5)


def test_every_tissue_has_a_place(head):
    case = Case(matrix=128, slices=3)
    largest = np.max([slice_fractions(head, case, k).max(axis=(1, 2)) for k in range(3)], axis=0)
    assert (largest > 0.5).all()


def test_a_large_pixel_holds_the_mean_of_small_ones(head):
    small, large = (
        slice_fractions(head, Case(matrix=matrix, slices=1, point_spread=0.0), 0)
        for matrix in (256, 64)
    )
    mean = small.reshape(-1, 64, 4, 64, 4).mean(axis=(2, 4))
    assert np.abs(mean - large).mean() < 0.003
    np.testing.assert_allclose(mean.mean(axis=(1, 2)), large.mean(axis=(1, 2)), atol=0.003)


def test_point_spread_keeps_the_volume_of_each_tissue(head):
    sharp, blurred = (
        slice_fractions(head, Case(matrix=128, slices=1, point_spread=width), 0)
        for width in (0.0, 1.5)
    )
    np.testing.assert_allclose(sharp.sum(axis=(1, 2)), blurred.sum(axis=(1, 2)), rtol=0.03)
    assert np.abs(np.diff(blurred, axis=1)).sum() < np.abs(np.diff(sharp, axis=1)).sum()


def test_covering_and_converting_keep_the_sum():
    mixture = Mixture.of_air(5, 1.0)
    mixture.cover("white matter", mixture.inside(np.linspace(-1, 1, 5)))
    mixture.convert("white matter", "oedema", np.full(5, 0.25))
    np.testing.assert_allclose(mixture.fractions.sum(axis=0), 1, atol=1e-6)
    np.testing.assert_allclose(mixture.fractions[LABEL["oedema"]], [0.25, 0.25, 0.125, 0, 0])


def test_template_fractions_fill_no_more_than_the_brain():
    template = brain_template()
    total = template.grey.samples + template.white.samples
    assert total.min() >= 0
    assert total.max() <= 1 + 1e-5
    litres = total.sum() / 1e6
    assert 1.0 < litres < 2.0


def test_fields_are_standard_normal_and_the_same_on_any_grid():
    field = smooth_field(torch.Generator().manual_seed(0), 8.0)
    x = np.arange(-100.0, 100.0)
    values = field.on(x, x[30:-30], x[60:-60])
    assert abs(values.mean()) < 0.1
    assert values.std() == pytest.approx(1, abs=0.1)
    assert np.abs(values).max() <= 2.5
    np.testing.assert_allclose(
        field.on(x[::4], x[30:-30:3], x[60:-60]), values[::4, ::3], atol=1e-5
    )


def test_fields_are_smooth():
    """Their slope has no jump: second differences shrink with the square of the step."""
    field = smooth_field(torch.Generator().manual_seed(0), 10.0)
    coarse, fine = (
        np.abs(np.diff(field.on(x, x[:1], x[:1])[:, 0, 0], n=2)).max()
        for x in (np.arange(-50.0, 50.0, 1.0), np.arange(-50.0, 50.0, 0.5))
    )
    assert fine == pytest.approx(coarse / 4, rel=0.15)


def test_plasma_rises_once_to_a_measured_looking_peak():
    case = Case()
    plasma = plasma_curve(case)
    assert (plasma[: case.baseline_frames] == 0).all()
    assert (plasma[case.baseline_frames :] > 0).all()
    assert 5 < plasma.max() < 8
    assert plasma.argmax() - case.baseline_frames < 5
    assert 0.5 < plasma[-1] < 1.5
