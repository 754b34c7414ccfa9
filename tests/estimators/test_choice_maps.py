"""Maps of the best model: from an examination to files, reports and back."""

import json
import re
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from disc import disc_exam, disc_scan
from gadmap import ModelChoice, choose_models, estimate
from gadmap.data import Exam, ParameterMaps, Reason
from gadmap.estimators import LeastSquares
from gadmap.evaluation.cautions import findings
from gadmap.evaluation.curves import driving_curve, has_curves, modelled_curves
from gadmap.evaluation.model_shares import model_shares, not_enough, simple_sentence
from gadmap.io import read_maps, write_maps, write_nifti
from gadmap.io.dicom_map_codes import quantity_items
from gadmap.io.map_names import BidsOrigin, image_stem
from gadmap.physics.voxels import exam_concentration
from gadmap.pipeline.repeat import repeated_settings
from gadmap.report.page import render

CHAIN = ("tofts", "extended-tofts", "2cxm")


def with_noise(exam: Exam, share: float = 0.01) -> Exam:
    signal = exam.series.signal
    noise = share * signal.mean() * np.random.default_rng(0).standard_normal(signal.shape)
    noisy = np.clip(signal + noise, 0, None).astype(np.float32)
    return replace(exam, series=replace(exam.series, signal=noisy))


@pytest.fixture(scope="module")
def exam() -> Exam:
    return with_noise(disc_exam())


@pytest.fixture(scope="module")
def maps(exam: Exam) -> ParameterMaps:
    return estimate(exam, ModelChoice(CHAIN))


def test_maps_are_the_choice_of_every_curve(exam: Exam, maps: ParameterMaps):
    concentration, reason = exam_concentration(exam)
    inside = exam.mask & (reason == Reason.ESTIMATED)
    plasma = np.interp(exam.series.t, exam.aif.t, exam.aif.plasma)
    chosen = choose_models(concentration[inside], exam.series.t, plasma, CHAIN)
    np.testing.assert_array_equal(maps["best_model"][inside], chosen.best)
    for name in ("ktrans", "vp", "ktrans_averaged", "weight_tofts", "p_2cxm"):
        np.testing.assert_allclose(maps[name][inside], chosen.fit[name], rtol=1e-5, atol=1e-7)


def test_every_map_is_nan_where_nothing_was_estimated(maps: ParameterMaps):
    for values in maps.values.values():
        assert np.isnan(values[~maps.valid]).all()
    for name in ("best_model", "ktrans_averaged", *(f"weight_{model}" for model in CHAIN)):
        assert np.isfinite(maps[name][maps.valid]).all()


def test_curves_are_those_of_the_model_that_each_voxel_has(exam: Exam, maps: ParameterMaps):
    assert has_curves(maps)
    alone = {model: LeastSquares(model).estimate(exam) for model in CHAIN}
    for place, model in enumerate(CHAIN, start=1):
        voxels = np.argwhere(maps["best_model"] == place)[:20]
        found = modelled_curves(maps, exam.series.t, driving_curve(exam, maps), voxels)
        expected = modelled_curves(alone[model], exam.series.t, driving_curve(exam, maps), voxels)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_maps_come_back_from_their_files_and_labels_are_whole_numbers(
    exam: Exam, maps: ParameterMaps, tmp_path
):
    write_maps(tmp_path / "out", maps, exam, {})
    read = read_maps(tmp_path / "out")
    for name, values in maps.values.items():
        np.testing.assert_array_equal(read[name], values.astype(np.float32))
    stored = nib.load(tmp_path / "out" / "best_model.nii.gz")
    assert stored.get_data_dtype() == np.uint8
    assert (np.asarray(stored.dataobj)[~maps.valid] == 0).all()
    levels = json.loads((tmp_path / "out" / "best_model.json").read_text())["Levels"]
    assert levels == {"0": "no estimate", "1": "tofts", "2": "extended-tofts", "3": "2cxm"}
    assert model_shares(read) == model_shares(maps)


def test_labels_of_models_that_there_are_not_are_refused(exam: Exam, maps: ParameterMaps, tmp_path):
    fewer = replace(maps, settings=maps.settings | {"models": list(CHAIN[:1])})
    write_maps(tmp_path / "out", fewer, exam, {}, keep_exam=False)
    with pytest.raises(ValueError, match=r"damaged: best_model holds [23], of 1 models"):
        read_maps(tmp_path / "out")


def test_a_choice_whose_weights_are_missing_is_none(maps: ParameterMaps):
    without = {name: values for name, values in maps.values.items() if name != "weight_tofts"}
    assert model_shares(replace(maps, values=without)) is None


