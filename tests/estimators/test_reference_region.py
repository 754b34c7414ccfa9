import json
from dataclasses import replace
from math import inf

import nibabel as nib
import numpy as np
import pytest
import torch

import gadmap
from gadmap import fit_curves
from gadmap.data import Exam, ReferenceRegion
from gadmap.estimators import ReferenceRegionFit
from gadmap.estimators.reference_region import common_rate
from gadmap.io import write_nifti
from gadmap.phantoms import reference_object
from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import REFERENCE_REGION, TOFTS, constrained
from gadmap.pipeline import MapSettings, map_exam

T = 4.8 * np.arange(65)
KEP_RR = 0.8
RNG = np.random.default_rng(3)
TRUE = {"rktrans": RNG.uniform(0.3, 6, 40), "rve": RNG.uniform(0.5, 6, 40)}
TRUE["kep"] = KEP_RR * TRUE["rktrans"] / TRUE["rve"]


def plasma(t):
    since = torch.tensor(t - 37.0, dtype=torch.float64)
    return POPULATION_AIFS["parker"].plasma(since, 0.42).numpy()


def tofts(t, ktrans, ve):
    values = {"ktrans": torch.tensor(ktrans).double(), "ve": torch.tensor(ve).double()}
    return tissue_concentration(TOFTS, values, torch.tensor(t), torch.tensor(plasma(t))).numpy()


REFERENCE = tofts(T, 0.08, 0.1)


def tissue(true=TRUE):
    """Curves of the model itself, whose reference is linear between its samples."""
    values = {name: torch.tensor(value) for name, value in true.items()}
    driven = torch.tensor(T), torch.tensor(REFERENCE)
    return tissue_concentration(REFERENCE_REGION, values, *driven).numpy()


def noisy(curves, sd=0.01):
    return curves + np.random.default_rng(0).normal(0, sd, curves.shape)


def test_the_model_with_its_own_rate_comes_back_from_curves_without_noise():
    fit = fit_curves(tissue(), T, REFERENCE, "reference-region")
    for name, true in TRUE.items():
        np.testing.assert_allclose(fit[name], true, rtol=1e-4)
    np.testing.assert_allclose(fit["keprr"], KEP_RR, rtol=1e-4)


def test_the_model_with_the_rate_held_comes_back_from_curves_without_noise():
    fit = fit_curves(tissue(), T, REFERENCE, constrained(KEP_RR))
    for name, true in TRUE.items():
        np.testing.assert_allclose(fit[name], true, rtol=1e-6)


def test_the_rate_held_is_where_the_free_fit_of_those_curves_lies():
    """Both forms are one model: at its own rate each curve's held fit is its free one."""
    curves = noisy(tissue())[:4]
    free = fit_curves(curves, T, REFERENCE, "reference-region")
    for i, curve in enumerate(curves):
        held = fit_curves(curve[None], T, REFERENCE, constrained(float(free["keprr"][i])))
        np.testing.assert_allclose(held.sse[0], free.sse[i], rtol=1e-6)
        for name in TRUE:
            np.testing.assert_allclose(held[name][0], free[name][i], rtol=1e-3)


def test_no_rate_on_a_dense_grid_fits_better_than_the_one_that_is_found():
    curves = noisy(tissue())
    fit = fit_curves(curves, T, REFERENCE, constrained(KEP_RR))
    minutes, reference = torch.tensor(T / 60), torch.tensor(REFERENCE)
    for kep in np.geomspace(0.02, 19, 300):
        kep = torch.tensor([kep])
        term = gadmap.physics.convolution.exponential_convolution(reference, minutes, kep)[0]
        column = (reference + (KEP_RR - kep) * term).numpy()
        r = (curves @ column) / (column @ column)
        r = np.clip(r, float(kep) * 0.01 / KEP_RR, min(50.0, float(kep) * 10 / KEP_RR))
        sse = np.square(curves - r[:, None] * column).sum(axis=1)
        assert (fit.sse <= sse * (1 + 1e-6)).all()


