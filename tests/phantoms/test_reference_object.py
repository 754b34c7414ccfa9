from math import inf, pi, sqrt

import numpy as np
import pytest
import torch
from scipy import ndimage

from gadmap.data import Reason
from gadmap.phantoms import TISSUES, Case, phantom_of, reference_object
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.relaxivity import concentration_of_rate
from gadmap.physics.spgr import spgr_r1, spgr_s0

PURE = 0.9999
SMALL = {"matrix": 64, "slices": 4, "frames": 20}
THIN = ("skin", "marrow")  # fill no voxel
ENHANCING = [tissue.name for tissue in TISSUES if tissue.ktrans > 0 and tissue.name not in THIN]


@pytest.fixture(scope="module")
def clean():
    """One slice through the tumour at full resolution, without noise."""
    return phantom_of(Case(slices=1, frames=40, snr=inf))


@pytest.fixture(scope="module")
def noisy():
    return reference_object(**SMALL)


def measured_concentration(phantom, where):
    """Through the inverse signal equation, voxel by time [mmol/L]."""
    series, t10 = phantom.exam.series, phantom.exam.t10
    signal = torch.tensor(series.signal[where], dtype=torch.float64)
    r10 = 1 / torch.tensor(t10[where], dtype=torch.float64)[:, None]
    angle = torch.tensor(series.acquisition.flip_angle, dtype=torch.float64)
    tr = series.acquisition.tr
    s0 = spgr_s0(signal[:, :1], r10, angle, tr)
    return concentration_of_rate(spgr_r1(signal, s0, angle, tr), r10, phantom.exam.relaxivity)


@pytest.mark.parametrize("tissue", ENHANCING)
def test_pure_voxels_hold_the_concentration_of_their_true_parameters(clean, tissue):
    where = (clean.labels == clean.tissues.index(tissue)) & (clean.purity > PURE)
    assert where.any()
    truth = {
        name: torch.tensor(clean.truth[name][where], dtype=torch.float64)
        for name in ("ktrans", "ve")
    }
    t, plasma = torch.tensor(clean.exam.series.t), torch.tensor(clean.exam.aif.plasma)
    expected = tissue_concentration(KINETIC_MODELS["tofts"], truth, t, plasma)
    torch.testing.assert_close(measured_concentration(clean, where), expected, rtol=1e-4, atol=1e-5)


def test_vessels_carry_the_plasma_curve_diluted_by_the_haematocrit(clean):
    where = (clean.labels == clean.tissues.index("blood")) & (clean.purity > PURE)
    assert where.sum() > 10
    blood = torch.tensor(clean.exam.aif.plasma * (1 - clean.exam.hct))
    concentration = measured_concentration(clean, where)
    torch.testing.assert_close(concentration, blood.expand_as(concentration), rtol=1e-4, atol=1e-5)


def test_tissue_without_exchange_does_not_enhance(clean):
    where = (clean.labels == clean.tissues.index("csf")) & (clean.purity > PURE)
    assert where.any()
    assert np.ptp(clean.exam.series.signal[where], axis=-1).max() == 0
    assert (clean.truth["ktrans"][where & clean.exam.mask] == 0).all()


def test_flip_angle_volumes_agree_with_the_dynamic_series_before_contrast(clean):
    at_same_angle = [
        i
        for i, acquisition in enumerate(clean.vfa.acquisitions)
        if acquisition.flip_angle == clean.exam.series.acquisition.flip_angle
    ]
    np.testing.assert_allclose(
        clean.vfa.signal[..., at_same_angle[0]], clean.exam.series.signal[..., 0], rtol=1e-6
    )


def test_nothing_enhances_during_the_baseline(clean):
    baseline = clean.exam.series.signal[..., : clean.exam.baseline_frames]
    assert (baseline == baseline[..., :1]).all()
    assert clean.exam.aif.plasma[clean.exam.baseline_frames] > 0


def test_truth_is_finite_in_the_mask_and_missing_outside(clean, noisy):
    for phantom in (clean, noisy):
        mask = phantom.exam.mask
        assert 0.2 < mask.mean() < 0.6
        for values in phantom.truth.values.values():
            np.testing.assert_array_equal(np.isfinite(values), mask)
        np.testing.assert_array_equal(phantom.truth.reason == Reason.ESTIMATED, mask)
        assert np.isfinite(phantom.exam.t10[mask]).all()


