import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

import gadmap
from disc import BASELINE, disc_exam, disc_scan
from gadmap.data import Reason
from gadmap.estimators import Descriptors, describe_curves
from gadmap.io import write_dicom
from gadmap.pipeline import MapSettings, map_exam

T = np.concatenate([[0.0], np.cumsum(np.random.default_rng(5).uniform(2, 10, 39))])
FRAME = 6  # the last before contrast
ARRIVAL = float(T[FRAME] + 0.3 * (T[FRAME + 1] - T[FRAME]))
AT = {"arrival": ARRIVAL, "baseline_frames": FRAME + 1}
AREAS = {"iauc60": 60, "iauc90": 90, "iauc120": 120}


def some_curves(count=5):
    """Curves that rise after the arrival and wash out, each of another size; uneven frames."""
    since = np.clip(T - ARRIVAL, 0, None)
    size = np.random.default_rng(1).uniform(0.2, 2, (count, 1))
    return size * since / 20 * np.exp(1 - since / 60)


def test_an_area_is_the_integral_of_the_curve_that_is_linear_between_its_samples():
    curves = some_curves()
    found = describe_curves(curves, T, **AT)
    for name, seconds in AREAS.items():
        kinks = T[(T > ARRIVAL) & (ARRIVAL + seconds > T)]
        for curve, area in zip(curves, found[name], strict=True):
            expected, _ = quad(
                np.interp, ARRIVAL, ARRIVAL + seconds, (T, curve), points=kinks, limit=200
            )
            assert area == pytest.approx(expected, rel=1e-9)


def test_areas_of_a_ramp_are_its_closed_form():
    """c = a (t - arrival) from a frame on: a length² / 2, whatever the frames."""
    at = {"arrival": float(T[FRAME]), "baseline_frames": FRAME + 1}
    found = describe_curves(0.02 * np.clip(T - T[FRAME], 0, None)[None], T, **at)
    for name, seconds in AREAS.items():
        assert found[name][0] == pytest.approx(0.02 * seconds**2 / 2, rel=1e-12)


def test_peak_and_slopes_are_those_of_the_lexicon():
    curves = some_curves() + 0.05
    found, frame = describe_curves(curves, T, **AT), some_curves()[0].argmax()
    np.testing.assert_allclose(found["peak"], curves.max(axis=1))
    np.testing.assert_allclose(found["ttp"], T[frame] - ARRIVAL)
    rise = curves.max(axis=1) - 0.05
    np.testing.assert_allclose(found["washin"], rise / (T[frame] - ARRIVAL))
    fall = curves.max(axis=1) - curves[:, -1]
    np.testing.assert_allclose(found["washout"], fall / (T[frame] - T[-1]))
    assert (found["washout"] < 0).all()


def test_blood_has_an_area_of_one_over_that_of_blood():
    blood = some_curves(1)[0]
    found = describe_curves(np.stack([blood, 0.3 * blood]), T, cb=blood, **AT)
    for name in AREAS:
        np.testing.assert_allclose(found[f"{name}bn"], [1, 0.3])


def test_areas_peak_and_slopes_scale_with_the_curve_and_times_do_not():
    curves = some_curves()
    one, twice = describe_curves(curves, T, **AT), describe_curves(2 * curves, T, **AT)
    for name in one.values:
        factor = 1 if name == "ttp" else 2
        np.testing.assert_allclose(twice[name], factor * one[name], rtol=1e-12)
    for name in one.standard_error:
        np.testing.assert_allclose(twice.standard_error[name], 2 * one.standard_error[name])


def test_a_later_clock_and_another_shape_or_order_of_curves_change_nothing():
    curves, order = some_curves(6), np.array([3, 0, 5, 1, 2, 4])
    expected = describe_curves(curves, T, **AT)
    late = {"arrival": ARRIVAL + 1234.5, "baseline_frames": FRAME + 1}
    found = describe_curves(curves[order].reshape(2, 3, -1), T + 1234.5, **late)
    for name in expected.values:
        assert found[name].shape == (2, 3)
        np.testing.assert_allclose(found[name].ravel(), expected[name][order], rtol=1e-9)


def test_standard_errors_of_areas_are_the_scatter_of_repeated_curves():
    """Noise shifts the zero of each curve too, as it does where a baseline is measured.

    The two steps of the bolus among 38 make the noise 7 % too large, and nothing too small.
    """
    noisy = (T > ARRIVAL) + np.random.default_rng(0).normal(0, 0.05, (20_000, T.size))
    noisy -= noisy[:, : FRAME + 1].mean(axis=1, keepdims=True)
    found = describe_curves(noisy, T, **AT)
    for name in AREAS:
        told = found.standard_error[name].mean()
        assert 0.9 * told < found[name].std() < told


def test_noise_alone_is_flagged_as_no_enhancement_and_a_faint_rise_is_not():
    noise = np.random.default_rng(0).normal(0, 0.05, (5_000, T.size))
    noise -= noise[:, : FRAME + 1].mean(axis=1, keepdims=True)
    flagged = describe_curves(noise, T, **AT).reason == Reason.NO_ENHANCEMENT
    assert 0.97 < flagged.mean() < 1
    risen = describe_curves(noise + 0.15 * (T > ARRIVAL), T, **AT)
    assert (risen.reason == Reason.NO_ENHANCEMENT).mean() < 0.05


def test_a_curve_that_still_rises_at_the_end_has_no_washout_and_says_so():
    found = describe_curves(np.clip(T - ARRIVAL, 0, None)[None], T, **AT)
    assert np.isnan(found["washout"][0])
    assert found["ttp"][0] == pytest.approx(T[-1] - ARRIVAL)
    assert (found.valid[0], found.reason[0]) == (True, Reason.AT_BOUND)