@pytest.mark.parametrize("model", ["reference-region", constrained(KEP_RR)])
def test_ratios_scale_with_the_curve_and_against_the_reference(model):
    curves = noisy(tissue())
    one = fit_curves(curves, T, REFERENCE, model)
    half = fit_curves(0.5 * curves, T, REFERENCE, model)
    thrice = fit_curves(curves, T, 3 * REFERENCE, model)
    for other, factor in ((half, 0.5), (thrice, 1 / 3)):
        np.testing.assert_allclose(other["rktrans"], factor * one["rktrans"], rtol=1e-5)
        np.testing.assert_allclose(other["kep"], one["kep"], rtol=1e-5)


def test_the_order_of_curves_does_not_matter():
    curves, order = noisy(tissue()), np.random.default_rng(1).permutation(40)
    one = fit_curves(curves, T, REFERENCE, constrained(KEP_RR))
    other = fit_curves(curves[order], T, REFERENCE, constrained(KEP_RR))
    np.testing.assert_array_equal(other["rktrans"], one["rktrans"][order])


def test_standard_errors_are_the_scatter_of_repeated_curves():
    curves = np.repeat(tissue()[:1], 4_000, axis=0)
    fit = fit_curves(noisy(curves, 0.005), T, REFERENCE, constrained(KEP_RR))
    for name in TRUE:
        assert fit[name].std() == pytest.approx(fit.standard_error[name].mean(), rel=0.05)


def test_a_denser_reference_brings_the_ratios_to_those_of_tofts():
    """The reference is read as linear between frames: at 1 s that costs less than a percent."""
    ktrans, ve = np.array([0.03, 0.1, 0.25]), np.array([0.1, 0.4, 0.3])
    errors = {}
    for step in (4.0, 1.0):
        t = np.arange(0, 300, step)
        reference = tofts(t, 0.08, 0.1)
        fit = fit_curves(tofts(t, ktrans, ve), t, reference, constrained(0.8))
        errors[step] = max(
            np.abs(fit["rktrans"] / (ktrans / 0.08) - 1).max(),
            np.abs(fit["rve"] / (ve / 0.1) - 1).max(),
        )
    assert errors[1.0] < 0.002
    assert errors[1.0] < errors[4.0] / 4


def test_the_rate_that_explains_all_curves_is_that_of_their_reference():
    rate = common_rate(noisy(tissue()), T, REFERENCE)
    assert rate.value == pytest.approx(KEP_RR, abs=4 * rate.error)
    assert rate.error < 0.02
    assert common_rate(tissue(), T, REFERENCE).value == pytest.approx(KEP_RR, rel=1e-4)


def test_the_error_of_that_rate_is_the_scatter_over_repeated_examinations():
    clean, random = np.repeat(tissue(), 2, axis=0), np.random.default_rng(5)
    rates = [
        common_rate(clean + random.normal(0, 0.02, clean.shape), T, REFERENCE) for _ in range(5)
    ]
    scores = [(rate.value - KEP_RR) / rate.error for rate in rates]
    assert 0.2 < np.square(scores).sum() < 20.5  # 99.8 % of a chi-square of five


def test_too_few_curves_do_not_tell_the_rate():
    with pytest.raises(ValueError, match="only 3 voxels follow"):
        common_rate(tissue()[:3], T, REFERENCE)


@pytest.fixture(scope="module")
def phantom():
    return reference_object(matrix=64, slices=4, frames=65, snr=inf)


def with_reference(phantom, purity=0.9) -> Exam:
    muscle = phantom.labels == phantom.tissues.index("muscle")
    voxels = np.argwhere(muscle & (phantom.purity > purity))
    return replace(phantom.exam, reference=ReferenceRegion(voxels=voxels, source="muscle"))


def test_maps_are_absolute_where_the_reference_is_known_and_only_then(phantom):
    exam = with_reference(phantom)
    by_ve = ReferenceRegionFit(ve=0.1).estimate(exam)
    assert list(by_ve.values) == ["ktrans", "ve", "rktrans", "rve", "kep", "r2"]
    ok, kep_rr = by_ve.valid, by_ve.settings["keprr"]
    np.testing.assert_allclose(by_ve["ve"][ok], 0.1 * by_ve["rve"][ok], rtol=1e-5)
    expected = 0.1 * kep_rr * by_ve["rktrans"]
    np.testing.assert_allclose(by_ve["ktrans"][ok], expected[ok], rtol=1e-5)
    both = ReferenceRegionFit(ktrans=0.07, ve=0.1).estimate(exam)
    assert both.settings["keprr"] == pytest.approx(0.7)
    error = 0.07 * both.standard_error["rktrans"]
    np.testing.assert_allclose(both.standard_error["ktrans"][ok], error[ok], rtol=1e-5)
    assert "which nobody measured" in " ".join(both.settings["remarks"])


