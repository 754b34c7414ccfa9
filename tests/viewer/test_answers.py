"""What the page is told of a voxel and of a region."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from disc import AFFINE, GRID, TUMOUR, disc_exam, disc_maps, disc_truth
from gadmap.data import Reason
from gadmap.io import write_maps
from gadmap.io.strict_json import json_text, plain
from gadmap.networks.shipped import trained_network
from gadmap.viewer import read_shown
from gadmap.viewer.frame_weights import slice_weights
from gadmap.viewer.page import page_record
from gadmap.viewer.region import mask_of, region_answer
from gadmap.viewer.volumes import frame_file, map_file
from gadmap.viewer.voxel import voxel_answer


def test_the_curve_of_exact_parameters_is_the_measured_one(fit: Path):
    answer = voxel_answer(read_shown([fit]), TUMOUR)
    assert answer["kind"] == "concentration"
    np.testing.assert_allclose(answer["estimates"][0]["curve"], answer["curve"], atol=2e-4)
    ktrans = answer["estimates"][0]["parameters"]["ktrans"]
    assert ktrans["value"] == pytest.approx(disc_truth()["ktrans"][TUMOUR])
    assert ktrans["error"] == pytest.approx(0.1 * ktrans["value"])


def test_a_voxel_without_estimate_says_why_and_is_strict_json(fit: Path):
    answer = json.loads(json_text(voxel_answer(read_shown([fit]), (0, 0, 0))))
    assert answer["estimates"][0]["reason"] == Reason.OUTSIDE_MASK.sentence
    assert answer["estimates"][0]["parameters"]["ktrans"]["value"] is None
    assert answer["estimates"][0]["curve"] is None


def test_a_stand_in_borrows_the_arterial_input_and_says_so(fit: Path, other: Path):
    lower = voxel_answer(read_shown([other, fit]), TUMOUR)["estimates"][0]
    assert "drawn with that of least-squares" in lower["note"]
    assert np.isfinite(lower["curve"]).all()


def test_without_any_arterial_input_the_signal_is_shown_and_no_model(other: Path):
    answer = voxel_answer(read_shown([other]), TUMOUR)
    assert answer["kind"] == "signal"
    np.testing.assert_array_equal(answer["curve"], disc_exam().series.signal[TUMOUR])
    assert answer["estimates"][0]["curve"] is None
    assert "No arterial input" in answer["estimates"][0]["note"]


def test_without_its_examination_there_are_parameters_and_no_curve(bare: Path):
    results = read_shown([bare])
    answer = voxel_answer(results, TUMOUR)
    assert answer["kind"] == "none"
    assert "does not hold the examination" in answer["why"]
    assert answer["estimates"][0]["parameters"]["ve"]["value"] == pytest.approx(0.3)
    assert page_record(results)["t"] is None


def test_a_region_of_one_voxel_answers_as_the_voxel_and_its_fit_is_exact(fit: Path):
    results = read_shown([fit])
    mask = np.zeros(GRID, dtype=bool)
    mask[TUMOUR] = True
    answer = region_answer(results, mask)
    np.testing.assert_allclose(answer["curve"], voxel_answer(results, TUMOUR)["curve"])
    fitted = answer["fits"][0]["parameters"]
    assert fitted["ktrans"]["value"] == pytest.approx(disc_truth()["ktrans"][TUMOUR], rel=1e-2)
    assert answer["statistics"][0]["ve"]["n"] == 1
    assert answer["volume_ml"] == pytest.approx(abs(np.linalg.det(AFFINE)) / 1000)


def test_statistics_count_estimated_voxels_only(fit: Path):
    maps = disc_maps()
    answer = region_answer(read_shown([fit]), np.ones(GRID, dtype=bool))
    found = answer["statistics"][0]["ktrans"]
    assert found["n"] == maps.valid.sum()
    assert found["median"] == pytest.approx(float(np.median(maps["ktrans"][maps.valid])))


def test_a_sent_region_has_x_fastest_and_the_size_of_the_grid():
    mask = np.random.default_rng(0).random(GRID) > 0.5
    data = mask.astype(np.uint8).tobytes(order="F")
    np.testing.assert_array_equal(mask_of(data, GRID), mask)
    with pytest.raises(ValueError, match="voxels; expected the 1188 of this grid"):
        mask_of(data[:-1], GRID)
    with pytest.raises(ValueError, match="empty"):
        mask_of(bytes(len(data)), GRID)


def test_volumes_hold_the_samples_of_the_files(fit: Path):
    results = read_shown([fit])
    frame = np.frombuffer(frame_file(results, 7), "<f4", offset=352).reshape(GRID, order="F")
    np.testing.assert_array_equal(frame, disc_exam().series.signal[..., 7])
    ktrans = np.frombuffer(map_file(results, 0, "ktrans"), "<f4", offset=352)
    np.testing.assert_allclose(ktrans.reshape(GRID, order="F"), disc_maps()["ktrans"], rtol=1e-6)
    with pytest.raises(KeyError):
        frame_file(results, 99)


def test_the_page_opens_in_the_disc(fit: Path):
    assert disc_truth()["inside"][tuple(page_record(read_shown([fit]))["start"])]


@pytest.fixture
def network_results(tmp_path: Path):
    """Writer of maps by a network, on the disc with frames enough for it."""
    exam = disc_exam()
    t = 30.0 + 6.0 * np.arange(60)
    last = np.minimum(np.arange(60), exam.series.t.size - 1)
    aif = replace(exam.aif, t=t, plasma=exam.aif.plasma[last])
    series = replace(exam.series, t=t, signal=exam.series.signal[..., last])
    longer = replace(exam, series=series, aif=aif, motion=None)

    def write(network: str, provenance: object) -> Path:
        maps = replace(
            disc_maps(),
            estimator=network,
            standard_error={},
            settings={"provenance": provenance, "uses_concentration": False},
        )
        write_maps(tmp_path / network, maps, longer, {})
        return tmp_path / network

    return write


def test_a_shipped_network_tells_the_weight_of_each_frame(network_results):
    provenance = plain(dict(trained_network("fcsa-net").provenance))
    weights = slice_weights(read_shown([network_results("fcsa-net", provenance)]))
    found = weights(0, 1)
    assert found["why"] == ""
    assert found["weight"].sum() == pytest.approx(1)
    assert found["t"].shape == found["weight"].shape
    assert weights(0, 1) is found


@pytest.mark.parametrize(
    ("network", "why"),
    [("fcsa-net", "other weights of fcsa-net"), ("csab", "no weights of csab are shipped")],
)
def test_weights_that_cannot_be_found_are_said_to_be_missing(network_results, network, why):
    assert why in slice_weights(read_shown([network_results(network, {})]))(0, 1)["why"]


def test_a_fit_has_no_frame_weights_and_nothing_is_said(fit: Path):
    assert slice_weights(read_shown([fit]))(0, 1) == {"why": ""}