def test_every_map_has_a_name_of_its_own_among_derivatives(maps: ParameterMaps):
    origin = BidsOrigin(name="sub-01")
    stems = [image_stem(name, maps, origin) for name in maps.values]
    stems += [image_stem(f"{name}_se", maps, origin) for name in maps.standard_error]
    assert len(set(stems)) == len(stems)
    assert "sub-01_desc-extendedTofts_weightmap" in stems
    assert "sub-01_desc-averaged_ktransmap" in stems
    assert "sub-01_desc-averagedSE_ktransmap" in stems


def test_shares_are_of_the_voxels_that_enhance(maps: ParameterMaps):
    found = model_shares(maps)
    assert found is not None
    drawn = maps.valid & (maps.reason != Reason.NO_ENHANCEMENT)
    for place, share in enumerate(found.shares, start=1):
        assert share.enhancing == pytest.approx((maps["best_model"][drawn] == place).mean())
    assert sum(share.enhancing for share in found.shares) == pytest.approx(1)
    assert sum(share.weight for share in found.shares) == pytest.approx(1, abs=1e-6)
    ratio = maps["weight_extended-tofts"] >= 20 * maps["weight_tofts"]
    assert (not_enough(maps)[drawn] >= ratio[drawn]).all()


def test_the_disc_has_plasma_and_its_report_says_that_tofts_is_not_enough(
    exam: Exam, maps: ParameterMaps
):
    found = findings(exam, maps)
    said = [sentence for sentence in found.cautions if "tofts is not enough" in sentence]
    assert len(said) == 1
    assert "mostly extended-tofts" in said[0]
    page = render(exam, maps, {}, found)
    section = page[page.index('id="choice"') :]
    section = section[: section.index("</section>")]
    for model in CHAIN:
        assert f"</span>{model}</th>" in section
    assert "Pharmacokinetic maps, best model" in page
    captions = re.findall(r"<figcaption>(\S+, ktrans [^<]*)</figcaption>", page)
    assert captions
    for caption in captions:
        assert caption.split(", ")[0] in CHAIN
        assert "nan" not in caption


def test_where_tofts_made_the_curves_no_caution_is_said(maps: ParameterMaps, exam: Exam):
    enough = dict(maps.values)
    share = np.where(maps.valid, 1 / 3, np.nan)
    enough |= {f"weight_{model}": share for model in CHAIN}
    same = replace(maps, values=enough)
    assert not any("not enough" in sentence for sentence in findings(exam, same).cautions)
    shares = model_shares(same)
    assert shares is not None
    assert simple_sentence(shares).startswith("tofts is enough nearly everywhere")


def test_one_model_alone_has_no_shares(exam: Exam):
    assert model_shares(estimate(exam, "tofts")) is None


def test_the_command_compares_and_repeats_its_comparison(tmp_path, run):
    write_nifti(tmp_path / "in", *disc_scan())
    scan = tmp_path / "in" / "dce.nii.gz"
    chosen = ("--compare", "tofts,extended-tofts", "--aif", "parker", "--mem", "2G", "--no-exam")
    first = run("map", scan, "--out", tmp_path / "a", *chosen)
    assert first.code == 0, first.err
    record = json.loads((tmp_path / "a" / "maps.json").read_text())
    assert record["options"]["compare"] == ["tofts", "extended-tofts"]
    assert record["settings"]["models"] == ["tofts", "extended-tofts"]
    assert {"best_model", "ktrans_averaged", "weight_tofts"} <= record["maps"].keys()
    again = run("map", scan, "--out", tmp_path / "b", "--from", tmp_path / "a", "--no-exam")
    assert again.code == 0, again.err
    files = [tmp_path / one / "ktrans_averaged.nii.gz" for one in "ab"]
    assert files[0].read_bytes() == files[1].read_bytes()
    anew = repeated_settings(tmp_path / "a", scan, {"model": "patlak"})
    assert not anew.compare
    assert anew.model == "patlak"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--compare", "tofts"), "expected two or more of"),
        (("--compare", "tofts,tofs"), "expected two or more of"),
        (("--compare", "usual", "--model", "tofts"), "exclude each other"),
        (("--compare", "usual", "--estimator", "best"), "is for least-squares"),
    ],
)
def test_a_comparison_that_cannot_be_is_misuse(tmp_path, run, options, said):
    ended = run("map", tmp_path, "--out", tmp_path / "out", *options)
    assert ended.code == 2
    assert said in " ".join(ended.err.replace("│", " ").split())


def test_long_names_fit_into_dicom():
    """A code above 16 characters is a long one: DICOM PS3.3, 8.8."""
    code = next(iter(quantity_items("weight_extended-tofts"))).ConceptCodeSequence[0]
    assert code.LongCodeValue == "weight_extended-tofts"
    assert "CodeValue" not in code
    assert code.CodeMeaning == "Akaike weight of extended-tofts"
