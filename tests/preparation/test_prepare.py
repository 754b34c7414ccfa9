from dataclasses import replace

import numpy as np
import pytest
from block_case import block_series

from gadmap.preparation import prepare


def test_everything_assumed_is_said():
    exam = prepare(block_series(noise=5.0)[0])
    text = " ".join(exam.assumptions)
    for words in ("T10: assumed 1.4 s", "B1: assumed 1", "Relaxivity: assumed 4.5"):
        assert words in text
    for words in ("Haematocrit: assumed 0.42", "T1 of blood: assumed 1.441 s", "Baseline: "):
        assert words in text


def test_nothing_given_is_called_assumed(phantom):
    exam = prepare(phantom.exam.series, vfa=phantom.vfa, b1=np.ones(phantom.exam.series.grid))
    assert not any("assumed" in sentence for sentence in exam.assumptions)
    assert exam.t10_source.startswith("6 flip angles")


def test_an_argument_counts_more_than_the_files_and_these_more_than_the_default():
    series, _ = block_series(noise=5.0)
    told = replace(series, relaxivity=3.4, hct=0.45)
    assert (prepare(told).relaxivity, prepare(told).hct) == (3.4, 0.45)
    exam = prepare(told, relaxivity=5.0, hct=0.4)
    assert (exam.relaxivity, exam.hct) == (5.0, 0.4)


def test_the_phantoms_t1_comes_back_in_pure_voxels(phantom):
    exam = prepare(phantom.exam.series, vfa=phantom.vfa)
    pure = phantom.exam.mask & (phantom.purity > 0.99)
    ratio = exam.t10[pure] / phantom.exam.t10[pure]
    assert np.isfinite(ratio).mean() > 0.97
    assert np.nanmedian(ratio) == pytest.approx(1, abs=0.01)


def test_progress_is_told_stage_by_stage():
    stages = []
    prepare(block_series(noise=5.0)[0], progress=lambda *step: stages.append(step))
    assert [stage for stage, done, total in stages if done == total] == ["onset", "t1", "aif"]


def test_an_injection_after_the_onset_is_doubted_aloud():
    series = replace(block_series(noise=5.0)[0], injection_frame=20)
    assert any("injection at frame 20" in s for s in prepare(series).assumptions)


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"t10": 1400.0}, "Is it in ms"),
        ({"t10": np.full((24, 24, 6), 900.0)}, "Is it in ms"),
        ({"t10": np.full((2, 2, 2), 0.9)}, "T10 map has shape"),
        ({"t10": np.full((24, 24, 6), np.nan)}, "no T1 above 0"),
        ({"b1": np.full((24, 24, 6), 98.0)}, "Is it in percent"),
        ({"b1": np.ones((2, 2, 2))}, "B1 map has shape"),
        ({"hct": 42.0}, "Is it in percent"),
        ({"relaxivity": 4500.0}, "Is it per mol"),
        ({"mask": np.zeros((24, 24, 6), dtype=bool)}, "empty"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(choices, words):
    with pytest.raises(ValueError, match=words) as error:
        prepare(block_series()[0], **choices)
    assert "\n" not in str(error.value)


def test_flip_angles_elsewhere_are_refused(phantom):
    moved = phantom.vfa.affine.copy()
    moved[2, 3] += 5
    with pytest.raises(ValueError, match="5 mm beside"):
        prepare(phantom.exam.series, vfa=replace(phantom.vfa, affine=moved))
    fewer = replace(phantom.vfa, signal=phantom.vfa.signal[:, :, 1:])
    with pytest.raises(ValueError, match="expected the same"):
        prepare(phantom.exam.series, vfa=fewer)


def test_flip_angles_and_a_t10_exclude_each_other(phantom):
    with pytest.raises(ValueError, match="one of them"):
        prepare(phantom.exam.series, vfa=phantom.vfa, t10=1.0)


@pytest.mark.data
def test_the_abdomens_tumour_has_a_t1_near_0_9_s(abdomen, abdomen_vfa, reference_data):
    import nibabel

    path = reference_data / "abdomen" / "tumour_mask.nii.gz"
    tumour = np.asarray(nibabel.load(path).dataobj) > 0
    exam = prepare(abdomen, vfa=abdomen_vfa, aif="parker", mask=tumour)
    assert np.nanmedian(exam.t10[tumour]) == pytest.approx(0.9, abs=0.1)
    assert exam.mask_source == f"mask of {tumour.sum()} voxels"
