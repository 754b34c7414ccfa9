"""Laws of maps by a network."""

from dataclasses import replace
from math import inf, radians
from pathlib import Path

import numpy as np
import pytest
import torch

import gadmap
from drawn_networks import SCALES, some_trained
from gadmap.data import Acquisition, Exam, ParameterMaps, Reason
from gadmap.estimators import (
    LeastSquares,
    NetworkEstimator,
    named_estimator,
    needs_concentration,
    network_input,
    watched,
)
from gadmap.networks.checkpoint import write_network
from gadmap.networks.frame_grid import FrameGrid, on_grid, signal_scale
from gadmap.phantoms import reference_object
from gadmap.preparation.mask import foreground

GRID = FrameGrid(step=4.762, frames=16, baseline=6)
QUANTITIES = ("ktrans", "ve", "kep")


@pytest.fixture(scope="module")
def exam() -> Exam:
    """An examination as `prepare` leaves it: its mask is the body in view."""
    exam = reference_object(matrix=64, slices=3, frames=20).exam
    return replace(exam, mask=foreground(exam.series), mask_source="auto")


@pytest.fixture(scope="module")
def estimator() -> NetworkEstimator:
    return NetworkEstimator(some_trained(grid=GRID, data="phantoms"))


def with_signal(exam: Exam, signal: np.ndarray) -> Exam:
    return replace(exam, series=replace(exam.series, signal=signal))


def with_times(exam: Exam, t: np.ndarray) -> Exam:
    aif = replace(exam.aif, t=t, plasma=exam.aif.plasma[: t.size])
    series = replace(exam.series, t=t, signal=exam.series.signal[..., : t.size])
    return replace(exam, series=series, aif=aif)


def with_spoilt_voxels(exam: Exam) -> tuple[Exam, dict[Reason, tuple[int, int, int]]]:
    """The examination with one voxel spoilt for each reason of the signal, and where they lie."""
    voxels = [tuple(int(i) for i in voxel) for voxel in np.argwhere(exam.mask)[500::700]]
    where = dict(
        zip((Reason.NOT_FINITE, Reason.NO_SIGNAL, Reason.NEGATIVE_SIGNAL), voxels, strict=False)
    )
    signal = np.array(exam.series.signal)
    signal[(*where[Reason.NOT_FINITE], 3)] = np.nan
    signal[where[Reason.NO_SIGNAL]] = 0
    signal[(*where[Reason.NEGATIVE_SIGNAL], 5)] = -32768
    return with_signal(exam, signal), where


def test_maps_are_the_networks_output_on_each_slice_times_the_scales(exam, estimator):
    signal = on_grid(exam.series.signal, exam.series.t, exam.baseline_frames, GRID)
    scaled = signal / signal_scale(signal, exam.mask)
    slices = torch.tensor(scaled).permute(2, 3, 0, 1)
    expected = estimator.trained.module(slices, torch.tensor(exam.mask).permute(2, 0, 1))
    maps = estimator.estimate(exam)
    for name, output in zip(QUANTITIES, expected.unbind(1), strict=True):
        values = SCALES[name] * output.clamp(min=0).permute(1, 2, 0).numpy()
        assert values[exam.mask].std() > 1e-3
        np.testing.assert_allclose(maps[name][exam.mask], values[exam.mask], atol=1e-5)
        assert maps[name].dtype == np.float32


def test_only_the_mask_is_mapped_and_no_standard_errors_are_claimed(exam, estimator):
    maps = estimator.estimate(exam)
    assert set(maps.values) == set(QUANTITIES)
    assert maps.standard_error == {}
    np.testing.assert_array_equal(maps.valid, exam.mask)
    np.testing.assert_array_equal(maps.reason == Reason.OUTSIDE_MASK, ~exam.mask)
    for name in QUANTITIES:
        np.testing.assert_array_equal(np.isnan(maps[name]), ~exam.mask)
    assert (maps.estimator, maps.model) == ("fcsa-net", "tofts")


@pytest.mark.parametrize("network", ["fcsa-net", "lstm"])
def test_a_smaller_mask_changes_no_value_in_it(exam, network):
    """Scale and gates rest on the body, not on what part of it was asked for."""
    estimator = NetworkEstimator(some_trained(network, grid=GRID))
    region = np.zeros_like(exam.mask)
    region[20:29, 30:34, 1] = True
    whole = estimator.estimate(exam)
    part = estimator.estimate(replace(exam, mask=region & exam.mask, mask_source="region.nii.gz"))
    assert part.valid.any()
    np.testing.assert_allclose(part["ktrans"][part.valid], whole["ktrans"][part.valid], atol=1e-6)