def test_the_phantoms_tumour_is_found_without_an_artery(phantom):
    """Muscle's true values given: what is left is the reading of its curve between frames."""
    exam = with_reference(phantom)
    muscle = tuple(exam.reference.voxels.T)
    ktrans, ve = (float(np.median(phantom.truth[name][muscle])) for name in ("ktrans", "ve"))
    maps = ReferenceRegionFit(ktrans=ktrans, ve=ve).estimate(exam)
    oedema = (phantom.labels == phantom.tissues.index("oedema")) & (phantom.purity > 0.9)
    assert oedema.sum() > 20
    for name in ("ktrans", "ve"):
        ratio = maps[name][oedema] / phantom.truth[name][oedema]
        assert np.median(ratio) == pytest.approx(1, abs=0.1)


def test_what_is_missing_or_cannot_be_is_said(phantom):
    with pytest.raises(ValueError, match="no reference region"):
        ReferenceRegionFit().estimate(phantom.exam)
    air = np.argwhere(phantom.exam.series.signal.max(axis=-1) <= 0)[:5]
    dark = ReferenceRegion(voxels=air if len(air) else np.zeros((1, 3), int), source="air")
    with pytest.raises(ValueError, match="reference region"):
        ReferenceRegionFit().estimate(replace(phantom.exam, reference=dark))
    with pytest.raises(ValueError, match=r"ve of the reference region is 1\.2"):
        ReferenceRegionFit(ve=1.2)
    with pytest.raises(ValueError, match="expected estimator reference-region"):
        MapSettings(reference="muscle.nii.gz")


def test_the_road_from_a_mask_to_the_page_and_back(phantom, tmp_path):
    exam = with_reference(phantom)
    write_nifti(tmp_path / "nifti", exam.series)
    mask = np.zeros(exam.series.grid, np.uint8)
    mask[tuple(exam.reference.voxels.T)] = 1
    nib.save(nib.Nifti1Image(mask, exam.series.affine), tmp_path / "muscle.nii.gz")
    settings = MapSettings(
        estimator="reference-region",
        reference=tmp_path / "muscle.nii.gz",
        reference_ve=0.1,
        t10=1.2,
    )
    out = tmp_path / "out"
    result = map_exam(tmp_path / "nifti" / "dce.nii.gz", out, settings)
    assert result.exam.aif.stand_in
    assert next(iter(result.maps.values)) == "ktrans"
    record = json.loads((out / "maps.json").read_text())
    assert record["reference"]["source"] == f"mask of {mask.sum()} voxels, muscle.nii.gz"
    assert record["options"]["reference"] == "muscle.nii.gz"
    assert json.loads((out / "kep.json").read_text())["LexiconCode"] == "Q.PH1.009.[e-p]"
    page = (out / "report.html").read_text()
    for there in ("Reference region", "muscle.nii.gz", 'id="rktrans"', "which nobody measured"):
        assert there in page
    assert "The arterial input peaks" not in page
    again, maps = gadmap.read_results(out)
    np.testing.assert_array_equal(again.reference.voxels, result.exam.reference.voxels)
    np.testing.assert_array_equal(maps["rktrans"], result.maps["rktrans"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--estimator", "reference-region"), "needs a --reference"),
        (("--reference", "muscle.nii.gz"), "is for --estimator"),
        (("--reference-ve", "0.1"), "is for --estimator"),
    ],
)
def test_misuse_of_the_options_is_told(run, tmp_path, options, said):
    refused = run("map", tmp_path, "--out", tmp_path / "out", *options)
    assert refused.code == 2
    assert said in " ".join(refused.err.split())
