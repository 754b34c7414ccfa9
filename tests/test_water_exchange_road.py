"""From signals of tissue without water exchange to maps, and what is shown of them afterwards."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gadmap
from disc import (
    BASELINE,
    FLIP_ANGLE,
    GRID,
    RELAXIVITY,
    T10,
    TR,
    TUMOUR,
    disc_exam,
    disc_scan,
    disc_truth,
)
from gadmap.data import Exam
from gadmap.evaluation.curves import driving_curve, measured_curves, modelled_curves
from gadmap.evaluation.fitted_curves import fitted_curves
from gadmap.io import read_maps, write_maps, write_nifti
from gadmap.pipeline import MapSettings
from gadmap.pipeline.repeat import repeated_settings
from gadmap.viewer import read_shown
from gadmap.viewer.region import region_answer
from gadmap.viewer.voxel import voxel_answer

NO_EXCHANGE = gadmap.SignalFit("extended-tofts", water_exchange="none")


def spgr(r1):
    e1 = np.exp(-TR * r1)
    return np.sin(FLIP_ANGLE) * (1 - e1) / (1 - np.cos(FLIP_ANGLE) * e1)


def exam_without_exchange() -> Exam:
    """The disc, each space with the signal of its own R1."""
    exam, truth = disc_exam(), disc_truth()
    ve, vp = truth["ve"][..., None], truth["vp"][..., None]
    blood = exam.aif.plasma * (1 - exam.hct)
    interstitium = (gadmap.concentration(exam) - vp * exam.aif.plasma) / ve
    vb = vp / (1 - exam.hct)
    pools = [(vb, blood), (ve, interstitium), (1 - vb - ve, np.zeros_like(blood))]
    signal = 1000 * sum(volume * spgr(1 / T10 + RELAXIVITY * held) for volume, held in pools)
    signal = np.where(truth["inside"][..., None], signal, 0).astype(np.float32)
    return replace(exam, series=replace(exam.series, signal=signal))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, exam = tmp_path_factory.mktemp("exchange") / "results", exam_without_exchange()
    write_maps(folder, gadmap.estimate(exam, NO_EXCHANGE), exam, {})
    return folder


def test_maps_are_those_of_the_tissue(results: Path):
    maps, truth = read_maps(results), disc_truth()
    assert maps.valid[truth["inside"]].all()
    for name in ("ktrans", "ve", "vp"):
        np.testing.assert_allclose(maps[name][maps.valid], truth[name][maps.valid], rtol=2e-2)


def test_curves_of_the_fit_are_held_against_the_measured_ones_on_one_scale(results: Path):
    """The concentration of the model would lie above: the formula of fast exchange reads less."""
    exam, maps = gadmap.read_results(results)
    voxels = np.argwhere(maps.valid)[::20]
    measured, driving = measured_curves(exam, voxels), driving_curve(exam, maps)
    fitted = fitted_curves(exam, maps, driving, voxels)
    np.testing.assert_allclose(fitted, measured, atol=2e-3)
    modelled = modelled_curves(maps, exam.series.t, driving, voxels)
    assert (np.ptp(modelled, axis=1) > 1.1 * np.ptp(measured, axis=1)).all()


def test_the_scale_that_a_signals_fit_found_is_in_its_curve():
    """A frame too high before contrast lowers the whole measured curve; the fit sees through it."""
    exam = disc_exam()
    signal = exam.series.signal.copy()
    signal[..., 0] *= 1.2
    exam = replace(exam, series=replace(exam.series, signal=signal))
    maps = gadmap.estimate(exam, gadmap.SignalFit("extended-tofts"))
    voxels, driving = np.argwhere(maps.valid)[::20], driving_curve(exam, maps)
    after = measured_curves(exam, voxels)[:, BASELINE:]
    off = [
        np.abs(curves[:, BASELINE:] - after).mean()
        for curves in (
            fitted_curves(exam, maps, driving, voxels),
            modelled_curves(maps, exam.series.t, driving, voxels),
        )
    ]
    assert off[0] < off[1] / 3


def test_a_voxel_that_was_not_estimated_has_no_curve(results: Path):
    exam, maps = gadmap.read_results(results)
    voxels = np.array([TUMOUR, (0, 0, 0)])
    curves = fitted_curves(exam, maps, driving_curve(exam, maps), voxels)
    assert np.isfinite(curves).all(axis=1).tolist() == [True, False]
    assert np.isnan(fitted_curves(exam, maps, driving_curve(exam, maps), voxels[1:])).all()


def test_the_report_says_what_its_curves_are(run, results: Path):
    made = run("report", results)
    assert made.code == 0, made.err
    page = (results / "report.html").read_text(encoding="utf-8")
    assert "that is no concentration of the tissue" in page
    assert "Signal read as concentration over time in voxel A" in page
    assert "Water is taken not to exchange between blood, interstitium and cells" in page


def test_the_viewer_draws_the_fitted_signal_and_fits_no_mean_curve(results: Path):
    shown = read_shown([results])
    answer = voxel_answer(shown, TUMOUR)
    np.testing.assert_allclose(answer["estimates"][0]["curve"], answer["curve"], atol=2e-3)
    assert "its curve is no concentration" in answer["estimates"][0]["note"]
    mask = np.zeros(GRID, dtype=bool)
    mask[TUMOUR] = True
    region = region_answer(shown, mask)
    assert region["fits"] == []
    assert "without water exchange is not fitted to it" in region["why"]


def test_the_curve_of_a_fit_in_fast_exchange_is_said_to_be_the_signals(tmp_path: Path):
    exam = disc_exam()
    write_maps(tmp_path, gadmap.estimate(exam, gadmap.SignalFit("extended-tofts")), exam, {})
    answer = voxel_answer(read_shown([tmp_path]), TUMOUR)
    np.testing.assert_allclose(answer["estimates"][0]["curve"], answer["curve"], atol=2e-3)
    assert answer["estimates"][0]["note"].startswith("Its curve is that of the fitted signal")


@pytest.mark.parametrize("more", [(), ("--model", "patlak")])
def test_a_region_of_such_results_is_not_fitted(run, results: Path, more):
    said = run("region", results, "--region", results / "ktrans.nii.gz", *more)
    assert said.code == 1
    assert "its maps are without water exchange" in said.err
    assert said.err.count("\n") == 1


def test_the_choice_survives_the_record_and_a_repetition(run, tmp_path: Path):
    write_nifti(tmp_path / "scan", *disc_scan())
    scan = next((tmp_path / "scan").rglob("dce.nii.gz"))
    flips = sorted(scan.parent.glob("vfa*.nii.gz"))
    options = ["map", scan, "--vfa", *flips, "--aif", "parker", "--domain", "signal"]
    said = run(*options, "--water-exchange", "none", "--out", tmp_path / "none")
    assert said.code == 0, said.err
    assert "Water is taken not to exchange" in said.out
    record = json.loads((tmp_path / "none" / "maps.json").read_text())
    assert record["options"]["water_exchange"] == record["settings"]["water_exchange"] == "none"
    once = ["map", scan, "--from", tmp_path / "none" / "maps.json", "--out"]
    assert run(*once, tmp_path / "again").code == 0
    none = read_maps(tmp_path / "none")["ktrans"]
    np.testing.assert_array_equal(read_maps(tmp_path / "again")["ktrans"], none)
    fast = repeated_settings(tmp_path / "none" / "maps.json", scan, {"water_exchange": "fast"})
    assert fast.chosen_estimator() == gadmap.SignalFit("tofts")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({}, "expected domain 'signal', for a concentration is made by the formula of fast"),
        ({"domain": "signal", "model": "patlak"}, "leaves the interstitium's volume open"),
        ({"domain": "signal", "compare": ("tofts", "patlak")}, "by least-squares of one model"),
        ({"estimator": "fcsa-net"}, "expected domain 'signal'"),
    ],
)
def test_what_no_exchange_is_not_defined_for_is_said(more, message):
    with pytest.raises(ValueError, match=message):
        MapSettings(water_exchange="none", **more).chosen_estimator()


def test_a_limit_that_is_not_known_is_said():
    with pytest.raises(ValueError, match="water_exchange is 'slow'; expected fast or none"):
        MapSettings(domain="signal", water_exchange="slow").chosen_estimator()


@pytest.mark.parametrize(
    "command", [["map", "x", "--out", "y"], ["cohort", "x", "y", "participant"]]
)
def test_a_concentration_without_exchange_is_misuse(run, command):
    said = run(*command, "--domain", "concentration", "--water-exchange", "none")
    assert said.code == 2
    assert "--water-exchange none is of --domain signal" in " ".join(said.err.split())