@pytest.mark.parametrize("network", ["fcsa-net", "se-net", "lstm"])
def test_every_voxel_is_mapped_where_no_mask_is_wanted(exam, network):
    everywhere = replace(exam, mask=np.ones_like(exam.mask), mask_source="none")
    maps = NetworkEstimator(some_trained(network, grid=GRID)).estimate(everywhere)
    assert maps.valid.all()
    assert np.isfinite(maps["ve"]).all()
    assert maps["ve"][~exam.mask].std() > 0


def test_a_voxel_without_estimate_says_why(exam, estimator):
    spoilt, where = with_spoilt_voxels(exam)
    maps = estimator.estimate(spoilt)
    for reason, voxel in where.items():
        assert maps.reason[voxel] == reason
        assert not maps.valid[voxel]
        assert np.isnan(maps["ktrans"][voxel])
    assert maps.valid.sum() == exam.mask.sum() - len(where)
    assert np.isfinite(maps["ktrans"][maps.valid]).all()


def test_a_spoilt_voxel_is_to_its_neighbours_as_one_without_signal(exam, estimator):
    spoilt, where = with_spoilt_voxels(exam)
    signal = np.array(exam.series.signal)
    for voxel in where.values():
        signal[voxel] = 0
    found, expected = estimator.estimate(spoilt), estimator.estimate(with_signal(exam, signal))
    np.testing.assert_array_equal(found["ktrans"], expected["ktrans"])


def test_bad_samples_outside_the_mask_spoil_nothing(exam, estimator):
    signal = np.array(exam.series.signal)
    signal[0, 0] = np.nan
    signal[-1, :, 0] = inf
    assert not exam.mask[0, 0].any()
    maps = estimator.estimate(with_signal(exam, signal))
    assert np.isfinite(maps["ktrans"][exam.mask]).all()


def test_the_scanners_unit_of_signal_does_not_matter(exam, estimator):
    ten = estimator.estimate(with_signal(exam, 10 * exam.series.signal))
    np.testing.assert_allclose(ten["kep"], estimator.estimate(exam)["kep"], atol=1e-4)


def test_the_order_in_memory_does_not_matter(exam, estimator):
    for order in "CF":
        again = with_signal(exam, np.array(exam.series.signal, order=order))
        np.testing.assert_allclose(
            estimator.estimate(again)["ktrans"], estimator.estimate(exam)["ktrans"], atol=1e-6
        )


def test_neither_t1_nor_arterial_input_enters(exam, estimator):
    other = replace(
        exam,
        t10=np.full_like(exam.t10, np.nan),
        b1=np.full_like(exam.b1, 0.3),
        aif=replace(exam.aif, plasma=np.linspace(0, 1, exam.aif.t.size)),
        relaxivity=9.0,
        hct=0.1,
    )
    found, expected = estimator.estimate(other), estimator.estimate(exam)
    np.testing.assert_array_equal(found["ktrans"], expected["ktrans"])


@pytest.mark.parametrize(("bias", "reason"), [(-9.0, Reason.ESTIMATED), (9.0, Reason.AT_BOUND)])
def test_values_lie_between_zero_and_the_scale_near_which_they_are_flagged(exam, bias, reason):
    trained = some_trained(grid=GRID)
    torch.nn.init.constant_(trained.module.csab.head.conv9.bias, bias)
    maps = NetworkEstimator(trained).estimate(exam)
    for name in QUANTITIES:
        values = maps[name][exam.mask]
        assert values.min() >= 0
        assert values.max() <= np.float32(SCALES[name])
    assert (maps.reason[exam.mask] == reason).mean() > 0.9
    assert maps.valid[exam.mask].all()


def test_a_series_of_other_frames_is_brought_to_the_networks(exam, estimator):
    """Two more frames before contrast than the network knows change nothing."""
    series, before = exam.series, exam.baseline_frames - 2
    later = replace(series, t=series.t[2:], signal=series.signal[..., 2:])
    later = replace(exam, series=later, baseline_frames=before)
    np.testing.assert_allclose(
        estimator.estimate(later)["ktrans"], estimator.estimate(exam)["ktrans"], atol=1e-6
    )