def test_a_sample_that_is_not_finite_spoils_its_curve_alone():
    curves = some_curves()
    expected = describe_curves(curves, T, **AT)
    curves[2, 9] = np.nan
    found = describe_curves(curves, T, **AT)
    assert found.valid.tolist() == [True, True, False, True, True]
    assert found.reason[2] == Reason.NOT_FINITE
    for name in expected.values:
        assert np.isnan(found[name][2])
        np.testing.assert_array_equal(found[name][found.valid], expected[name][found.valid])


def test_a_series_without_the_time_has_no_such_area_and_few_frames_have_no_errors():
    short = slice(0, 20)
    assert 60 < T[19] - ARRIVAL < 90
    found = describe_curves(some_curves()[:, short], T[short], **AT)
    assert set(found.values) == {"iauc60", "peak", "ttp", "washin", "washout"}
    assert not found.standard_error


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"arrival": 0.0}, "contrast arrives at 0 s; expected"),
        ({"baseline_frames": 0}, "0 frames before contrast; expected 1 to"),
        ({"cb": np.zeros(T.size)}, "finite and above 0 somewhere"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(change, said):
    with pytest.raises(ValueError, match=said) as refused:
        describe_curves(some_curves(), T, **(AT | change))
    assert "\n" not in str(refused.value)


def test_maps_are_the_description_of_every_curve_and_blood_is_told_by_its_haematocrit():
    exam = disc_exam()
    maps = Descriptors().estimate(exam)
    t, hct = exam.series.t, exam.hct
    blood = np.interp(t, exam.aif.t, exam.aif.plasma) * (1 - hct)
    curves = gadmap.concentration(exam)[exam.mask]
    at = {"arrival": float(t[BASELINE - 1]), "baseline_frames": BASELINE}
    expected = describe_curves(curves, t, cb=blood, **at)
    assert next(iter(maps.values)) == "iauc60"
    for name in expected.values:
        np.testing.assert_allclose(maps[name][exam.mask], expected[name], rtol=1e-6)
    assert (maps.model, maps.estimator) == ("", "descriptors")
    assert np.isnan(maps["peak"][~exam.mask]).all()


def test_errors_of_maps_cover_the_noise_of_the_signal():
    """Also where strong enhancement makes the concentration noisier than the baseline."""
    truth, random = Descriptors().estimate(disc_exam()), np.random.default_rng(0)
    inside = truth["iauc60"] > 5
    assert inside.sum() > 100
    scores = []
    for _ in range(6):
        exam = disc_exam()
        signal = exam.series.signal + random.normal(0, 2, exam.series.signal.shape)
        noisy = replace(exam.series, signal=np.abs(signal).astype(np.float32))
        maps = Descriptors().estimate(replace(exam, series=noisy))
        error = maps.standard_error["iauc60"]
        scores.append(((maps["iauc60"] - truth["iauc60"]) / error)[inside])
    assert np.mean(np.abs(scores) < 1.96) == pytest.approx(0.95, abs=0.03)


def test_the_arrival_lies_between_the_frames_that_the_examination_tells():
    exam = disc_exam()
    first, last = exam.series.t[BASELINE - 1 : BASELINE + 1]
    inside = replace(exam, arrival=0.5 * (first + last))
    assert Descriptors().estimate(inside)["ttp"][exam.mask].min() > 0
    with pytest.raises(ValueError, match="Is it on another clock"):
        replace(exam, arrival=last + 1.0)


@pytest.fixture(scope="module")
def dicom(tmp_path_factory):
    folder = tmp_path_factory.mktemp("case") / "dicom"
    write_dicom(folder, *disc_scan())
    return folder


def test_the_road_asks_for_no_artery_and_tells_what_was_assumed(dicom, tmp_path):
    result = map_exam(dicom, tmp_path / "out", MapSettings(estimator="descriptors"))
    assert result.exam.aif.stand_in
    assert set(result.maps.values) == {"iauc60", "iauc90", "peak", "ttp", "washin", "washout"}
    said = " ".join(result.remarks)
    for sentence in ("counted from", "No area over 120 s: the series ends", "No areas over those"):
        assert sentence in said
    record = json.loads((tmp_path / "out" / "maps.json").read_text())
    assert record["options"]["aif"] == "none"
    sidecar = json.loads((tmp_path / "out" / "iauc60.json").read_text())
    assert (sidecar["LexiconCode"], sidecar["Units"]) == ("Q.CD1.013", "mmol/L·s")
    page = (tmp_path / "out" / "report.html").read_text()
    for there in ("Descriptors of concentration curves", 'id="iauc60"', 'id="washout"'):
        assert there in page
    for model_word in ("fitted", "ktrans"):
        assert model_word not in page.split('id="report"', 1)[1].split('id="run"')[0]
    exam, maps = gadmap.read_results(tmp_path / "out")
    assert exam.arrival == result.exam.arrival
    np.testing.assert_array_equal(maps["iauc60"], result.maps["iauc60"])
    maps.plot(["iauc60", "washout"], exam=exam)


@pytest.mark.parametrize(("asked", "prepared"), [(None, "none"), ("auto", "auto")])
def test_an_arterial_input_is_looked_for_only_where_it_is_asked_for(asked, prepared):
    settings = MapSettings(estimator="descriptors", aif=asked)
    assert settings.aif_for(settings.chosen_estimator()) == prepared


def test_a_model_is_not_for_descriptors(run, dicom, tmp_path):
    command = ("map", dicom, "--out", tmp_path / "out", "--estimator", "descriptors")
    refused = run(*command, "--model", "tofts")
    assert refused.code == 2
    assert "descriptors" in refused.err