def test_kep_is_ktrans_over_ve_and_0_where_nothing_is_exchanged(noisy):
    ktrans, ve, kep = (noisy.truth[name][noisy.exam.mask] for name in ("ktrans", "ve", "kep"))
    np.testing.assert_allclose(kep * ve, ktrans, rtol=1e-6)
    assert (kep[ve == 0] == 0).all()


def test_the_same_seed_gives_the_same_phantom_and_another_seed_another(noisy):
    again = reference_object(**SMALL)
    np.testing.assert_array_equal(again.exam.series.signal, noisy.exam.series.signal)
    np.testing.assert_array_equal(again.vfa.signal, noisy.vfa.signal)
    other = reference_object(seed=1, **SMALL)
    assert (other.labels != noisy.labels).any()
    assert (other.exam.series.signal != noisy.exam.series.signal).all()


def test_air_shows_the_noise_of_a_magnitude_image(noisy):
    """Without signal the magnitude follows Rayleigh's law: sd sqrt(2 - pi/2), mean sqrt(pi/2)."""
    air = (noisy.labels == noisy.tissues.index("air")) & (noisy.purity > PURE)
    for signal in (noisy.exam.series.signal[air], noisy.vfa.signal[air]):
        assert signal.std() == pytest.approx(sqrt(2 - pi / 2) * noisy.noise_sd, rel=0.02)
        assert signal.mean() == pytest.approx(sqrt(pi / 2) * noisy.noise_sd, rel=0.02)


def test_normal_brain_has_the_signal_to_noise_ratio_asked_for():
    phantom, clean = (reference_object(snr=snr, **SMALL) for snr in (40.0, inf))
    brain = np.isin(
        phantom.labels, [phantom.tissues.index(f"{c} matter") for c in ("grey", "white")]
    )
    brain &= phantom.purity > 0.9
    difference = phantom.exam.series.signal[brain] - clean.exam.series.signal[brain]
    signal = clean.exam.series.signal[brain, 0].mean()
    assert signal / difference.std() == pytest.approx(40, rel=0.03)
    assert clean.noise_sd == 0


def test_the_demonstration_has_voxels_of_1_by_1_by_5_mm(clean):
    np.testing.assert_array_equal(np.diag(clean.exam.series.affine), [1, 1, 5, 1])
    assert clean.exam.series.grid == (256, 256, 1)


def test_fewer_voxels_span_the_same_field(noisy):
    np.testing.assert_array_equal(np.diag(noisy.exam.series.affine), [4, 4, 5, 1])


def test_the_tumour_is_a_ring(clean):
    rim = clean.labels[..., 0] == clean.tissues.index("tumour rim")
    core = clean.labels[..., 0] == clean.tissues.index("necrotic core")
    assert core.sum() > 100
    assert (ndimage.binary_fill_holes(rim) >= core).mean() > 0.999
    assert np.median(clean.truth["ktrans"][..., 0][rim]) > 5 * np.median(
        clean.truth["ktrans"][..., 0][core]
    )


def test_rim_values_keep_to_their_published_range(clean):
    rim = (clean.labels == clean.tissues.index("tumour rim")) & (clean.purity > PURE)
    for name, low, high in (("ktrans", 0.1, 0.36), ("ve", 0.2, 0.5)):
        values = clean.truth[name][rim]
        assert low < values.min() < values.max() < high
        assert values.std() > 0.1 * values.mean()


def test_the_sagittal_sinus_runs_through_every_slice():
    phantom = reference_object(matrix=128, frames=9, snr=inf)
    blood = phantom.labels == phantom.tissues.index("blood")
    behind = blood[54:74, : phantom.labels.shape[1] // 3]  # near the midline
    assert behind.any(axis=(0, 1)).all()


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"frames": 8}, "8 frames of which 8"),
        ({"snr": 0.0}, "snr is 0"),
        ({"matrix": 4}, "4 x 4 x 16 voxels"),
        ({"point_spread": -1.0}, "point_spread is -1"),
    ],
)
def test_impossible_choices_are_refused(choice, message):
    with pytest.raises(ValueError, match=message):
        reference_object(**choice)