def test_a_series_that_does_not_suit_is_refused_with_the_reason(exam, estimator):
    with pytest.raises(ValueError, match="cut short"):
        estimator.estimate(with_times(exam, exam.series.t[:15]))
    with pytest.raises(ValueError, match=r"frames 9.5 s apart"):
        estimator.estimate(with_times(exam, 2 * exam.series.t))


def test_remarks_tell_what_did_not_enter_and_how_frames_were_made(exam, estimator):
    plain = estimator.estimate(exam).settings["remarks"]
    assert len(plain) == 1
    assert "do not enter" in plain[0]
    late = replace(exam, baseline_frames=4)
    assert any(
        "first 2 of the network's 16" in r for r in estimator.estimate(late).settings["remarks"]
    )
    finer = with_times(exam, 0.9 * exam.series.t)
    remarks = estimator.estimate(replace(finer, baseline_frames=7)).settings["remarks"]
    assert any("interpolated linearly" in r and "4.286 s" in r for r in remarks)


def test_an_acquisition_unlike_the_trainings_is_remarked_on(exam):
    seen = {
        "tr": [4e-3, 5e-3],
        "flip_angle": [radians(20), radians(25)],
        "field_strength": [1.5, 1.5],
    }
    estimator = NetworkEstimator(some_trained(grid=GRID, acquisition=seen))
    assert len(estimator.estimate(exam).settings["remarks"]) == 1
    other = Acquisition(tr=6e-3, flip_angle=radians(12), field_strength=3.0)
    foreign = replace(exam, series=replace(exam.series, acquisition=other))
    said = " ".join(estimator.estimate(foreign).settings["remarks"])
    assert "repetition time of 4 to 5 ms; here it is 6 ms" in said
    assert "flip angle of 20 to 25 °; here it is 12 °" in said
    assert "field strength of 1.5 T; here it is 3 T" in said
    silent = replace(other, field_strength=None)
    foreign = replace(exam, series=replace(exam.series, acquisition=silent))
    assert "field strength" not in " ".join(estimator.estimate(foreign).settings["remarks"])


def test_settings_tell_the_network_and_where_its_weights_are_from(exam, estimator):
    settings = estimator.estimate(exam).settings
    assert settings["provenance"] == {"data": "phantoms"}
    assert settings["bounds"]["ve"] == (0.0, 0.5)
    assert settings["frame_grid"] == {"step": 4.762, "frames": 16, "baseline": 6}
    assert settings["signal_scale"] == network_input(exam, GRID).scale


def test_progress_counts_the_slices(exam):
    seen: list[tuple[int, int]] = []
    trained = some_trained("fcsa-body", grid=GRID)
    NetworkEstimator(trained, progress=lambda *done: seen.append(done)).estimate(exam)
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_an_empty_mask_gives_maps_without_estimates(exam, estimator):
    nothing = replace(exam, mask=np.zeros_like(exam.mask), mask_source="nothing.nii.gz")
    maps = estimator.estimate(nothing)
    assert np.isnan(maps["ktrans"]).all()
    assert (maps.reason == Reason.OUTSIDE_MASK).all()


def test_the_face_takes_a_file_of_weights_and_an_estimator(exam, estimator, tmp_path: Path):
    file = write_network(tmp_path / "mine.safetensors", estimator.trained)
    expected = estimator.estimate(exam)["ktrans"]
    for which in (file, str(file), estimator):
        np.testing.assert_array_equal(gadmap.estimate(exam, which)["ktrans"], expected)
    with pytest.raises(FileNotFoundError, match="no such file of network weights"):
        gadmap.estimate(exam, tmp_path / "no.safetensors")


def test_a_name_means_a_model_or_a_network_and_else_is_refused_with_what_there_is(estimator):
    assert named_estimator("patlak") == LeastSquares("patlak")
    assert named_estimator(estimator) is estimator
    with pytest.raises(
        ValueError, match=r"no estimator 'unet'; there are the models tofts.*safeten"
    ):
        named_estimator("unet")


def test_progress_is_given_to_those_that_can_tell_it(estimator):
    def progress(done: int, total: int) -> None: ...

    assert watched(estimator, progress).progress is progress
    assert watched(watched(estimator, progress), print).progress is progress
    assert watched(LeastSquares(), progress).progress is progress

    class Stranger:
        def estimate(self, exam: Exam) -> ParameterMaps: ...

    stranger = Stranger()
    assert watched(stranger, progress) is stranger
    assert needs_concentration(LeastSquares())
    assert needs_concentration(stranger)
    assert not needs_concentration(estimator)
