from dataclasses import replace
from math import inf

import numpy as np
import pytest

from gadmap.data import Exam, Reason
from gadmap.estimators import LeastSquares
from gadmap.fitting import fit_curves
from gadmap.phantoms import reference_object
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.voxels import exam_concentration

PURE = 0.9999
SIZE = {"matrix": 64, "slices": 4, "frames": 20}


@pytest.fixture(scope="module")
def clean():
    return reference_object(**SIZE, snr=inf)


@pytest.fixture(scope="module")
def noisy():
    return reference_object(**SIZE)


def with_spoilt_voxels(exam: Exam) -> tuple[Exam, dict[Reason, tuple[int, int, int]]]:
    """The examination with one voxel of the mask spoilt for each reason, and where they lie."""
    voxels = [tuple(int(i) for i in voxel) for voxel in np.argwhere(exam.mask)[::37]]
    signal, t10 = np.array(exam.series.signal), np.array(exam.t10)
    of_the_signal = [r for r in Reason if Reason.NOT_FINITE <= r <= Reason.SIGNAL_TOO_HIGH]
    where = dict(zip(of_the_signal, voxels, strict=False))
    signal[(*where[Reason.NOT_FINITE], 3)] = np.nan
    signal[where[Reason.NO_SIGNAL]] = 0
    signal[(*where[Reason.NEGATIVE_SIGNAL], 5)] = -32768
    t10[where[Reason.NO_T10]] = np.nan
    signal[(*where[Reason.SIGNAL_TOO_HIGH], 12)] *= 30
    return replace(exam, series=replace(exam.series, signal=signal), t10=t10), where


def test_pure_tissue_without_noise_gets_its_true_parameters(clean):
    """Within 0.1 %, through the signal equation, in every enhancing tissue."""
    maps = LeastSquares("tofts").estimate(clean.exam)
    pure = (clean.purity > PURE) & clean.exam.mask & (np.nan_to_num(clean.truth["ktrans"]) > 0)
    assert pure.sum() > 100
    for name in ("ktrans", "ve", "kep"):
        np.testing.assert_allclose(maps[name][pure], clean.truth[name][pure], rtol=1e-3)


@pytest.mark.parametrize("model", KINETIC_MODELS)
def test_maps_hold_the_parameters_of_the_model_and_their_errors(noisy, model):
    maps = LeastSquares(model).estimate(noisy.exam)
    names = {quantity.name for quantity in KINETIC_MODELS[model].parameters}
    assert names | {"r2"} <= set(maps.values)
    assert names <= set(maps.standard_error)
    for values in (*maps.values.values(), *maps.standard_error.values()):
        assert values.dtype == np.float32
        assert values.shape == noisy.exam.series.grid
    assert (maps.estimator, maps.model) == ("least-squares", model)
    np.testing.assert_array_equal(maps.affine, noisy.exam.series.affine)


@pytest.mark.parametrize("model", KINETIC_MODELS)
def test_a_parameter_is_nan_exactly_where_it_is_not_valid(noisy, model):
    exam, _ = with_spoilt_voxels(noisy.exam)
    maps = LeastSquares(model).estimate(exam)
    assert 0.9 * exam.mask.sum() < maps.valid.sum() < exam.mask.sum()
    for quantity in KINETIC_MODELS[model].parameters:
        np.testing.assert_array_equal(np.isnan(maps[quantity.name]), ~maps.valid)


def test_a_voxel_without_estimate_says_why(noisy):
    exam, where = with_spoilt_voxels(noisy.exam)
    maps = LeastSquares("tofts").estimate(exam)
    for reason, voxel in where.items():
        assert maps.reason[voxel] == reason
        assert not maps.valid[voxel]
    np.testing.assert_array_equal(maps.reason == Reason.OUTSIDE_MASK, ~exam.mask)


def test_a_spoilt_voxel_changes_no_other(noisy):
    exam, where = with_spoilt_voxels(noisy.exam)
    others = noisy.exam.mask.copy()
    for voxel in where.values():
        others[voxel] = False
    expected, found = (LeastSquares("tofts").estimate(e) for e in (noisy.exam, exam))
    np.testing.assert_allclose(found["ktrans"][others], expected["ktrans"][others], rtol=1e-5)


def test_tissue_that_does_not_enhance_keeps_its_estimate_and_is_flagged(noisy):
    csf = (noisy.labels == noisy.tissues.index("csf")) & (noisy.purity > PURE) & noisy.exam.mask
    assert csf.any()
    maps = LeastSquares("tofts").estimate(noisy.exam)
    assert (maps.reason[csf] == Reason.NO_ENHANCEMENT).mean() > 0.9
    assert maps.valid[csf].all()


def test_maps_are_the_fit_of_every_curve(noisy):
    exam = noisy.exam
    concentration, _ = exam_concentration(exam)
    plasma = np.interp(exam.series.t, exam.aif.t, exam.aif.plasma)
    fit = fit_curves(concentration[exam.mask], exam.series.t, plasma, "extended-tofts")
    maps = LeastSquares("extended-tofts").estimate(exam)
    for name in ("ktrans", "ve", "vp", "r2"):
        np.testing.assert_allclose(maps[name][exam.mask], fit[name], rtol=1e-5, atol=1e-7)


def test_the_arterial_input_may_have_times_of_its_own(clean):
    """A curve sampled ten times as densely is read at the times of the series."""
    exam = clean.exam
    dense = np.union1d(np.linspace(exam.aif.t[0], exam.aif.t[-1], 191), exam.aif.t)
    plasma = np.interp(dense, exam.aif.t, exam.aif.plasma)
    other = replace(exam, aif=replace(exam.aif, t=dense, plasma=plasma))
    one, two = (LeastSquares("tofts").estimate(e) for e in (exam, other))
    np.testing.assert_allclose(one["ktrans"], two["ktrans"], rtol=1e-6)


def test_bounds_hold_in_the_maps_and_stand_in_the_settings(noisy):
    maps = LeastSquares("tofts", bounds={"ve": (0.05, 0.2)}).estimate(noisy.exam)
    ve = maps["ve"][maps.valid].astype(np.float64)
    assert ve.min() >= np.float32(0.05)
    assert ve.max() <= np.float32(0.2)
    assert maps.settings["bounds"] == {"ktrans": (0.0, 5.0), "ve": (0.05, 0.2)}


def test_an_unknown_model_is_refused(noisy):
    with pytest.raises(ValueError, match="no kinetic model 'tofs'"):
        LeastSquares("tofs").estimate(noisy.exam)


def test_progress_counts_the_voxels_of_the_mask(noisy):
    seen = []
    estimator = LeastSquares("patlak", progress=lambda done, total: seen.append((done, total)))
    estimator.estimate(noisy.exam)
    total = int(noisy.exam.mask.sum())
    assert seen[-1] == (total, total)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_an_empty_mask_gives_maps_without_estimates(noisy):
    nothing = replace(noisy.exam, mask=np.zeros_like(noisy.exam.mask))
    maps = LeastSquares("tofts").estimate(nothing)
    assert np.isnan(maps["ktrans"]).all()
    assert (maps.reason == Reason.OUTSIDE_MASK).all()
